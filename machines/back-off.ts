export interface BackOff {
  /** The pause after the first failure, milliseconds. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The pause after so many failures in a row, in milliseconds: twice as long each time, up to the longest. */
export const backOffMs = (failures: number, { firstMs, longestMs }: BackOff): number =>
  Math.min(longestMs, firstMs * 2 ** Math.max(0, failures - 1));
