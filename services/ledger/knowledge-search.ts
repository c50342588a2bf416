import { and, inArray, type SQL, sql } from 'drizzle-orm';
import type { MissionDatabase } from '../../db/open.ts';
import { knowledge } from '../../db/schema/knowledge.ts';
import { hasCjk } from '../conversations/cjk-letters.ts';
import { quoted, type SearchQuery, type SearchTerm } from '../conversations/search-query.ts';
import { wordsOf } from '../knowledge/similarity.ts';
import { type KnowledgeRow, within } from './knowledge-ledger.ts';
import { createLetterTerms } from './letter-terms.ts';

/** Among so many the best are chosen; of words that are in more entries than that, the newest. */
const POOL = 500;
/** As good as the words alone may be; the rest is how fresh and how used an entry is. */
const CANDIDATES = 200;
/** Shorter words would begin too many others. */
const LEAST_PREFIX = 4;
/** How much more a hit in the key tells than one in the detail. */
const WEIGHTS = { category: 2, key: 8, summary: 4, detail: 1 };
/** Of a prompt so many words are looked up, and the rarest looked for. */
const MOST_LOOKED_UP = 200;
const MOST_RARE = 12;
const HALF_FRESH_MS = 180 * 24 * 60 * 60_000;

export interface KnowledgeHit {
  readonly row: KnowledgeRow;
  /** Greater is better; comparable within one answer only. */
  readonly score: number;
}

