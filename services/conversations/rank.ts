import type { SearchTerm } from './search-query.ts';

/** The usual parameters of BM25. */
const K1 = 1.2;
const B = 0.75;
const LETTER = /[\p{L}\p{N}]/u;
const SNIPPET_BEFORE = 60;
const SNIPPET_AFTER = 160;
const OPEN = '>>>';
const CLOSE = '<<<';

/** Small letters without accents. What would become longer or shorter by it stays: places are those of the text. */
function folded(text: string): string {
  const small = text.toLowerCase();
  const same = small.length === text.length ? small : text;
  // Nearly every text: nothing to take away.
  if (!/[\u00c0-\u024f\u1e00-\u1eff]/.test(same)) return same;
  return same.replace(/[\u00c0-\u024f\u1e00-\u1eff]/g, (letter) => letter.normalize('NFD').charAt(0));
}

function isLetter(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  // The alphabets of most words, without asking the tables of Unicode.
  if (code < 0x80)
    return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a);
  return LETTER.test(text.charAt(index));
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/** The next place of a term in a folded text, from an index on. */
type FindTerm = (text: string, from: number) => Place | null;

/** Where words end that stand side by side from an index on; null when others do. */
function endOf(words: readonly string[], isPrefix: boolean, text: string, start: number): number | null {
  let at = start;
  for (const [index, word] of words.entries()) {
    if (index > 0) while (at < text.length && !isLetter(text, at)) at += 1;
    if (!text.startsWith(word, at)) return null;
    at += word.length;
    const mayGoOn = isPrefix && index === words.length - 1;
    if (!mayGoOn && at < text.length && isLetter(text, at)) return null;
  }
  return at;
}

/** Finds a term as the index does: whole words side by side, whatever stands between them; CJK anywhere in a text. */
function createFinder({ text: term, isPrefix }: SearchTerm, isCjk: boolean): FindTerm {
  const small = folded(term);
  const words = isCjk ? [small] : (small.match(/[\p{L}\p{N}]+/gu) ?? []);
  const [first = ''] = words;
  return (text, from) => {
    if (first === '') return null;
    for (let start = text.indexOf(first, from); start !== -1; start = text.indexOf(first, start + 1)) {
      if (isCjk) return { start, end: start + first.length };
      if (start > 0 && isLetter(text, start - 1)) continue;
      const end = endOf(words, isPrefix, text, start);
      if (end !== null) return { start, end };
    }
    return null;
  };
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
  const finders = terms.map((term) => createFinder(term, isCjk));
  // The weight of a term that is everywhere is small, but never none.
  const weights = shares.map((share) => Math.log(1 + (1 - share) / Math.max(share, 1e-9)) + 1e-6);

  function countOf(find: FindTerm, text: string): number {
    let count = 0;
    for (let place = find(text, 0); place !== null; place = find(text, place.end)) count += 1;
    return count;
  }

  /** The first place of any term. */
  function nextOf(text: string, from: number): Place | null {
    return finders
      .map((find) => find(text, from))
      .reduce(
        (best, place) => (place !== null && (best === null || place.start < best.start) ? place : best),
        null,
      );
  }

  return {
    score(text) {
      const from = folded(text);
      const length = B * (text.length / Math.max(1, averageLength)) + (1 - B);
      return finders.reduce((sum, find, index) => {
        const count = countOf(find, from);
        return sum + ((weights[index] ?? 0) * count * (K1 + 1)) / (count + K1 * length);
      }, 0);
    },
    snippet(text) {
      const whole = folded(text);
      const start = Math.max(0, (nextOf(whole, 0)?.start ?? 0) - SNIPPET_BEFORE);
      const end = Math.min(text.length, start + SNIPPET_BEFORE + SNIPPET_AFTER);
      const shown: string[] = [];
      let at = start;
      for (
        let place = nextOf(whole, start);
        place !== null && place.end <= end;
        place = nextOf(whole, place.end)
      ) {
        shown.push(text.slice(at, place.start), OPEN, text.slice(place.start, place.end), CLOSE);
        at = place.end;
      }
      return `${start > 0 ? '…' : ''}${shown.join('')}${text.slice(at, end)}${end < text.length ? '…' : ''}`;
    },
  };
}
