import { type KeyboardTerminal, lookFor } from './keyboard-terminal.ts';
import { boxIsFree, ownTextStands } from './own-text.ts';

/** Ctrl-U deletes to the start of the row, and what follows deletes the line feed before it. */
const CLEAR_ROW = '\u0015\u007f';
/** Rows cleared between two looks. */
const ROWS_AT_ONCE = 24;
/** Time for one batch to be drawn. */
const BATCH_DRAWN_MS = 250;
/** A row of the narrowest sensible terminal: no text has more rows than this allows. */
const CHARACTERS_OF_A_ROW = 20;

/**
 * Takes back a text of ours that still stands in the prompt box. Resolves to false, and leaves the box alone,
 * as soon as something else stands there.
 */
export async function clearOwnText(terminal: KeyboardTerminal, text: string): Promise<boolean> {
  const lines = text.split('\n').length;
  const batches = Math.ceil((text.length / CHARACTERS_OF_A_ROW + lines) / ROWS_AT_ONCE) + 1;
  const first = await terminal.read();
  if (boxIsFree(first)) return true;
  if (!(await ownTextStands(terminal, text, first))) return false;
  for (let batch = 0; batch < batches; batch++) {
    await terminal.write(CLEAR_ROW.repeat(ROWS_AT_ONCE));
    const cleared = await lookFor(terminal, boxIsFree, BATCH_DRAWN_MS);
    if (cleared !== null) return true;
  }
  return false;
}
