import type { Cell, CellGrid } from '../terminal/cell-grid.ts';
import { blockShape } from './block-shapes.ts';
import { boxShape } from './box-shapes.ts';
import type { CellSize } from './cell-shapes.ts';
import { BACKGROUND, coloursOf, type Rgb } from './colours.ts';

/** At scale 1: as a terminal shows it with letters of 15 pixels. */
const CELL_WIDTH = 9;
const CELL_HEIGHT = 18;
const FONT_SIZE = 15;
/** From the top of a cell to the line that letters stand on. */
const BASELINE = 14;
const UNDERLINE_TOP = 16;
const STRIKETHROUGH_TOP = 9;
/** As many as a person's screen of the highest resolution has, several times over: 130 MB while it is drawn. */
const MOST_PIXELS = 32_000_000;
/** The API of Claude takes no picture that is longer on one side. */
const LONGEST_SIDE = 8_000;

export interface Fill {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly colour: Rgb;
  readonly opacity: number;
}

export interface Stroke {
  readonly x: number;
  readonly y: number;
  readonly path: string;
  readonly thickness: number;
  readonly colour: Rgb;
}

export interface Glyph {
  readonly text: string;
  readonly x: number;
  readonly baseline: number;
  /** The room that it has. */
  readonly width: number;
  readonly bold: boolean;
  readonly italic: boolean;
  readonly colour: Rgb;
}

/** A screen as things to paint, in this order: fills, glyphs, shapes, strokes. Every painter draws the same. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly background: Rgb;
  readonly cell: CellSize;
  readonly fontSize: number;
  readonly fills: readonly Fill[];
  readonly glyphs: readonly Glyph[];
  readonly shapes: readonly Fill[];
  readonly strokes: readonly Stroke[];
}

/** The scale that was asked for, or the largest at which the picture is not too large and cells are whole pixels. */
function fittingScale(grid: CellGrid, wanted: number): number {
  const width = grid.columns * CELL_WIDTH;
  const height = grid.rows.length * CELL_HEIGHT;
  const fitting = Math.min(
    wanted,
    LONGEST_SIDE / width,
    LONGEST_SIDE / height,
    Math.sqrt(MOST_PIXELS / (width * height)),
  );
  return Math.max(1, Math.floor(fitting * CELL_WIDTH)) / CELL_WIDTH;
}

/** Puts down what cells are painted with. */
function createLayout(scale: number) {
  const cell: CellSize = { width: CELL_WIDTH * scale, height: CELL_HEIGHT * scale };
  const fills: Fill[] = [];
  const glyphs: Glyph[] = [];
  const shapes: Fill[] = [];
  const strokes: Stroke[] = [];
  const thickness = Math.max(1, Math.round(scale));

  /** Neighbours of one colour become one, so that no seam is seen. */
  function fill(x: number, y: number, width: number, colour: Rgb): void {
    if (colour === BACKGROUND) return;
    const last = fills.at(-1);
    if (last !== undefined && last.y === y && last.x + last.width === x && last.colour === colour)
      fills[fills.length - 1] = { ...last, width: last.width + width };
    else fills.push({ x, y, width, height: cell.height, colour, opacity: 1 });
  }

  function draw({ text, bold, italic }: Cell, x: number, y: number, width: number, colour: Rgb): void {
    const codePoint = text.codePointAt(0) ?? 0;
    const shape = boxShape(codePoint, cell) ?? blockShape(codePoint, cell);
    if (shape === undefined) {
      glyphs.push({ text, x, baseline: y + Math.round(BASELINE * scale), width, bold, italic, colour });
      return;
    }
    for (const { opacity = 1, ...box } of shape.boxes)
      shapes.push({ ...box, x: x + box.x, y: y + box.y, colour, opacity });
    for (const line of shape.lines) strokes.push({ ...line, x, y, colour });
  }

  return {
    parts: { cell, fills, glyphs, shapes, strokes },
    add(one: Cell, row: number, isUnderCursor: boolean): void {
      const { foreground, background } = coloursOf(one, isUnderCursor);
      const x = one.column * cell.width;
      const y = row * cell.height;
      const width = one.width * cell.width;
      fill(x, y, width, background);
      if (one.hidden) return;
      if (one.text !== ' ') draw(one, x, y, width, foreground);
      const line = (top: number): void => {
        shapes.push({
          x,
          y: y + Math.round(top * scale),
          width,
          height: thickness,
          colour: foreground,
          opacity: 1,
        });
      };
      if (one.underline) line(UNDERLINE_TOP);
      if (one.strikethrough) line(STRIKETHROUGH_TOP);
      if (one.overline) line(0);
    },
  };
}

/** Lays out a screen. */
export function layOut(grid: CellGrid, wantedScale: number): Picture {
  const scale = fittingScale(grid, wantedScale);
  const { parts, add } = createLayout(scale);
  for (const [row, cells] of grid.rows.entries())
    for (const cell of cells) {
      const isUnderCursor =
        grid.cursor?.row === row &&
        grid.cursor.column >= cell.column &&
        grid.cursor.column < cell.column + cell.width;
      add(cell, row, isUnderCursor);
    }
  return {
    ...parts,
    width: grid.columns * parts.cell.width,
    height: grid.rows.length * parts.cell.height,
    background: BACKGROUND,
    fontSize: FONT_SIZE * scale,
  };
}
