import { readSync } from 'node:fs';

/** Read at a time. */
const STEP_BYTES = 512 * 1024;
/** Longer than an image that Claude Code takes; a line of more is counted as broken, and nothing of it is kept. */
const LONGEST_LINE_BYTES = 32 * 1024 * 1024;
const NEWLINE = 0x0a;

export interface LineLimits {
  readonly stepBytes: number;
  readonly longestLineBytes: number;
}

const USUAL_LIMITS: LineLimits = { stepBytes: STEP_BYTES, longestLineBytes: LONGEST_LINE_BYTES };

/** Where a file has been read to. */
export interface ReadPlace {
  readonly offset: number;
  /** The offset lies within a line that is too long. */
  readonly skipping: boolean;
}

export interface LinesRead {
  readonly lines: readonly string[];
  readonly place: ReadPlace;
  /** Lines that were too long. */
  readonly tooLong: number;
}

export interface LineReader {
  /** The next whole lines of a file; what follows the last line end is left for the next time. None at its end. */
  read(descriptor: number, place: ReadPlace): LinesRead;
}

/** Reads files piece by piece, with one buffer for all of them. Blocks: made for a thread of its own. */
export function createLineReader({ stepBytes, longestLineBytes }: LineLimits = USUAL_LIMITS): LineReader {
  let buffer = Buffer.allocUnsafe(stepBytes);

  /** Fills the buffer from an offset on, as far as the file goes. */
  function fill(descriptor: number, offset: number, from: number): number {
    let filled = from;
    while (filled < buffer.length) {
      const count = readSync(descriptor, buffer, filled, buffer.length - filled, offset + filled);
      if (count === 0) break;
      filled += count;
    }
    return filled;
  }

  function linesOf(end: number): string[] {
    const lines: string[] = [];
    for (let from = 0; from < end; ) {
      const newline = buffer.indexOf(NEWLINE, from);
      lines.push(buffer.toString('utf8', from, newline));
      from = newline + 1;
    }
    return lines;
  }

  /** The rest of a line that is passed over. */
  function skip(descriptor: number, offset: number): LinesRead {
    const filled = fill(descriptor, offset, 0);
    const newline = buffer.subarray(0, filled).indexOf(NEWLINE);
    return newline === -1
      ? { lines: [], place: { offset: offset + filled, skipping: true }, tooLong: 0 }
      : { lines: [], place: { offset: offset + newline + 1, skipping: false }, tooLong: 0 };
  }

  return {
    read(descriptor, { offset, skipping }) {
      if (skipping) return skip(descriptor, offset);
      try {
        for (let filled = 0; ; ) {
          const before = filled;
          filled = fill(descriptor, offset, before);
          const last = buffer.subarray(0, filled).lastIndexOf(NEWLINE);
          if (last !== -1)
            return {
              lines: linesOf(last + 1),
              place: { offset: offset + last + 1, skipping: false },
              tooLong: 0,
            };
          // The rest of the line is not written yet.
          if (filled < buffer.length) return { lines: [], place: { offset, skipping: false }, tooLong: 0 };
          if (filled >= longestLineBytes)
            return { lines: [], place: { offset: offset + filled, skipping: true }, tooLong: 1 };
          const larger = Buffer.allocUnsafe(Math.min(filled * 4, longestLineBytes));
          buffer.copy(larger, 0, 0, filled);
          buffer = larger;
        }
      } finally {
        // A line of many megabytes is rare: what it took is given back.
        if (buffer.length > stepBytes) buffer = Buffer.allocUnsafe(stepBytes);
      }
    },
  };
}
