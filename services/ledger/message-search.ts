import { and, asc, desc, eq, gt, gte, inArray, lt, ne, sql } from 'drizzle-orm';
import type { SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { conversationMessages, conversationSlots, conversations } from '../../db/schema/conversations.ts';
import { createRanker, type Ranker } from '../conversations/rank.ts';
import { quoted, type SearchQuery, type SearchTerm } from '../conversations/search-query.ts';
import { createLetterTerms } from './letter-terms.ts';
import { conditionOf, type MessageFilter, type Range, rangesOf } from './message-filter.ts';
import { messageTrigrams, messageWords } from './message-indexes.ts';

/** The newest hits, among which the best are chosen: a word that is everywhere has hundreds of thousands. */
const POOL = 300;
/** Hits that are looked at for one page, when filters leave few of them. */
const WINDOW = 1_000;
const MOST_WINDOWS = 4;
/** As many as a page holds at most: what is in the pool must not depend on which page is asked for. */
const LEAST_POOL = 100;
/** The newest hits of a term tell how frequent it is. */
const SAMPLE = 100;
/** All hits of so many messages are looked up at once. */
const SHORT_RANGE = 20_000;
/** Of what stands around a hit. */
const NEIGHBOUR_CHARACTERS = 300;
/** Of a message, roughly. */
const AVERAGE_CHARACTERS = 400;

/** Where a page begins: in the pool of hits before a message, so many further down. */
export interface SearchCursor {
  readonly before: number;
  readonly offset: number;
}

export interface SearchHit {
  readonly id: number;
  readonly conversationId: number;
  readonly name: string;
  readonly project: string | null;
  readonly slotId: SlotId | null;
  readonly role: typeof conversationMessages.$inferSelect.role;
  readonly at: number | null;
  readonly snippet: string;
  readonly score: number;
}

export interface SearchPage {
  readonly hits: readonly SearchHit[];
  readonly next: SearchCursor | null;
}

/** Calls of every search, prepared once. */
function prepareStatements(db: MissionDatabase) {
  const value = sql.placeholder;
  // Numbers come as floating ones, which FTS5 takes for no bound at all: it would look at every hit.
  const integer = (name: string) => sql`cast(${value(name)} as integer)`;
  const { id, conversationId, role, at, text } = conversationMessages;
  const hits = (index: typeof messageWords | typeof messageTrigrams, name: string, order: typeof asc) =>
    db
      .select({ id: index.id })
      .from(index)
      .where(
        and(
          sql`${sql.raw(name)} match ${value('match')}`,
          gte(index.id, integer('from')),
          lt(index.id, integer('before')),
        ),
      )
      .orderBy(order(index.id))
      .limit(value('limit'))
      .prepare();
  const neighbours = (isAfter: boolean) =>
    db
      .select({ id, role, at, text: sql<string>`substr(${text}, 1, ${NEIGHBOUR_CHARACTERS})` })
      .from(conversationMessages)
      .where(
        and(
          eq(conversationId, value('conversationId')),
          isAfter ? gt(id, value('id')) : lt(id, value('id')),
          ne(text, ''),
        ),
      )
      .orderBy(isAfter ? asc(id) : desc(id))
      .limit(value('count'))
      .prepare();
  return {
    words: { desc: hits(messageWords, 'message_words', desc), asc: hits(messageWords, 'message_words', asc) },
    trigrams: {
      desc: hits(messageTrigrams, 'message_trigrams', desc),
      asc: hits(messageTrigrams, 'message_trigrams', asc),
    },
    before: neighbours(false),
    after: neighbours(true),
  };
}

/** Full-text search over what was said. */
export function createMessageSearch(db: MissionDatabase) {
  const { id, conversationId, role, at, text } = conversationMessages;
  const statements = prepareStatements(db);

  const letters = createLetterTerms(db, 'message_trigram_terms');

  function matchOf(term: SearchTerm, isCjk: boolean): string {
    if (isCjk) return letters(term.text);
    return term.isPrefix ? `${quoted(term.text)}*` : quoted(term.text);
  }

  /** The newest hits first. Stops as soon as there are enough: that a word is frequent costs nothing. */
  function newest(match: string, isCjk: boolean, { from, before }: Range, limit: number): number[] {
    const { asc: upwards, desc: downwards } = isCjk ? statements.trigrams : statements.words;
    // Downwards, FTS5 walks from the last message on; upwards it leaps to the first one of the range.
    if (before - from > SHORT_RANGE)
      return downwards.all({ match, from, before, limit }).map((hit) => hit.id);
    const hits = upwards.all({ match, from, before, limit: SHORT_RANGE }).map((hit) => hit.id);
    return hits.reverse().slice(0, limit);
  }

  function load(among: readonly number[], filter: MessageFilter) {
    return db
      .select({
        id,
        conversationId,
        name: conversations.name,
        project: conversations.project,
        slotId: conversationSlots.slotId,
        role,
        at,
        text,
      })
      .from(conversationMessages)
      .innerJoin(conversations, eq(conversations.id, conversationId))
      .leftJoin(conversationSlots, eq(conversationSlots.sessionId, conversations.sessionId))
      .where(
        and(inArray(id, sql`(select value from json_each(${JSON.stringify(among)}))`), conditionOf(filter)),
      )
      .orderBy(desc(id))
      .limit(POOL)
      .all();
  }

  /** How frequent a term is, by how close together its newest hits lie. */
  function shareOf(match: string, isCjk: boolean, last: number): number {
    const hits = newest(match, isCjk, { from: 0, before: last + 1 }, SAMPLE);
    const span = last - (hits.length === SAMPLE ? (hits.at(-1) ?? 0) : 0) + 1;
    return Math.min(1, hits.length / Math.max(1, span));
  }

  function rankerOf({ terms, isCjk }: SearchQuery, last: number): Ranker {
    // The order of hits of a single term does not depend on how frequent it is.
    const shares = terms.map((term) =>
      terms.length === 1 ? 0.01 : shareOf(matchOf(term, isCjk), isCjk, last),
    );
    return createRanker(terms, isCjk, shares, AVERAGE_CHARACTERS);
  }

  /** The newest hits in some ranges, which come in that order, too. */
  function newestIn(ranges: readonly Range[], match: string, isCjk: boolean, lowest: number, limit: number) {
    const hits: number[] = [];
    for (const { from, before } of ranges) {
      if (hits.length >= limit) break;
      hits.push(...newest(match, isCjk, { from, before: Math.min(before, lowest) }, limit - hits.length));
    }
    return hits;
  }

  /** The newest hits before a message that the filters leave. `lowest`: from there on nothing was looked at. */
  function gather(match: string, isCjk: boolean, filter: MessageFilter, before: number) {
    const isFiltered = Object.values(filter).some((value) => value !== undefined);
    const window = isFiltered ? WINDOW : POOL;
    const pool: ReturnType<typeof load> = [];
    // What is rare is all in the first window; of what is frequent only the messages of the conversations meant are looked at.
    let ranges: readonly Range[] = [{ from: 0, before }];
    let lowest = before;
    for (let windows = 0; windows < MOST_WINDOWS && pool.length < LEAST_POOL; windows += 1) {
      if (windows === 1) ranges = rangesOf(db, filter) ?? ranges;
      const hits = newestIn(ranges, match, isCjk, lowest, window);
      const loaded = load(hits, filter);
      pool.push(...loaded);
      if (hits.length < window && loaded.length < POOL) return { pool, lowest: 0, isAll: true };
      // A window may hold more than a pool takes: it is gone on from there.
      lowest = (loaded.length === POOL ? loaded.at(-1)?.id : hits.at(-1)) ?? 0;
    }
    return { pool, lowest, isAll: false };
  }

  return {
    /**
     * The messages in which all terms are: of the newest ones the best first, then of those before them. What filters
     * leave out is not counted, but looked at: a page may hold fewer than there are, and says where to go on.
     */
    search(
      query: SearchQuery,
      filter: MessageFilter,
      limit: number,
      cursor: SearchCursor | null,
    ): SearchPage {
      const last =
        db.get<{ last: number | null }>(sql`select max(id) as last from conversation_messages`)?.last ?? 0;
      const { before, offset } = cursor ?? { before: last + 1, offset: 0 };
      const match = query.terms.map((term) => matchOf(term, query.isCjk)).join(' ');
      const { pool, lowest, isAll } = gather(match, query.isCjk, filter, before);
      const ranker = rankerOf(query, last);
      const ranked = pool
        .map((row) => ({ row, score: ranker.score(row.text) }))
        .sort((a, b) => b.score - a.score || b.row.id - a.row.id);
      const hits = ranked.slice(offset, offset + limit).map(({ row: { text: whole, ...row }, score }) => ({
        ...row,
        score,
        snippet: ranker.snippet(whole),
      }));
      if (offset + limit < pool.length) return { hits, next: { before, offset: offset + limit } };
      return { hits, next: isAll ? null : { before: lowest, offset: 0 } };
    },

    /** What was said just before and after a message in its conversation. */
    around(hit: Pick<SearchHit, 'id' | 'conversationId'>, count: number) {
      const of = { conversationId: hit.conversationId, id: hit.id, count };
      return { before: statements.before.all(of).reverse(), after: statements.after.all(of) };
    },
  };
}

export type MessageSearch = ReturnType<typeof createMessageSearch>;
