/** A colour as the program asked for it. `index` is one of 256, `value` is 24 bits. */
export type CellColour =
  | { readonly kind: 'default' }
  | { readonly kind: 'palette'; readonly index: number }
  | { readonly kind: 'rgb'; readonly value: number };

/** One place of the screen, and how it is drawn. */
export interface Cell {
  /** From the left, from 0. */
  readonly column: number;
  /** Columns that it takes: 2 for a wide character. */
  readonly width: 1 | 2;
  /** One character as people count them, or a space. */
  readonly text: string;
  readonly foreground: CellColour;
  readonly background: CellColour;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly strikethrough: boolean;
  readonly overline: boolean;
  readonly inverse: boolean;
  /** Its character is not shown. */
  readonly hidden: boolean;
}

/** What a terminal shows. */
export interface CellGrid {
  readonly columns: number;
  readonly rows: readonly (readonly Cell[])[];
  /** Null while the program hides it. */
  readonly cursor: { readonly column: number; readonly row: number } | null;
}
