/** A part of a cell that is filled, in pixels from its upper left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Of shades; 1 where nothing is said. */
  readonly opacity?: number;
}

/** A line through a cell, as the `d` of an SVG path, in pixels from its upper left corner. */
export interface Line {
  readonly path: string;
  readonly thickness: number;
}

/** What stands for a character whose ends must meet those of its neighbours, which no font does at every size. */
export interface CellShape {
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

export interface CellSize {
  readonly width: number;
  readonly height: number;
}
