import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readLastWords } from '../../../services/claude/last-words.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-last-words-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const prompt = (content: string) => ({ type: 'user', message: { content } });
const said = (...content: object[]) => ({ type: 'assistant', message: { content } });
const words = (text: string) => ({ type: 'text', text });
const tool = { type: 'tool_use', name: 'Bash', input: {} };
const result = { type: 'user', message: { content: [{ type: 'tool_result', content: 'x' }] } };
/** Long enough to push what came before out of what is read. */
const longResult = {
  type: 'user',
  message: { content: [{ type: 'tool_result', content: 'x'.repeat(200_000) }] },
};

test.each([
  ['the last of several', [prompt('a'), said(words('one')), said(words('two')), said(tool), result], 'two'],
  ['nothing of the turn before', [prompt('a'), said(words('one')), prompt('b'), said(tool)], null],
  ['nothing that is far away', [prompt('a'), said(words('one')), longResult], null],
  ['behind a cut line', [longResult, said(words('two'))], 'two'],
])('%s', async (name, lines, expected) => {
  const file = path.join(folder, `${name}.jsonl`);
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  expect(await readLastWords(file)).toBe(expected);
});
