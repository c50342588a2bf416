import type { Cell, CellColour } from '../terminal/cell-grid.ts';

/** Red, green and blue, as in `#rrggbb`. */
export type Rgb = number;

export const BACKGROUND: Rgb = 0x16181d;
const FOREGROUND: Rgb = 0xd8dbe2;
const CURSOR: Rgb = 0xd8dbe2;

/** The sixteen that have names, which every terminal paints in its own way. */
const NAMED: readonly Rgb[] = [
  0x1f2229, 0xe5534b, 0x57ab5a, 0xc69026, 0x539bf5, 0xb083f0, 0x39c5cf, 0xb6bcc8, 0x768390, 0xff938a,
  0x8ddb8c, 0xeac55f, 0x96d0ff, 0xdcbdfb, 0x76e3ea, 0xffffff,
];
/** The cube of 216 colours begins behind them, and its sides have these steps; then come 24 greys. */
const CUBE_START = 16;
const CUBE_STEPS = [0, 95, 135, 175, 215, 255] as const;
const GREY_START = 232;

const rgb = (red: number, green: number, blue: number): Rgb => (red << 16) | (green << 8) | blue;

function ofPalette(index: number): Rgb {
  if (index < CUBE_START) return NAMED[index] ?? FOREGROUND;
  if (index >= GREY_START) {
    const grey = 8 + (index - GREY_START) * 10;
    return rgb(grey, grey, grey);
  }
  const step = (divisor: number): number =>
    CUBE_STEPS[Math.floor((index - CUBE_START) / divisor) % CUBE_STEPS.length] ?? 0;
  return rgb(step(36), step(6), step(1));
}

function resolve(colour: CellColour, ownColour: Rgb): Rgb {
  if (colour.kind === 'default') return ownColour;
  return colour.kind === 'rgb' ? colour.value : ofPalette(colour.index);
}

/** Half of one, half of the other: what is dim is drawn so over its background. */
function halfway(one: Rgb, other: Rgb): Rgb {
  const part = (shift: number): number => (((one >> shift) & 0xff) + ((other >> shift) & 0xff)) >> 1;
  return rgb(part(16), part(8), part(0));
}

export interface CellColours {
  readonly foreground: Rgb;
  readonly background: Rgb;
}

/** What a cell is painted with, its attributes and the cursor on it counted in. */
export function coloursOf(cell: Cell, isUnderCursor: boolean): CellColours {
  const own = {
    foreground: resolve(cell.foreground, FOREGROUND),
    background: resolve(cell.background, BACKGROUND),
  };
  const { foreground, background } = cell.inverse
    ? { foreground: own.background, background: own.foreground }
    : own;
  if (isUnderCursor) return { foreground: background, background: CURSOR };
  return { foreground: cell.dim ? halfway(foreground, background) : foreground, background };
}

export const hexOf = (colour: Rgb): string => `#${colour.toString(16).padStart(6, '0')}`;
