import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readGrowingTurn } from '../../../services/claude/growing-turn.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'missiond-growing-turn-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const prompt = `${JSON.stringify({ type: 'user', message: { role: 'user', content: 'do it' } })}\n`;
const answer = (words: string) =>
  `${JSON.stringify({
    type: 'assistant',
    message: { id: 'msg_1', content: [{ type: 'text', text: words }], stop_reason: 'end_turn' },
  })}\n`;

test('a turn is read as its file grows, and the file is left alone while it has the same length', async () => {
  const file = path.join(directory, 'session.jsonl');
  const read = readGrowingTurn(file, { prompt: 'do it' });
  expect(await read()).toMatchObject({ found: false });
  writeFileSync(file, prompt);
  expect(await read()).toMatchObject({ found: true, ended: false });
  appendFileSync(file, answer('one'));
  expect(await read()).toMatchObject({ ended: true, lastAssistantMessage: 'one' });
  writeFileSync(file, prompt + answer('two'));
  expect(await read()).toMatchObject({ lastAssistantMessage: 'one' });
});
