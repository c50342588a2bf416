import type { DialogBody } from './dialog-body.ts';

/** The sentence that asks, wherever it stands: a link of its own follows it (2.1.329), and a narrow window breaks it. */
const ASKS = /[^.:?]*\btrust\b[^.:?]*\?/i;

/** What a trust dialog asks; undefined when none of its words do. */
export const trustQuestion = (words: string): string | undefined =>
  ASKS.exec(words.replace(/\s+/g, ' '))?.[0]?.trim();

/**
 * The folder that it is about stands first, in a paragraph of its own. What a narrow window has broken at a blank is not
 * put together again: then the name is no longer that of the folder, and nobody takes it for that.
 */
export function trustBody(rows: readonly string[]): DialogBody {
  const texts = rows.map((row) => row.trim());
  const first = texts.findIndex((text) => text !== '');
  if (first < 0) return {};
  const length = texts.slice(first).indexOf('');
  const end = length < 0 ? texts.length : first + length;
  const notes = texts
    .slice(end)
    .filter((text) => text !== '')
    .join('\n');
  const argument = texts.slice(first, end).join('');
  return { argument, ...(notes === '' ? {} : { notes }) };
}
