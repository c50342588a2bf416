import type { ScreenReading } from '../terminal/reading.ts';
import { composerHolds, screenEndsWith } from './composer-text.ts';
import type { KeyboardTerminal } from './keyboard-terminal.ts';

/** Rules, hint and status rows around the box, and the rows above it that Claude Code keeps. */
const ROWS_AROUND_THE_BOX = 10;
/** Glyph, margin and the cursor's cell take this much of a row. */
const COLUMNS_AROUND_THE_TEXT = 4;

/** Columns that a text takes at most: what is not plain Latin may be two columns wide. */
function widthOf(line: string): number {
  return line.length + (line.match(/[^\u0000-\u02ff]/g)?.length ?? 0);
}

/** True when the box for this text reaches beyond the screen: its upper rule is not to be seen then (2.1.329). */
function isTallerThanScreen(text: string, { columns, rows }: ScreenReading): boolean {
  const width = Math.max(1, columns - COLUMNS_AROUND_THE_TEXT);
  let needed = ROWS_AROUND_THE_BOX;
  for (const line of text.split('\n')) {
    needed += Math.max(1, Math.ceil(widthOf(line) / width));
    if (needed > rows) return true;
  }
  return false;
}

/**
 * True when our text stands in the prompt box. A box taller than the screen cannot be recognised as one; the end of
 * the text, on a screen that shows neither box nor dialog, is taken for it.
 */
export async function ownTextStands(
  terminal: KeyboardTerminal,
  text: string,
  reading: ScreenReading,
): Promise<boolean> {
  if (composerHolds(reading.composer, text)) return true;
  const hidden =
    reading.composer.kind === 'absent' && reading.dialog === undefined && isTallerThanScreen(text, reading);
  return hidden && screenEndsWith(await terminal.text(), text);
}

/** True when nothing stands in the box that somebody typed. */
export function boxIsFree({ composer }: Pick<ScreenReading, 'composer'>): boolean {
  return composer.kind === 'empty' || composer.kind === 'ghost';
}
