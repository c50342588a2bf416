import { expect, it } from 'vitest';
import { readingOfRows } from './reading-of-rows.ts';

const RULE = '─'.repeat(70);
const box = (words: string) => [RULE, `❯ ${words}`, RULE, '  the status row', '  ⏸ manual mode on'];
const BEFORE = ['❯ the first question', '', '● the first answer'];
const WORK = { title: '◐ Claude Code' };

it('a title that works before the box is drawn anew begins a turn; the answer above is of the one before', async () => {
  const rows = [...BEFORE, '', '✻ Worked for 4s', '', ...box('the next question')];
  expect(await readingOfRows(rows, WORK)).toMatchObject({ level: 'thinking' });
  expect(await readingOfRows(rows)).toMatchObject({ level: 'idle' });
});

it('an answer that no closing row stands below is being written', async () => {
  expect(await readingOfRows([...BEFORE, '', ...box('')], WORK)).toMatchObject({ level: 'responding' });
});
