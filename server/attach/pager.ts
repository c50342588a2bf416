export interface PagerSize {
  readonly columns: number;
  readonly rows: number;
}

export interface Pager {
  /** What draws the whole view. */
  view(): string;
  /** Takes one key or more. When the person leaves, returns what was typed after that; else null. */
  keys(data: string): string | null;
  resize(size: PagerSize): void;
}

/** One key at a time: a control sequence, or a character. */
const KEY = /\x1b\[[\d;]*[~A-Za-z]|\x1bO[A-Za-z]|[\s\S]/gu;

type Step = (rows: number) => number;

/** How far each key moves, in lines; the keys of `less`. */
const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ...['\x1b[A', '\x1bOA', 'k', 'y', '\x10'].map((key): [string, Step] => [key, () => -1]),
  ...['\x1b[B', '\x1bOB', 'j', 'e', '\r', '\n', '\x0e'].map((key): [string, Step] => [key, () => 1]),
  ...['\x1b[5~', 'b', '\x02'].map((key): [string, Step] => [key, (rows) => -rows]),
  ...['\x1b[6~', ' ', 'f', '\x06'].map((key): [string, Step] => [key, (rows) => rows]),
  ...['u', '\x15'].map((key): [string, Step] => [key, (rows) => -Math.ceil(rows / 2)]),
  ...['d', '\x04'].map((key): [string, Step] => [key, (rows) => Math.ceil(rows / 2)]),
  ...['g', '<', '\x1b[H', '\x1b[1~', '\x1bOH'].map((key): [string, Step] => [key, () => -Infinity]),
  ...['G', '>', '\x1b[F', '\x1b[4~', '\x1bOF'].map((key): [string, Step] => [key, () => Infinity]),
]);
/** q, Q, Ctrl-C, and Escape on its own. */
const LEAVE: ReadonlySet<string> = new Set(['q', 'Q', '\x03', '\x1b']);

/** Recent lines to look through, from the end; the session goes on meanwhile. */
export function createPager(lines: readonly string[], initial: PagerSize): Pager {
  let size = initial;
  let top = Infinity;

  const page = (): number => Math.max(1, size.rows - 1);
  function clamp(): void {
    top = Math.max(0, Math.min(top, lines.length - page()));
  }
  clamp();

  return {
    view() {
      const shown = lines.slice(top, top + page()).map((line) => line.slice(0, size.columns));
      const last = Math.min(lines.length, top + page());
      const status = ` lines ${Math.min(top + 1, last)}-${last} of ${lines.length} · q returns `;
      return `\x1b[0m\x1b[?25l\x1b[H\x1b[2J${shown.join('\r\n')}\x1b[${size.rows};1H\x1b[7m${status.slice(0, size.columns)}\x1b[0m`;
    },
    keys(data) {
      for (const { 0: key, index } of data.matchAll(KEY)) {
        if (LEAVE.has(key)) return data.slice(index + key.length);
        top += STEPS.get(key)?.(page()) ?? 0;
        clamp();
      }
      return null;
    },
    resize(next) {
      size = next;
      clamp();
    },
  };
}
