import { cjkLetters, withoutCjk } from '../conversations/cjk-letters.ts';

const WORD = /[\p{L}\p{N}][\p{L}\p{N}_-]*/gu;
const LEAST_LETTERS = 2;

/** The words of a text; of Chinese, Japanese and Korean each pair of neighbours, since no blank divides them. */
export function wordsOf(text: string): ReadonlySet<string> {
  const lower = text.toLowerCase();
  const letters = cjkLetters(lower);
  const pairs = letters.map((letter, index) => letter + (letters[index + 1] ?? ''));
  const words = withoutCjk(lower).match(WORD) ?? [];
  return new Set([...words.filter((word) => word.length >= LEAST_LETTERS), ...pairs]);
}

/** The share of words that two texts have in common (Jaccard), 0 to 1. */
export function similarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 && b.size === 0) return 1;
  const common = [...a].filter((word) => b.has(word)).length;
  return common / (a.size + b.size - common);
}
