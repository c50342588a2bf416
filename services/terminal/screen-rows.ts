import type { Terminal } from '@xterm/headless';

/** How a cell is coloured, as far as the reading cares. */
export type Tint = 'plain' | 'grey' | 'coloured';

/** One row of the screen: its text, and the tint of any column of it. */
export interface ScreenRow {
  readonly text: string;
  tint(column: number): Tint;
  /** Drawn faint, as suggestions are. */
  faint(column: number): boolean;
}

export interface ScreenRows {
  readonly rows: readonly ScreenRow[];
  readonly columns: number;
  readonly cursor: { readonly column: number; readonly row: number };
}

/** Greys of the dark and the light theme lie between black and white and have no hue. */
const LEAST_GREY = 0x40;
const MOST_GREY = 0xd0;
const MOST_HUE = 0x10;
/** Bright black, the grey of the palette themes. */
const PALETTE_GREY = 8;

function tintOfRgb(rgb: number): Tint {
  const red = (rgb >> 16) & 0xff;
  const green = (rgb >> 8) & 0xff;
  const blue = rgb & 0xff;
  if (Math.max(red, green, blue) - Math.min(red, green, blue) > MOST_HUE) return 'coloured';
  return red >= LEAST_GREY && red <= MOST_GREY ? 'grey' : 'plain';
}

/** The rows of the visible screen. Costs about 30 µs for 40 rows; tints are looked up only when asked for. */
export function readRows(terminal: Terminal): ScreenRows {
  const buffer = terminal.buffer.active;
  const rows: ScreenRow[] = [];
  for (let y = 0; y < terminal.rows; y++) {
    const line = buffer.getLine(buffer.baseY + y);
    rows.push({
      text: line?.translateToString(true) ?? '',
      tint(column) {
        const cell = line?.getCell(column);
        if (cell === undefined || cell.isFgDefault()) return cell?.isDim() ? 'grey' : 'plain';
        if (cell.isFgRGB()) return tintOfRgb(cell.getFgColor());
        const colour = cell.getFgColor();
        if (colour === PALETTE_GREY) return 'grey';
        return colour === 7 || colour === 15 || colour === 0 ? 'plain' : 'coloured';
      },
      faint: (column) => (line?.getCell(column)?.isDim() ?? 0) !== 0,
    });
  }
  return { rows, columns: terminal.cols, cursor: { column: buffer.cursorX, row: buffer.cursorY } };
}
