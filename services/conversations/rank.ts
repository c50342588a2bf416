import type { SearchTerm } from './search-query.ts';

/** The usual parameters of BM25. */
const K1 = 1.2;
const B = 0.75;
const WORD = String.raw`[\p{L}\p{N}]`;
const SNIPPET_BEFORE = 60;
const SNIPPET_AFTER = 160;
const OPEN = '>>>';
const CLOSE = '<<<';

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** Finds a term as the index does: whole words whatever stands between them, accents aside; CJK anywhere in the text. */
function patternOf({ text, isPrefix }: SearchTerm, isCjk: boolean): RegExp {
  if (isCjk) return new RegExp(escaped(text), 'giu');
  const words = text.match(new RegExp(`${WORD}+`, 'gu')) ?? [];
  const inner = words.map((word) => escaped(plain(word))).join(`(?:(?!${WORD}).)+`);
  return new RegExp(`(?<!${WORD})${inner}${isPrefix ? '' : `(?!${WORD})`}`, 'gius');
}

/** Without accents; what becomes longer or shorter by it keeps them, so that places stay the same. */
function plain(text: string): string {
  // Nearly every text: nothing to take away.
  if (!/[\u0080-\uffff]/.test(text)) return text;
  return text.replace(/[\u00c0-\u024f\u1e00-\u1eff]/g, (letter) => letter.normalize('NFD').charAt(0));
}

export interface Ranker {
  /** BM25 of a text. */
  score(text: string): number;
  /** The words around the first hit, hits between `>>>` and `<<<`. */
  snippet(text: string): string;
}

/**
 * Ranks texts in which all terms are.
 * @param shares for each term, the share of all texts in which it is
 * @param averageLength in characters
 */
export function createRanker(
  terms: readonly SearchTerm[],
  isCjk: boolean,
  shares: readonly number[],
  averageLength: number,
): Ranker {
  const patterns = terms.map((term) => patternOf(term, isCjk));
  const any = new RegExp(patterns.map(({ source }) => source).join('|'), 'gius');
  const folded = (text: string): string => (isCjk ? text : plain(text));
  // The weight of a term that is everywhere is small, but never none.
  const weights = shares.map((share) => Math.log(1 + (1 - share) / Math.max(share, 1e-9)) + 1e-6);
  return {
    score(text) {
      const from = folded(text);
      const length = B * (text.length / Math.max(1, averageLength)) + (1 - B);
      return patterns.reduce((sum, pattern, index) => {
        const count = from.match(pattern)?.length ?? 0;
        return sum + ((weights[index] ?? 0) * count * (K1 + 1)) / (count + K1 * length);
      }, 0);
    },
    snippet(text) {
      any.lastIndex = 0;
      const hit = any.exec(folded(text))?.index ?? 0;
      const start = Math.max(0, hit - SNIPPET_BEFORE);
      const end = Math.min(text.length, hit + SNIPPET_AFTER);
      const part = text.slice(start, end);
      any.lastIndex = 0;
      const shown: string[] = [];
      let at = 0;
      for (const { 0: found, index } of folded(part).matchAll(any)) {
        shown.push(part.slice(at, index), OPEN, part.slice(index, index + found.length), CLOSE);
        at = index + found.length;
      }
      return `${start > 0 ? '…' : ''}${shown.join('')}${part.slice(at)}${end < text.length ? '…' : ''}`;
    },
  };
}
