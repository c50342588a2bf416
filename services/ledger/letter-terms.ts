import { sql } from 'drizzle-orm';
import type { MissionDatabase } from '../../db/open.ts';
import { quoted } from '../conversations/search-query.ts';

/** So many beginnings of three are looked for. */
const MOST_EXPANSIONS = 64;
const LETTERS_INDEXED = 3;

/**
 * How a term is looked for in an index of three letters: one of fewer letters is in no such index, but those that begin
 * with it are.
 * @param vocabulary the `fts5vocab` table of that index
 */
export function createLetterTerms(db: MissionDatabase, vocabulary: string): (term: string) => string {
  return (term) => {
    if ([...term].length >= LETTERS_INDEXED) return quoted(term);
    const lower = term.toLowerCase();
    const found = db.all<{ term: string }>(
      sql`select term from ${sql.identifier(vocabulary)} where term >= ${lower} and term < ${`${lower}\u{10ffff}`} limit ${MOST_EXPANSIONS}`,
    );
    return found.length === 0 ? quoted(term) : `(${found.map((row) => quoted(row.term)).join(' OR ')})`;
  };
}
