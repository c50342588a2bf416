import type { Box, CellShape, CellSize } from './cell-shapes.ts';

const FIRST = 0x2580;
const EIGHTHS = 8;

/** Left, top, right and bottom, in eighths of the cell. */
type Part = readonly [number, number, number, number];

const UPPER_LEFT: Part = [0, 0, 4, 4];
const UPPER_RIGHT: Part = [4, 0, 8, 4];
const LOWER_LEFT: Part = [0, 4, 4, 8];
const LOWER_RIGHT: Part = [4, 4, 8, 8];
const WHOLE: Part = [0, 0, 8, 8];

const lower = (eighths: number): readonly Part[] => [[0, 8 - eighths, 8, 8]];
const left = (eighths: number): readonly Part[] => [[0, 0, eighths, 8]];

/** U+2580 to U+259F. */
const PARTS: readonly (readonly Part[])[] = [
  [[0, 0, 8, 4]],
  ...[1, 2, 3, 4, 5, 6, 7, 8].map(lower),
  ...[7, 6, 5, 4, 3, 2, 1].map(left),
  [[4, 0, 8, 8]],
  [WHOLE],
  [WHOLE],
  [WHOLE],
  [[0, 0, 8, 1]],
  [[7, 0, 8, 8]],
  [LOWER_LEFT],
  [LOWER_RIGHT],
  [UPPER_LEFT],
  [UPPER_LEFT, LOWER_LEFT, LOWER_RIGHT],
  [UPPER_LEFT, LOWER_RIGHT],
  [UPPER_LEFT, UPPER_RIGHT, LOWER_LEFT],
  [UPPER_LEFT, UPPER_RIGHT, LOWER_RIGHT],
  [UPPER_RIGHT],
  [UPPER_RIGHT, LOWER_LEFT],
  [UPPER_RIGHT, LOWER_LEFT, LOWER_RIGHT],
];

const SHADES: ReadonlyMap<number, number> = new Map([
  [0x2591, 0.25],
  [0x2592, 0.5],
  [0x2593, 0.75],
]);

/** Block elements, whose edges fall on whole pixels so that no seam is seen between two of them. */
export function blockShape(codePoint: number, { width, height }: CellSize): CellShape | undefined {
  const opacity = SHADES.get(codePoint);
  const boxes = PARTS[codePoint - FIRST]?.map(([x0, y0, x1, y1]): Box => {
    const x = Math.round((x0 * width) / EIGHTHS);
    const y = Math.round((y0 * height) / EIGHTHS);
    return {
      x,
      y,
      width: Math.max(1, Math.round((x1 * width) / EIGHTHS) - x),
      height: Math.max(1, Math.round((y1 * height) / EIGHTHS) - y),
      ...(opacity === undefined ? {} : { opacity }),
    };
  });
  return boxes === undefined ? undefined : { boxes, lines: [] };
}
