import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../services/recording/virtual-clock.ts';
import { createScreenReader } from '../../../services/terminal/screen-reader.ts';

const ROWS = 12;
const RULE = '─'.repeat(60);
const CURSOR_IN_THE_BOX = '\u001b[8;20H';
const CURSOR_BELOW_IT = '\u001b[12;3H';

/** What stands on a terminal that shows these rows, as Claude Code 2.1.329 leaves the cursor. */
async function readingOf(rows: readonly string[], cursor: string) {
  const reader = createScreenReader({
    columns: 60,
    rows: ROWS,
    scrollback: 0,
    clock: createVirtualClock(),
    onReading: () => {},
    onReply: () => {},
  });
  const title = '\u001b]0;✳ Claude Code\u0007';
  await new Promise<void>((parsed) => reader.feed(title + rows.join('\r\n') + cursor, parsed));
  const reading = reader.reading();
  reader.dispose();
  return reading;
}

const words = Array.from({ length: 9 }, (_, row) => `  line ${row} of a long prompt`);

describe('a prompt box taller than the screen', () => {
  it('is a draft: its rows are indented and the cursor stands among them', async () => {
    const reading = await readingOf([...words, RULE, '  status', '  ⏸ manual mode on'], CURSOR_IN_THE_BOX);
    expect(reading).toMatchObject({ level: 'idle', composer: { kind: 'draft' } });
    expect(reading.composer.text.split('\n')).toEqual(words.map((text) => text.trim()));
  });

  it.each([
    ['the cursor is elsewhere', words, CURSOR_BELOW_IT],
    ['something stands at the left edge', ['● An answer', ...words.slice(1)], CURSOR_IN_THE_BOX],
    ['a dialog is indented by one', [' Do you want to proceed?', ...words.slice(1)], CURSOR_IN_THE_BOX],
  ])('is none when %s', async (_, rows, cursor) => {
    const reading = await readingOf([...rows, RULE, '  status', '  ⏸ manual mode on'], cursor);
    expect(reading.composer.kind).toBe('absent');
  });
});
