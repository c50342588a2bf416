/** A loop of more screens than this is taken for work. */
const REMEMBERED_SCREENS = 12;

/** Rows that move while nothing happens: a spinner with its timer and its count of tokens, and tips below it. */
const MOVES_BY_ITSELF = /^\s*(?:[·✢✳✶✻✽✺∗*◐◓◑◒⠁-⣿]\s|[⎿└]?\s*Tip: )/u;
/** `(12s)`, `(3m 4s · ↓ 46 tokens)`: how long a tool has run. */
const TIMER = /\((?:\d+[hms]\s*)+[^)]*\)/g;

/** A screen without what moves by itself. */
function settled(text: string): string {
  return text
    .split('\n')
    .filter((row) => !MOVES_BY_ITSELF.test(row))
    .map((row) => row.replace(TIMER, '').trimEnd())
    .join('\n');
}

/** The last screens of one terminal, to tell whether one of them stands there again. */
export function createScreenNovelty() {
  let seen: readonly string[] = [];
  return {
    /** The first screen is compared with nothing and is not new. */
    isNew(text: string): boolean {
      const screen = settled(text);
      const known = seen.includes(screen);
      const isFirst = seen.length === 0;
      if (!known) seen = [...seen.slice(1 - REMEMBERED_SCREENS), screen];
      return !known && !isFirst;
    },
  };
}
