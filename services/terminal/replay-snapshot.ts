import type { IBuffer, IBufferCell, Terminal } from '@xterm/headless';
import type { Cell, CellColour, CellGrid } from './cell-grid.ts';
import { createEmulator } from './emulator.ts';

/** The terminal throws away what is pending beyond 50 MB; so much at a time leaves room. */
const PIECE_CHARACTERS = 1024 * 1024;
/** DECTCEM, the mode of the visible cursor. */
const CURSOR_MODE = 25;

export interface ReplayedSnapshot {
  readonly columns: number;
  readonly rows: number;
  /** Bytes that draw the screen, as a pty host gives them to a late viewer. */
  readonly data: string;
}

function colourOf(isDefault: boolean, isRgb: boolean, value: number): CellColour {
  if (isDefault) return { kind: 'default' };
  return isRgb ? { kind: 'rgb', value } : { kind: 'palette', index: value };
}

function readCell(cell: IBufferCell, column: number): Cell {
  return {
    column,
    width: cell.getWidth() === 2 ? 2 : 1,
    text: cell.getChars() || ' ',
    foreground: colourOf(cell.isFgDefault(), cell.isFgRGB(), cell.getFgColor()),
    background: colourOf(cell.isBgDefault(), cell.isBgRGB(), cell.getBgColor()),
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    italic: cell.isItalic() !== 0,
    underline: cell.isUnderline() !== 0,
    strikethrough: cell.isStrikethrough() !== 0,
    overline: cell.isOverline() !== 0,
    inverse: cell.isInverse() !== 0,
    hidden: cell.isInvisible() !== 0,
  };
}

function readRow(buffer: IBuffer, y: number, columns: number): readonly Cell[] {
  const line = buffer.getLine(y);
  const cells: Cell[] = [];
  for (let column = 0; column < columns; column++) {
    const cell = line?.getCell(column);
    // The second half of a wide character has no width.
    if (cell !== undefined && cell.getWidth() > 0) cells.push(readCell(cell, column));
  }
  return cells;
}

/** Follows whether the cursor is shown: the terminal itself does not tell. */
function watchCursor(terminal: Terminal): () => boolean {
  let isShown = true;
  for (const [final, shown] of [
    ['h', true],
    ['l', false],
  ] as const)
    terminal.parser.registerCsiHandler({ prefix: '?', final }, (parameters) => {
      if (parameters.flat().includes(CURSOR_MODE)) isShown = shown;
      return false;
    });
  return () => isShown;
}

function write(terminal: Terminal, data: string): Promise<void> {
  return new Promise((resolve) => terminal.write(data, resolve));
}

/** The cells that a snapshot draws: the visible screen, or the last `lines` lines with what has scrolled away. */
export async function replaySnapshot(
  { columns, rows, data }: ReplayedSnapshot,
  lines?: number,
): Promise<CellGrid> {
  const emulator = createEmulator({
    columns,
    rows,
    scrollback: Math.max(0, (lines ?? rows) - rows),
    // The program has had its answers from the terminal that it runs in.
    onReply: () => {},
  });
  try {
    const { terminal } = emulator;
    const isCursorShown = watchCursor(terminal);
    for (let at = 0; at < data.length; at += PIECE_CHARACTERS)
      await write(terminal, data.slice(at, at + PIECE_CHARACTERS));
    const buffer = terminal.buffer.active;
    const end = buffer.baseY + rows;
    const start = lines === undefined ? buffer.baseY : Math.max(0, end - lines);
    const cursorRow = buffer.baseY + buffer.cursorY - start;
    return {
      columns,
      rows: Array.from({ length: end - start }, (_, row) => readRow(buffer, start + row, columns)),
      // Behind the last column it waits for the next character, and is drawn on the last.
      cursor:
        isCursorShown() && cursorRow >= 0
          ? { column: Math.min(buffer.cursorX, columns - 1), row: cursorRow }
          : null,
    };
  } finally {
    emulator.dispose();
  }
}