/** Full-text search over what is known. */
export function createKnowledgeSearch(db: MissionDatabase) {
  const letters = createLetterTerms(db, 'knowledge_trigram_terms');

  /** How many entries have a word. */
  function entriesWith(word: string): number {
    const term = word.normalize('NFD').replace(/\p{M}/gu, '');
    return db.get<{ doc: number }>(sql`select doc from knowledge_terms where term = ${term}`)?.doc ?? 0;
  }

  /**
   * The words by which a text is found again: the rarest ones that are known, as many as lead to no more entries than are
   * looked at, and pairs of CJK letters. What is everywhere would hide the entries that are meant behind newer ones.
   */
  function telling(words: ReadonlySet<string>): {
    readonly rare: readonly string[];
    readonly pairs: readonly string[];
  } {
    const some = [...words].slice(0, MOST_LOOKED_UP);
    const known = some
      .filter((word) => !hasCjk(word))
      .map((word) => ({ word, entries: entriesWith(word) }))
      .filter(({ entries }) => entries > 0)
      .sort((a, b) => a.entries - b.entries)
      .slice(0, MOST_RARE);
    let looked = 0;
    const rare = known.filter(({ entries }) => {
      looked += entries;
      return looked <= POOL;
    });
    return { rare: rare.map(({ word }) => word), pairs: some.filter(hasCjk).slice(0, MOST_RARE) };
  }

  /** `orLonger`: words that begin so, too, where the term is long enough to be a beginning. */
  function matchOf({ text, isPrefix }: SearchTerm, isCjk: boolean, orLonger: boolean): string {
    if (isCjk) return letters(text);
    const canBegin = /^[\p{L}\p{N}]+$/u.test(text) && text.length >= LEAST_PREFIX;
    return isPrefix || (orLonger && canBegin) ? `${quoted(text)}*` : quoted(text);
  }

  function ranked(
    match: string,
    isCjk: boolean,
  ): readonly { readonly number: number; readonly rank: number }[] {
    if (isCjk) {
      return db.all(
        sql`select rowid as number, rank from knowledge_trigrams where knowledge_trigrams match ${match}
            and rowid >= coalesce((select rowid from knowledge_trigrams where knowledge_trigrams match ${match} order by rowid desc limit 1 offset ${POOL}), 0)
            order by rank limit ${CANDIDATES}`,
      );
    }
    return db.all(
      sql`select rowid as number, bm25(knowledge_words, ${WEIGHTS.category}, ${WEIGHTS.key}, ${WEIGHTS.summary}, ${WEIGHTS.detail}) as rank
          from knowledge_words where knowledge_words match ${match}
          and rowid >= coalesce((select rowid from knowledge_words where knowledge_words match ${match} order by rowid desc limit 1 offset ${POOL}), 0)
          order by rank limit ${CANDIDATES}`,
    );
  }

  function load(numbers: readonly number[], category: string | undefined): readonly KnowledgeRow[] {
    const filed: SQL | undefined = category === undefined ? undefined : within(category);
    return db
      .select()
      .from(knowledge)
      .where(and(inArray(knowledge.number, [...numbers]), filed))
      .all();
  }

  /** What was changed or used lately, and is sure, comes before what was not; the words count most. */
  function weigh({ updatedAt, lastAccessedAt, accessCount, confidence }: KnowledgeRow, now: number): number {
    const age = Math.max(0, now - Math.max(updatedAt, lastAccessedAt ?? 0));
    const fresh = 2 ** (-age / HALF_FRESH_MS);
    return (0.7 + 0.3 * fresh) * (1 + 0.05 * Math.log2(1 + accessCount)) * (0.5 + 0.5 * confidence);
  }

  function find(match: string, isCjk: boolean, category: string | undefined, now: number): KnowledgeHit[] {
    const hits = ranked(match, isCjk);
    const ranks = new Map(hits.map(({ number, rank }) => [number, rank]));
    return load([...ranks.keys()], category)
      .map((row) => ({ row, score: -(ranks.get(row.number) ?? 0) * weigh(row, now) }))
      .sort((a, b) => b.score - a.score || b.row.number - a.row.number);
  }

  return {
    /**
     * The entries in which all terms are, the best first; behind them, while there is room, those with words that begin
     * so (four letters and more), and those in which some of the terms are.
     */
    search(
      { terms, isCjk }: SearchQuery,
      {
        category,
        limit,
        now,
      }: { readonly category?: string | undefined; readonly limit: number; readonly now: number },
    ): readonly KnowledgeHit[] {
      // A filter in the index itself: what it leaves out takes no place among the candidates.
      const filed = category === undefined || isCjk ? '' : ` AND category : ${quoted(category)}`;
      const found = new Map<number, KnowledgeHit>();
      const add = (operator: 'AND' | 'OR', orLonger: boolean): void => {
        const match = terms.map((term) => matchOf(term, isCjk, orLonger)).join(` ${operator} `);
        for (const hit of find(`(${match})${filed}`, isCjk, category, now))
          if (!found.has(hit.row.number)) found.set(hit.row.number, hit);
      };
      add('AND', false);
      if (found.size < limit && !isCjk) add('AND', true);
      if (found.size < limit && terms.length > 1) add('OR', false);
      return [...found.values()].slice(0, limit);
    },

    /** Entries of a category that share the rarest words of a text: who may say the same. */
    like(words: ReadonlySet<string>, category: string, limit: number): readonly KnowledgeRow[] {
      const { rare, pairs } = telling(words);
      const found = [
        ...(rare.length === 0
          ? []
          : ranked(`(${rare.map(quoted).join(' OR ')}) AND category : ${quoted(category)}`, false)),
        ...(pairs.length === 0 ? [] : ranked(pairs.map(letters).join(' OR '), true)),
      ];
      return load([...new Set(found.map(({ number }) => number))], category).slice(0, limit);
    },

    /**
     * Entries that share words with a text, those with rare ones first. Words that are in very many tell nothing.
     * @returns each with the words that it has
     */
    bearingOn(
      words: ReadonlySet<string>,
      limit: number,
      now: number,
    ): readonly (KnowledgeHit & { readonly shared: readonly string[] })[] {
      const { rare, pairs } = telling(words);
      const found = new Map<number, KnowledgeHit>();
      const hits = [
        ...(rare.length === 0 ? [] : find(rare.map(quoted).join(' OR '), false, undefined, now)),
        ...(pairs.length === 0 ? [] : find(pairs.map(letters).join(' OR '), true, undefined, now)),
      ];
      for (const hit of hits) {
        const before = found.get(hit.row.number)?.score ?? 0;
        found.set(hit.row.number, { row: hit.row, score: before + hit.score });
      }
      return [...found.values()]
        .sort((a, b) => b.score - a.score)
        .slice(0, limit)
        .map((hit) => {
          const own = wordsOf(`${hit.row.key} ${hit.row.summary}`);
          return { ...hit, shared: [...rare, ...pairs].filter((word) => own.has(word)) };
        });
    },

    /**
     * Compares the full-text indexes with the rows.
     * @throws SqliteError `SQLITE_CORRUPT_VTAB` when they differ
     */
    checkIndex(): void {
      db.run(sql`insert into knowledge_words(knowledge_words, rank) values('integrity-check', 1)`);
      db.run(sql`insert into knowledge_trigrams(knowledge_trigrams, rank) values('integrity-check', 1)`);
    },
  };
}

export type KnowledgeSearch = ReturnType<typeof createKnowledgeSearch>;
