import { sql } from 'drizzle-orm';
import type { MissionDatabase } from '../../db/open.ts';
import { hasCjk } from '../conversations/cjk-letters.ts';
import { quoted, type SearchQuery } from '../conversations/search-query.ts';
import { wordsOf } from '../knowledge/similarity.ts';
import type { KnowledgeRow } from './knowledge-ledger.ts';
import { createKnowledgeRanking, POOL, type RankedEntry, type Wanted } from './knowledge-ranking.ts';
import { createKnowledgeRows } from './knowledge-rows.ts';
import { createLetterTerms } from './letter-terms.ts';

/** A term that is in more entries tells little beside one that is in fewer. */
const FREQUENT = 1_000;
/** One word, quoted; shorter ones would begin too many others. */
const CAN_BEGIN = /^"[\p{L}\p{N}]{4,}"$/u;
/** Of a prompt so many words are looked up, and the rarest looked for. */
const MOST_LOOKED_UP = 200;
const MOST_RARE = 12;

export interface KnowledgeHit {
  readonly row: KnowledgeRow;
  /** Greater is better; comparable within one answer only. */
  readonly score: number;
}

/** Full-text search over what is known. */
export function createKnowledgeSearch(db: MissionDatabase) {
  const letters = createLetterTerms(db, 'knowledge_trigram_terms');

  const ranking = createKnowledgeRanking(db);
  const entries = createKnowledgeRows(db);

  /**
   * The words by which a text is found again: the rarest ones that are known, as many as lead to no more entries than are
   * looked at, and pairs of CJK letters. What is everywhere would hide the entries that are meant behind newer ones.
   */
  function telling(
    words: ReadonlySet<string>,
    isLate: () => boolean = () => false,
  ): {
    readonly rare: readonly string[];
    readonly pairs: readonly string[];
  } {
    const some = [...words].slice(0, MOST_LOOKED_UP);
    const known = some
      .filter((word) => !hasCjk(word))
      .map((word) => ({ word, entries: isLate() ? 0 : ranking.entriesWith(quoted(word), POOL + 1) }))
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

  /** From what is surely meant to what may be. */
  function* waysToMatch({ terms, isCjk }: SearchQuery): Generator<Wanted, void, undefined> {
    /** Ranked by the terms that tell something. */
    const joined = (
      matches: readonly string[],
      operator: 'AND' | 'OR',
      telling: readonly string[],
    ): Wanted => ({
      match: `(${matches.join(` ${operator} `)})`,
      rankedBy: telling.length === 0 ? null : telling.join(` ${operator} `),
      terms: terms.map(({ text }) => text),
    });
    if (isCjk) {
      const all = terms.map(({ text }) => letters(text));
      yield joined(all, 'AND', all);
      if (all.length > 1) yield joined(all, 'OR', all);
      return;
    }
    const counted = (match: string) => ({ match, entries: ranking.entriesWith(match, FREQUENT + 1) });
    const isRare = ({ entries }: { readonly entries: number }): boolean => entries <= FREQUENT;
    const matchOf = ({ match }: { readonly match: string }): string => match;

    const exact = terms.map(({ text, isPrefix }) => counted(`${quoted(text)}${isPrefix ? '*' : ''}`));
    const plain = exact.map(matchOf);
    const rare = exact.filter(isRare).map(matchOf);
    yield joined(plain, 'AND', rare);
    const longer = exact.map((term) =>
      isRare(term) && CAN_BEGIN.test(term.match) ? counted(`${term.match}*`) : term,
    );
    if (longer.some(({ entries }, at) => entries !== exact[at]?.entries))
      yield joined(longer.map(matchOf), 'AND', longer.filter(isRare).map(matchOf));
    if (plain.length > 1) yield joined(rare.length === 0 ? plain : rare, 'OR', rare);
  }

  /** The entries themselves, in the same order. */
  function load(ranked: readonly RankedEntry[], limit: number): readonly KnowledgeHit[] {
    const best = ranked.slice(0, limit);
    const scoreOf = new Map(best.map(({ number, score }) => [number, score]));
    return entries(best.map(({ number }) => number)).map((row) => ({
      row,
      score: scoreOf.get(row.number) ?? 0,
    }));
  }

  /** By words or, where there are any, by CJK letters; what both find counts for both. */
  function sharing(
    { rare, pairs }: ReturnType<typeof telling>,
    options: { readonly category: string | undefined; readonly limit: number; readonly now: number },
  ): readonly RankedEntry[] {
    const { category } = options;
    const words = rare.map(quoted).join(' OR ');
    const three = pairs.map(letters).join(' OR ');
    const filed = category === undefined ? words : `(${words}) AND category : ${quoted(category)}`;
    const found = [
      ...(rare.length === 0
        ? []
        : ranking.ranked('words', { match: filed, rankedBy: words, terms: rare }, options)),
      ...(pairs.length === 0
        ? []
        : ranking.ranked('letters', { match: three, rankedBy: three, terms: pairs }, options)),
    ];
    const scores = new Map<number, number>();
    for (const { number, score } of found) scores.set(number, (scores.get(number) ?? 0) + score);
    return [...scores]
      .map(([number, score]) => ({ number, score }))
      .sort((a, b) => b.score - a.score || b.number - a.number);
  }

  return {
    /**
     * The entries in which all terms are, the best first; behind them, while there is room, those with words that begin
     * so (four letters and more), and those in which some of the terms are.
     */
    search(
      query: SearchQuery,
      {
        category,
        limit,
        now,
      }: { readonly category?: string | undefined; readonly limit: number; readonly now: number },
    ): readonly KnowledgeHit[] {
      // A filter in the index itself: what it leaves out takes no place among the candidates.
      const filed = category === undefined || query.isCjk ? '' : ` AND category : ${quoted(category)}`;
      const found = new Map<number, RankedEntry>();
      for (const way of waysToMatch(query)) {
        if (found.size >= limit) break;
        const wanted = { ...way, match: `${way.match}${filed}` };
        for (const entry of ranking.ranked(query.isCjk ? 'letters' : 'words', wanted, {
          category,
          limit,
          now,
        }))
          if (!found.has(entry.number)) found.set(entry.number, entry);
      }
      return load([...found.values()], limit);
    },

    /** Entries of a category that share the rarest words of a text: who may say the same. */
    like(words: ReadonlySet<string>, category: string, limit: number, now: number): readonly KnowledgeRow[] {
      return load(sharing(telling(words), { category, limit, now }), limit).map(({ row }) => row);
    },

    /**
     * Entries that share words with a text, those with rare ones first. Words that are in very many tell nothing.
     * @param isLate looked at between the steps, each of which is short: nothing more is looked for once it is
     * @returns each with the words that it has
     */
    bearingOn(
      words: ReadonlySet<string>,
      limit: number,
      now: number,
      isLate: () => boolean = () => false,
    ): readonly (KnowledgeHit & { readonly shared: readonly string[] })[] {
      const { rare, pairs } = telling(words, isLate);
      if (isLate()) return [];
      const ranked = sharing({ rare, pairs }, { category: undefined, limit, now });
      if (isLate()) return [];
      return load(ranked, limit).map((hit) => {
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
