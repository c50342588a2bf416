import { and, asc, desc, eq, gt, gte, inArray, lt, ne, sql } from 'drizzle-orm';
import type { SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { conversationMessages, conversationSlots, conversations } from '../../db/schema/conversations.ts';
import { createRanker } from '../conversations/rank.ts';
import { quoted, type SearchQuery, type SearchTerm } from '../conversations/search-query.ts';
import { createBeginningTerms } from './beginning-terms.ts';
import { createLetterTerms } from './letter-terms.ts';
import { conditionOf, type MessageFilter, type Range, rangesOf } from './message-filter.ts';
import { messageTrigrams, messageWords } from './message-indexes.ts';

/** The newest hits, among which the best are chosen: a word that is everywhere has hundreds of thousands. */
const POOL = 200;
/** Hits that are looked at for one page, when filters leave few of them. */
const WINDOW = 1_000;
const MOST_WINDOWS = 4;
/** As many as a page holds at most: what is in the pool must not depend on which page is asked for. */
const LEAST_POOL = 100;
/** The newest hits of a term tell how frequent it is. */
const SAMPLE = 100;
const SINGLE_SHARE = 0.01;
/** A term with fewer hits is rare. */
const RARE = 5_000;
/** All hits of so many messages are looked up at once. */
const SHORT_RANGE = 20_000;
/** Conversations up to which each is leapt to by itself. */
const FEW_RANGES = 20;
/** Hits whose numbers alone are looked at. */
const LOOKED_AT = 5_000;
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

/** The newest hits of a range, the newest first. */
type Look = (range: Range, limit: number) => readonly number[];

/** Hits of one look, the newest first. */
interface Found {
  readonly hits: readonly number[];
  /** What is older than this was not looked at. */
  readonly lowest: number;
  /** Nothing older is left. */
  readonly isAll: boolean;
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
  const beginnings = createBeginningTerms(db, 'message_word_terms');

  function matchOf(term: SearchTerm, isCjk: boolean): string {
    if (isCjk) return letters(term.text);
    return term.isPrefix ? beginnings(term.text) : quoted(term.text);
  }

  /** Stops as soon as there are enough: that a word is frequent costs nothing. */
  function newestOf(match: string, isCjk: boolean): Look {
    const { asc: upwards, desc: downwards } = isCjk ? statements.trigrams : statements.words;
    return ({ from, before }, limit) => {
      // Downwards, FTS5 walks from the last message on; upwards it leaps to the first one of the range.
      if (before - from > SHORT_RANGE)
        return downwards.all({ match, from, before, limit }).map((hit) => hit.id);
      const hits = upwards.all({ match, from, before, limit: SHORT_RANGE }).map((hit) => hit.id);
      return hits.reverse().slice(0, limit);
    };
  }

  /** The same where a term is rare: all there are at once, since upwards FTS5 leaps from hit to hit of that one. */
  function newestOfFew(match: string, isCjk: boolean): Look {
    const { asc: upwards } = isCjk ? statements.trigrams : statements.words;
    const all = upwards.all({ match, from: 0, before: Number.MAX_SAFE_INTEGER, limit: SHORT_RANGE });
    // Rarer among the newest than among the others.
    if (all.length === SHORT_RANGE) return newestOf(match, isCjk);
    const hits = all.map((hit) => hit.id).reverse();
    return ({ from, before }, limit) => hits.filter((hit) => hit >= from && hit < before).slice(0, limit);
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
    const hits = newestOf(match, isCjk)({ from: 0, before: last + 1 }, SAMPLE);
    const span = last - (hits.length === SAMPLE ? (hits.at(-1) ?? 0) : 0) + 1;
    return Math.min(1, hits.length / Math.max(1, span));
  }

  /** The order of hits of a single term does not depend on how frequent it is. */
  const sharesOf = (matches: readonly string[], isCjk: boolean, last: number): readonly number[] =>
    matches.length === 1 ? [SINGLE_SHARE] : matches.map((match) => shareOf(match, isCjk, last));

  /** The newest hits before a message. */
  function newestOfAll(look: Look, before: number, limit: number): Found {
    const hits = look({ from: 0, before }, limit);
    return { hits, lowest: hits.at(-1) ?? 0, isAll: hits.length < limit };
  }

  /** The newest hits in some ranges, which come in that order, too: each is leapt to. */
  function newestInEach(ranges: readonly Range[], look: Look, before: number, limit: number): Found {
    const hits: number[] = [];
    for (const { from, before: end } of ranges) {
      if (hits.length >= limit) break;
      hits.push(...look({ from, before: Math.min(end, before) }, limit - hits.length));
    }
    return { hits, lowest: hits.at(-1) ?? 0, isAll: hits.length < limit };
  }

  /** The same where the ranges are many: to leap to each costs more than to look at hits that lie between them. */
  function newestAmong(ranges: readonly Range[], look: Look, before: number, limit: number): Found {
    const looked = newestOfAll(look, before, LOOKED_AT);
    let at = 0;
    const within = looked.hits.filter((hit) => {
      while ((ranges[at]?.from ?? 0) > hit) at += 1;
      const range = ranges[at];
      return range !== undefined && hit >= range.from && hit < range.before;
    });
    const hits = within.slice(0, limit);
    if (hits.length < within.length) return { hits, lowest: hits.at(-1) ?? 0, isAll: false };
    if (looked.isAll || hits.length >= LEAST_POOL) return { ...looked, hits };
    const older = newestInEach(ranges, look, looked.lowest, limit - hits.length);
    return { ...older, hits: [...hits, ...older.hits] };
  }

  const newestIn = (ranges: readonly Range[], look: Look, before: number, limit: number): Found =>
    (ranges.length > FEW_RANGES ? newestAmong : newestInEach)(ranges, look, before, limit);

  /** The newest hits before a message that the filters leave. `lowest`: from there on nothing was looked at. */
  function gather(look: Look, filter: MessageFilter, before: number) {
    const isFiltered = Object.values(filter).some((value) => value !== undefined);
    const window = isFiltered ? WINDOW : POOL;
    const pool: ReturnType<typeof load> = [];
    // What is rare is all in the first window; of what is frequent only the messages of the conversations meant are looked at.
    let ranges: readonly Range[] | null | undefined;
    let lowest = before;
    const further = (): Found => {
      if (ranges != null) return newestIn(ranges, look, lowest, window);
      const found = newestOfAll(look, lowest, window);
      if (found.isAll || ranges === null) return found;
      ranges = rangesOf(db, filter);
      return ranges === null ? found : newestIn(ranges, look, lowest, window);
    };
    for (let windows = 0; windows < MOST_WINDOWS && pool.length < LEAST_POOL; windows += 1) {
      const found = further();
      const loaded = load(found.hits, filter);
      pool.push(...loaded);
      if (found.isAll && loaded.length < POOL) return { pool, lowest: 0, isAll: true };
      // A window may hold more than a pool takes: it is gone on from there.
      lowest = loaded.length === POOL ? (loaded.at(-1)?.id ?? 0) : found.lowest;
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
      const { terms, isCjk } = query;
      const matches = terms.map((term) => matchOf(term, isCjk));
      const shares = sharesOf(matches, isCjk, last);
      const isRare = matches.length > 1 && Math.min(...shares) * last < RARE;
      const look = (isRare ? newestOfFew : newestOf)(matches.join(' AND '), isCjk);
      const { pool, lowest, isAll } = gather(look, filter, before);
      const ranker = createRanker(terms, isCjk, shares, AVERAGE_CHARACTERS);
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
