import { createVirtualClock } from '../../../services/recording/virtual-clock.ts';
import { createScreenReader } from '../../../services/terminal/screen-reader.ts';

/** What is read from a terminal that shows these rows, in plain colours, with the cursor where the last row ends. */
export async function readingOfRows(
  rows: readonly string[],
  { title = '✳ Claude Code', cursor = '' }: { readonly title?: string; readonly cursor?: string } = {},
) {
  const reader = createScreenReader({
    columns: Math.max(60, ...rows.map(({ length }) => length)),
    rows: Math.max(12, rows.length),
    scrollback: 0,
    clock: createVirtualClock(),
    onReading: () => {},
    onReply: () => {},
  });
  const bytes = `\u001b]0;${title}\u0007${rows.join('\r\n')}${cursor}`;
  await new Promise<void>((parsed) => reader.feed(bytes, parsed));
  const reading = reader.reading();
  reader.dispose();
  return reading;
}
