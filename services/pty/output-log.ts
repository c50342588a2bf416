/** What a viewer that reconnects can be given again without a whole new screen. */
const KEPT_CHARACTERS = 256 * 1024;

/** The last output of a terminal, numbered by bytes, so that a viewer goes on from where it was. */
export function createOutputLog() {
  let chunks: { readonly end: number; readonly text: string; readonly start: number }[] = [];
  let kept = 0;
  let sequence = 0;
  return {
    sequence: (): number => sequence,
    append(bytes: number, text: string): number {
      chunks.push({ start: sequence, end: sequence + bytes, text });
      sequence += bytes;
      kept += text.length;
      while (kept > KEPT_CHARACTERS && chunks.length > 1) {
        kept -= chunks[0]?.text.length ?? 0;
        chunks = chunks.slice(1);
      }
      return sequence;
    },
    /** Everything after `from`, or null when that is no longer held, or not a border between two chunks. */
    since(from: number): string | null {
      if (from === sequence) return '';
      const first = chunks.findIndex(({ start }) => start === from);
      return first < 0
        ? null
        : chunks
            .slice(first)
            .map(({ text }) => text)
            .join('');
    },
  };
}
