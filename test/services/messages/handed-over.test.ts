import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readHandedOver } from '../../../services/messages/handed-over.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-handed-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const called = (id: string, ...tools: readonly string[]) => ({
  type: 'assistant',
  message: { id, content: tools.map((tool) => ({ type: 'tool_use', id: tool })) },
});
const result = (tool: string) => ({
  type: 'user',
  message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: tool, content: 'ok' }] },
});
const success = (tool: string, words: string) => ({
  type: 'attachment',
  attachment: { type: 'hook_success', toolUseID: tool, stdout: words },
});
const context = (tool: string, words: string) => ({
  type: 'attachment',
  attachment: {
    type: 'hook_additional_context',
    toolUseID: tool,
    content: [words],
    hookName: 'PostToolUse:Bash',
  },
});

function look(lines: readonly object[], rest = '') {
  const file = path.join(directory, 'session.jsonl');
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join('') + rest);
  return readHandedOver(file, { offset: 0, toolUseId: 'tool-1', mark: 'MARK' });
}

test('what stands behind the result of its tool has arrived; that the hook said it does not count', async () => {
  const begun = [called('a', 'tool-1', 'tool-2'), result('tool-2'), result('tool-1')];
  expect(await look([...begun, success('tool-1', 'MARK')])).toEqual({ found: false, isPast: false });
  expect(await look([...begun, context('tool-2', 'MARK')])).toEqual({ found: false, isPast: false });
  expect(await look([...begun, success('tool-1', 'MARK'), context('tool-1', 'a MARK b')])).toMatchObject({
    found: true,
  });
});

test('it never will once the model has answered again, and may while its answer goes on', async () => {
  const begun = [called('a', 'tool-1'), result('tool-1')];
  expect(await look([...begun, called('a', 'tool-2')])).toEqual({ found: false, isPast: false });
  expect(await look([...begun, called('b')])).toEqual({ found: false, isPast: true });
});

test('a file that is not there, a line half written, and content of other shapes say nothing', async () => {
  const nothing = { found: false, isPast: false };
  const gone = { offset: 0, toolUseId: 'tool-1', mark: 'MARK' };
  expect(await readHandedOver(path.join(directory, 'none'), gone)).toEqual(nothing);
  const half = JSON.stringify(context('tool-1', 'MARK')).slice(0, -3);
  expect(await look([{ type: 'user', message: { content: 'words' } }, { type: 'x' }], half)).toEqual(nothing);
});
