/** A loop of more screens than this is taken for work. */
const REMEMBERED_SCREENS = 12;

/** Rows that move while nothing happens: a spinner with its timer, and tips below it. */
const MOVES_BY_ITSELF = /^\s*(?:[·✢✳✶✻✽✺∗*◐◓◑◒⠁-⣿]\s|[⎿└]?\s*Tip: )/u;
/** `(12s)`, `(3m 4s · ↓ 46 tokens)`: how long a tool has run. */
const TIMER = /\((?:\d+[hms]\s*)+[^)]*\)/g;

/** What Claude Code counts in the row of its spinner while the model thinks or answers: `↓ 46 tokens`, `↑ 1.2k tokens`. */
const TOKENS = /[↑↓]\s*([\d.,]+)\s*([km]?)\s*tokens/i;
const SCALE: Readonly<Record<string, number>> = { k: 1_000, m: 1_000_000 };

/** The tokens that the spinner counts; null while it counts none. The seconds beside them go on by themselves. */
function tokensIn(text: string): number | null {
  const row = text.split('\n').findLast((line) => MOVES_BY_ITSELF.test(line) && TOKENS.test(line));
  const [, digits, scale] = (row === undefined ? null : TOKENS.exec(row)) ?? [];
  if (digits === undefined) return null;
  return Number(digits.replaceAll(',', '')) * (SCALE[scale?.toLowerCase() ?? ''] ?? 1);
}

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
  let counted: number | null = null;
  return {
    /** The first screen is compared with nothing and is not new. One on which more tokens are counted is. */
    isNew(text: string): boolean {
      const screen = settled(text);
      const tokens = tokensIn(text);
      const grew = tokens !== null && counted !== null && tokens > counted;
      counted = tokens;
      const known = seen.includes(screen);
      const isFirst = seen.length === 0;
      if (!known) seen = [...seen.slice(1 - REMEMBERED_SCREENS), screen];
      return (grew || !known) && !isFirst;
    },
  };
}
