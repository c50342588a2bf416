import { hasCjk } from './cjk-letters.ts';

/** Nobody types more; each term costs. */
const MOST_TERMS = 20;
/** With fewer letters a beginning is one of half the words there are. */
const LEAST_BEGINNING = 3;
/** A quoted phrase, or what stands between blanks. */
const TERM = /"([^"]*)"?|([^\s"]+)/g;
const LETTERS = /[\p{L}\p{N}]/u;

export interface SearchTerm {
  readonly text: string;
  /** Written with a `*` behind it. */
  readonly isPrefix: boolean;
}

export interface SearchQuery {
  readonly terms: readonly SearchTerm[];
  /** Some of it is Chinese, Japanese or Korean: it is looked for by three letters, anywhere in a text. */
  readonly isCjk: boolean;
}

/** What is looked for: all of the words, quoted ones side by side. Null when there is none. */
export function parseQuery(text: string): SearchQuery | null {
  const terms: SearchTerm[] = [];
  // FTS5 reads no further than a NUL, and would miss the end of what is quoted.
  for (const [, phrase, word] of text.replaceAll('\0', ' ').matchAll(TERM)) {
    const term = (phrase ?? word ?? '').replace(/\*+$/, '');
    const isPrefix = word?.endsWith('*') === true && term.length >= LEAST_BEGINNING;
    if (LETTERS.test(term)) terms.push({ text: term, isPrefix });
  }
  return terms.length === 0 ? null : { terms: terms.slice(0, MOST_TERMS), isCjk: hasCjk(text) };
}

/** As FTS5 takes a text for nothing but words. */
export const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
