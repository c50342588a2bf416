import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  NO_TOKENS,
  NOTHING_COUNTED,
  readUsage,
  transcriptsOf,
} from '../../../services/claude/transcript-usage.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'missiond-usage-'));
  file = path.join(folder, 'session.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One content block of a message, as Claude Code writes it. */
function block(id: string, output: number, more: object = {}): string {
  const usage = {
    input_tokens: 10,
    output_tokens: output,
    cache_read_input_tokens: 1_000,
    cache_creation_input_tokens: 100,
  };
  return `${JSON.stringify({ type: 'assistant', message: { id, model: 'claude-opus-5-5', usage, content: [] }, ...more })}\n`;
}

it('a message of several lines counts once, with the highest numbers that it came to', async () => {
  writeFileSync(file, block('a', 1) + block('a', 7) + block('b', 5));
  const { tokens } = await readUsage(file, NOTHING_COUNTED);
  expect(tokens).toEqual({ input: 20, output: 12, cacheRead: 2_000, cacheWrite: 200 });
});

it('nothing is counted twice when the file grows, not even in the middle of a message or of a line', async () => {
  const half = block('b', 5);
  writeFileSync(file, block('a', 1) + block('b', 2) + half.slice(0, 30));
  const first = await readUsage(file, NOTHING_COUNTED);
  expect(first.tokens.output).toBe(3);
  appendFileSync(file, half.slice(30));
  const second = await readUsage(file, first.mark);
  expect(second.tokens).toEqual({ ...NO_TOKENS, output: 3 });
  expect((await readUsage(file, second.mark)).tokens).toEqual(NO_TOKENS);
});

it('what is no message is passed over: other types, broken lines, a line of many megabytes', async () => {
  const huge = `{"type":"user","usage":"${'x'.repeat(9 * 1024 * 1024)}"}\n`;
  writeFileSync(file, `{"type":"system"}\n{"usage": broken\n${huge}${block('a', 4)}`);
  expect((await readUsage(file, NOTHING_COUNTED)).tokens.output).toBe(4);
});

it('a file that became shorter is another one; one that is not there has nothing', async () => {
  writeFileSync(file, block('a', 4) + block('b', 4));
  const { mark } = await readUsage(file, NOTHING_COUNTED);
  writeFileSync(file, block('c', 9));
  expect((await readUsage(file, mark)).tokens.output).toBe(9);
  expect(await readUsage(path.join(folder, 'none'), NOTHING_COUNTED)).toEqual({
    tokens: NO_TOKENS,
    mark: NOTHING_COUNTED,
  });
});

it('subagents have files of their own', async () => {
  const agents = path.join(folder, 'session', 'subagents', 'workflows');
  mkdirSync(agents, { recursive: true });
  writeFileSync(path.join(agents, 'agent-1.jsonl'), block('s', 1));
  writeFileSync(path.join(agents, 'agent-1.meta.json'), '{}');
  expect(await transcriptsOf(file)).toEqual([file, path.join(agents, 'agent-1.jsonl')]);
});
