import { sql } from 'drizzle-orm';
import type { MissionDatabase } from '../../db/open.ts';
import { quoted } from '../conversations/search-query.ts';

/** Words of one beginning that are looked for by themselves: each takes some 10 µs to find, and as much to follow. */
const MOST_WORDS = 500;
/** What the index keeps just as it is written, but for its case: anything else is cut or folded there. */
const KEPT_AS_WRITTEN = /^[a-z0-9]+$/i;

/**
 * How a beginning is looked for. FTS5 makes one list of all messages in which a word of that beginning is, before it gives
 * the first (30 ms for one that is in each of a million); of words joined by OR it gives the newest at once. So the words
 * are taken from the index, leaping from one to the next.
 * @param vocabulary the `fts5vocab` table of that index, of the kind `instance`: it counts nothing
 */
export function createBeginningTerms(db: MissionDatabase, vocabulary: string): (beginning: string) => string {
  const next = db
    .select({ term: sql<string>`term` })
    .from(sql`${sql.identifier(vocabulary)}`)
    .where(sql`term >= ${sql.placeholder('from')}`)
    .limit(1)
    .prepare();

  /** Null when they are too many. */
  function wordsWith(beginning: string): readonly string[] | null {
    const words: string[] = [];
    let word = next.get({ from: beginning })?.term;
    while (word?.startsWith(beginning) === true) {
      if (words.length === MOST_WORDS) return null;
      words.push(word);
      // The least that comes after it.
      word = next.get({ from: `${word}\0` })?.term;
    }
    return words;
  }

  return (beginning) => {
    const words = KEPT_AS_WRITTEN.test(beginning) ? wordsWith(beginning.toLowerCase()) : null;
    if (words === null || words.length === 0) return `${quoted(beginning)}*`;
    return `(${words.map(quoted).join(' OR ')})`;
  };
}
