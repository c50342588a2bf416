import type { CellGrid } from '../terminal/cell-grid.ts';
import { blotAcrossFullRows } from '../text/blot-across-full-rows.ts';

/** The rows as a text, and for each of its letters the place of the cell that holds it. */
function textOf(grid: CellGrid): { readonly text: string; readonly places: readonly string[] } {
  let text = '';
  const places: string[] = [];
  for (const [row, cells] of grid.rows.entries()) {
    if (row > 0) {
      text += '\n';
      places.push('');
    }
    // Without what is empty at the end, as the text of a screen is: a secret may go on in the next row.
    let length = cells.length;
    while (length > 0 && cells[length - 1]?.text === ' ') length -= 1;
    for (const { text: letters, column } of cells.slice(0, length)) {
      text += letters;
      for (let at = 0; at < letters.length; at++) places.push(`${row},${column}`);
    }
  }
  return { text, places };
}

/**
 * The same screen without what must not be seen.
 * @param blot paints over it in a text, letter for letter, and leaves the ends of lines
 */
export function hideSecrets(grid: CellGrid, blot: (text: string) => string): CellGrid {
  const { text, places } = textOf(grid);
  const clean = blot(blotAcrossFullRows(text.split('\n'), grid.columns, blot).join('\n'));
  if (clean === text) return grid;
  const blotted = new Map<string, string>();
  for (const [at, place] of places.entries()) {
    const letter = clean.charAt(at);
    if (letter !== text.charAt(at)) blotted.set(place, letter);
  }
  return {
    ...grid,
    rows: grid.rows.map((cells, row) =>
      cells.map((cell) => {
        const letter = blotted.get(`${row},${cell.column}`);
        return letter === undefined ? cell : { ...cell, text: letter };
      }),
    ),
  };
}
