import type { Cell, CellColour, CellGrid } from '../terminal/cell-grid.ts';

const RESET = '\x1b[0m';
/** Of SGR: colours of the foreground are told by 38, of the background by 48. */
const FOREGROUND = 38;
const BACKGROUND = 48;

function colourCodes(colour: CellColour, of: typeof FOREGROUND | typeof BACKGROUND): readonly number[] {
  if (colour.kind === 'default') return [];
  if (colour.kind === 'palette') return [of, 5, colour.index];
  return [of, 2, (colour.value >> 16) & 0xff, (colour.value >> 8) & 0xff, colour.value & 0xff];
}

function styleOf(cell: Cell): string {
  const codes = [
    ...(cell.bold ? [1] : []),
    ...(cell.dim ? [2] : []),
    ...(cell.italic ? [3] : []),
    ...(cell.underline ? [4] : []),
    ...(cell.inverse ? [7] : []),
    ...(cell.hidden ? [8] : []),
    ...(cell.strikethrough ? [9] : []),
    ...(cell.overline ? [53] : []),
    ...colourCodes(cell.foreground, FOREGROUND),
    ...colourCodes(cell.background, BACKGROUND),
  ];
  return codes.length === 0 ? '' : `\x1b[${codes.join(';')}m`;
}

function rowOf(cells: readonly Cell[]): string {
  const end = cells.findLastIndex((cell) => cell.text !== ' ' || styleOf(cell) !== '') + 1;
  let row = '';
  let style = '';
  for (const cell of cells.slice(0, end)) {
    const next = styleOf(cell);
    if (next !== style) row += RESET + next;
    style = next;
    // What is hidden is not told either.
    row += cell.hidden ? ' '.repeat(cell.width) : cell.text;
  }
  return row + (style === '' ? '' : RESET);
}

/** A screen as an asciicast version 2 of one moment, which terminals play and `missiond replay` reads. */
export function toCast({ columns, rows, cursor }: CellGrid, when: number): string {
  const header = { version: 2, width: columns, height: rows.length, timestamp: Math.floor(when / 1_000) };
  const place = cursor === null ? '\x1b[?25l' : `\x1b[${cursor.row + 1};${cursor.column + 1}H`;
  // Each row is put in its place: a full one would wrap by itself.
  const drawn = rows
    .map(rowOf)
    .map((row, at) => (row === '' ? '' : `\x1b[${at + 1};1H${row}`))
    .join('');
  return `${JSON.stringify(header)}\n${JSON.stringify([0, 'o', drawn + place])}\n`;
}
