import { expect, it } from 'vitest';
import { createScreenReader } from '../../../services/terminal/screen-reader.ts';

const RULE = '─'.repeat(60);

/** The reading of a prompt box in which this stands, as Claude Code draws it. */
async function composerWith(drawn: string) {
  let due = () => {};
  const read = new Promise<void>((resolve) => {
    due = resolve;
  });
  const reader = createScreenReader({
    columns: 60,
    rows: 10,
    scrollback: 0,
    clock: {
      now: () => 0,
      schedule(task) {
        setImmediate(task);
        return () => {};
      },
    },
    onReading: () => due(),
    onReply: () => {},
  });
  reader.feed(`${RULE}\r\n❯ ${drawn}\r\n${RULE}\r\n  the status row`);
  await read;
  const { composer } = reader.reading();
  reader.dispose();
  return composer;
}

it.each([
  ['blanks drawn (2.0.60)', '\u001b[7mT\u001b[27m\u001b[2mry "fix typecheck errors"\u001b[22m'],
  [
    'blanks skipped (2.1.30)',
    '\u001b[7mT\u001b[27m\u001b[2mry\u001b[1C"write\u001b[1Ca\u001b[1Ctest"\u001b[22m',
  ],
  [
    'blanks skipped by column (2.1.329)',
    '\u001b[7mT\u001b[27m\u001b[2mry\u001b[7G"edit\u001b[13G<path>"\u001b[22m',
  ],
])('a suggestion is no draft: %s', async (_, drawn) => {
  expect(await composerWith(drawn)).toEqual({ kind: 'ghost', text: '' });
});

it.each(['run the tests', 'a          b', 'x'])('a draft is no suggestion: %s', async (text) => {
  expect(await composerWith(text)).toEqual({ kind: 'draft', text });
});
