/**
 * Modes that the serialized screen leaves out (@xterm/addon-serialize 0.14.0 restores the others), with their default:
 * the visible cursor, and how mouse coordinates are written. Claude Code 2.1.329 hides the cursor and asks for SGR mouse.
 */
const TRACKED: ReadonlyMap<number, boolean> = new Map([
  [25, true],
  [1005, false],
  [1006, false],
  [1015, false],
  [1016, false],
]);

/** DECSET and DECRST; a full reset (RIS) and a soft reset (DECSTR) bring the defaults back. */
const MODE_CHANGE = /\x1b\[\?([\d;]+)([hl])|\x1bc|\x1b\[!p/g;

export interface TerminalModes {
  /** Takes output that is cut between control sequences. */
  follow(text: string): void;
  /** What brings a fresh terminal to the modes of this one. */
  restore(): string;
}

/** Follows the modes that a late viewer would miss. */
export function createTerminalModes(): TerminalModes {
  const changed = new Map<number, boolean>();
  return {
    follow(text) {
      if (!text.includes('\x1b')) return;
      for (const [, numbers, how] of text.matchAll(MODE_CHANGE)) {
        if (numbers === undefined) changed.clear();
        for (const mode of numbers?.split(';').map(Number) ?? []) {
          if (TRACKED.has(mode)) changed.set(mode, how === 'h');
        }
      }
    },
    restore: () =>
      [...changed]
        .filter(([mode, on]) => TRACKED.get(mode) !== on)
        .map(([mode, on]) => `\x1b[?${mode}${on ? 'h' : 'l'}`)
        .join(''),
  };
}
