/** What a viewer that reconnects can be given again without a whole new screen. */
const KEPT_CHARACTERS = 256 * 1024;

interface Chunk {
  readonly start: number;
  readonly text: string;
}

/** The last output of a terminal, numbered by bytes, so that a viewer goes on from where it was. */
export interface OutputLog {
  /** Bytes since the program was started. */
  sequence(): number;
  /** Returns the sequence number after the chunk. `text` may hold less or more than the bytes: see `whole-sequences.ts`. */
  append(bytes: number, text: string): number;
  /** Everything after `from`, or null when that is no longer held, or not a border between two chunks. */
  since(from: number): string | null;
}

export function createOutputLog(): OutputLog {
  const chunks: Chunk[] = [];
  let kept = 0;
  let sequence = 0;
  return {
    sequence: () => sequence,
    append(bytes, text) {
      chunks.push({ start: sequence, text });
      sequence += bytes;
      kept += text.length;
      let surplus = 0;
      while (kept > KEPT_CHARACTERS && surplus < chunks.length - 1) {
        kept -= chunks[surplus]?.text.length ?? 0;
        surplus += 1;
      }
      if (surplus > 0) chunks.splice(0, surplus);
      return sequence;
    },
    since(from) {
      if (from === sequence) return '';
      const first = chunks.findIndex(({ start }) => start === from);
      if (first < 0) return null;
      return chunks
        .slice(first)
        .map(({ text }) => text)
        .join('');
    },
  };
}
