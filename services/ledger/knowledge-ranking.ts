import { type SQL, sql } from 'drizzle-orm';
import type { MissionDatabase } from '../../db/open.ts';
import { knowledge } from '../../db/schema/knowledge.ts';
import { isWithin } from '../knowledge/category.ts';

/** Among so many the best are chosen; of words that are in more entries than that, the newest. */
export const POOL = 300;
/** So many times what is wanted is chosen by the words alone; the rest is how fresh and how used an entry is. */
const CANDIDATES_EACH = 3;
/** How much more a hit in the key tells than one in the detail. */
const WEIGHTS = { category: 2, key: 8, summary: 4, detail: 1 };
const HALF_FRESH_MS = 180 * 24 * 60 * 60_000;

/** The full-text index of words, or the one of three letters for what no blank divides. */
export type KnowledgeIndex = 'words' | 'letters';

export interface RankedEntry {
  readonly number: number;
  /** Greater is better; comparable within one answer only. */
  readonly score: number;
}

/** What is looked for, in FTS5's language. */
export interface Wanted {
  /** Which entries are meant. */
  readonly match: string;
  /**
   * By what they are ranked, entries without it last. To rank by a term takes FTS5 through every entry that has it: one
   * that is nearly everywhere costs much and tells little. Null where all are like that: then it counts where they stand.
   */
  readonly rankedBy: string | null;
  readonly terms: readonly string[];
}

/** Entries of a list of numbers, which is bound as JSON. */
export const amongNumbers = sql`${knowledge.number} in (select value from json_each(${sql.placeholder('numbers')}))`;

type Weighed = Pick<
  typeof knowledge.$inferSelect,
  'number' | 'key' | 'summary' | 'updatedAt' | 'lastAccessedAt' | 'accessCount' | 'confidence'
>;

/** What was changed or used lately, and is sure, comes before what was not; the words count most. */
function weigh({ updatedAt, lastAccessedAt, accessCount, confidence }: Weighed, now: number): number {
  const age = Math.max(0, now - Math.max(updatedAt, lastAccessedAt ?? 0));
  const fresh = 2 ** (-age / HALF_FRESH_MS);
  return (0.7 + 0.3 * fresh) * (1 + 0.05 * Math.log2(1 + accessCount)) * (0.5 + 0.5 * confidence);
}

/** How much the places tell in which the terms stand. */
function placed({ key, summary }: Weighed, terms: readonly string[]): number {
  const [inKey, inSummary] = [key.toLowerCase(), summary.toLowerCase()];
  return terms.reduce(
    (sum, term) =>
      sum +
      (inKey.includes(term) ? WEIGHTS.key : inSummary.includes(term) ? WEIGHTS.summary : WEIGHTS.detail),
    0,
  );
}

function prepare(db: MissionDatabase, table: SQL, rank: SQL) {
  const match = sql`${table} match ${sql.placeholder('match')}`;
  const number = sql<number>`rowid`.as('number');
  return {
    count: db
      .select({ many: sql<number>`count(*)` })
      .from(sql`(select 1 from ${table} where ${match} limit ${sql.placeholder('most')})`)
      .prepare(),
    pool: db.select({ number }).from(table).where(match).orderBy(sql`rowid desc`).limit(POOL).prepare(),
    // The plus: each row is looked up in the pool, and not each of the pool in the index, which would begin anew.
    ranks: db
      .select({ number, rank: sql<number>`${rank}`.as('bm25') })
      .from(table)
      .where(
        sql`${match} and rowid between ${sql.placeholder('first')} and ${sql.placeholder('last')}
            and +rowid in (select value from json_each(${sql.placeholder('pool')}))`,
      )
      .orderBy(sql`bm25`)
      .limit(sql.placeholder('most'))
      .prepare(),
  };
}

/** Finds entries by the full-text indexes, in a time that what is known does not stretch. */
export function createKnowledgeRanking(db: MissionDatabase) {
  const statements = {
    words: prepare(
      db,
      sql`knowledge_words`,
      sql`bm25(knowledge_words, ${WEIGHTS.category}, ${WEIGHTS.key}, ${WEIGHTS.summary}, ${WEIGHTS.detail})`,
    ),
    letters: prepare(db, sql`knowledge_trigrams`, sql`bm25(knowledge_trigrams)`),
  } satisfies Record<KnowledgeIndex, unknown>;

  const { number, key, summary, category, updatedAt, lastAccessedAt, accessCount, confidence } = knowledge;
  const columns = { number, key, summary, category, updatedAt, lastAccessedAt, accessCount, confidence };
  const byNumbers = db.select(columns).from(knowledge).where(amongNumbers).prepare();
  function weighed(numbers: readonly number[], wanted: string | undefined): readonly Weighed[] {
    const rows = byNumbers.all({ numbers: JSON.stringify(numbers) });
    return wanted === undefined ? rows : rows.filter((row) => isWithin(row.category, wanted));
  }

  return {
    /** How many entries match, counted no further than `most`. */
    entriesWith: (match: string, most: number): number =>
      statements.words.count.get({ match, most })?.many ?? 0,

    /** The best of the newest that match, the best first; a few more than `limit`. */
    ranked(
      index: KnowledgeIndex,
      { match, rankedBy, terms }: Wanted,
      {
        category,
        limit,
        now,
      }: { readonly category: string | undefined; readonly limit: number; readonly now: number },
    ): readonly RankedEntry[] {
      const { pool, ranks } = statements[index];
      const numbers = pool.all({ match }).map(({ number }) => number);
      const [last, first] = [numbers[0], numbers.at(-1)];
      if (last === undefined || first === undefined) return [];
      const scored = (rows: readonly Weighed[], relevance: (row: Weighed) => number) =>
        rows
          .map((row) => ({ number: row.number, score: relevance(row) * weigh(row, now) }))
          .sort((a, b) => b.score - a.score || b.number - a.number);
      if (rankedBy === null) {
        const lower = terms.map((term) => term.toLowerCase());
        return scored(weighed(numbers, category), (row) => placed(row, lower));
      }
      const most = limit * CANDIDATES_EACH;
      const found = ranks.all({ match: rankedBy, first, last, pool: JSON.stringify(numbers), most });
      const rankOf = new Map(found.map(({ number, rank }) => [number, rank]));
      const unranked = numbers.filter((number) => !rankOf.has(number));
      const candidates = [...rankOf.keys(), ...unranked].slice(0, most);
      return scored(weighed(candidates, category), ({ number }) => -(rankOf.get(number) ?? 0));
    },
  };
}
