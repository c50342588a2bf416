import { and, asc, desc, eq, gt, gte, inArray, lt, ne, type SQL, sql } from 'drizzle-orm';
import type { SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { conversationMessages, conversationSlots, conversations } from '../../db/schema/conversations.ts';
import { createRanker, type Ranker } from '../conversations/rank.ts';
import { quoted, type SearchQuery, type SearchTerm } from '../conversations/search-query.ts';
import { inConversation, inProject } from './conversation-conditions.ts';

/** The newest hits, among which the best are chosen: a word that is everywhere has hundreds of thousands. */
const POOL = 500;
/** Hits that are looked at for one page, when filters leave few of them. */
const WINDOW = 2_000;
const MOST_WINDOWS = 4;
/** As many as a page holds at most: what is in the pool must not depend on which page is asked for. */
const LEAST_POOL = 100;
/** The newest hits of a term tell how frequent it is. */
const SAMPLE = 100;
/** Of a term of one or two CJK letters, so many beginnings of three are looked for. */
const MOST_EXPANSIONS = 64;
/** Roughly what is between two messages of a conversation that were read at the same time. */
const AVERAGE_CHARACTERS = 400;

/** Which messages are meant; what is left out means all. Times are epoch milliseconds, `until` is not included. */
export interface MessageFilter {
  /** The name of a conversation; subagents of a session are in it. */
  readonly sessionId?: string | undefined;
  readonly excludeSessionId?: string | undefined;
  readonly project?: string | undefined;
  readonly slotId?: SlotId | undefined;
  readonly role?: typeof conversationMessages.$inferSelect.role | undefined;
  readonly model?: string | undefined;
  readonly tool?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

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

interface Range {
  readonly from: number;
  readonly before: number;
}

/** Full-text search over what was said. */
export function createMessageSearch(db: MissionDatabase) {
  const { id, conversationId, role, model, at, text } = conversationMessages;

  const ids = (query: SQL): number[] => db.all<{ id: number }>(query).map((row) => row.id);

  /** A term of fewer than three letters is in no index of three: those that begin with it are. */
  function expanded(term: string): string {
    const lower = term.toLowerCase();
    const found = db.all<{ term: string }>(
      sql`select term from message_trigram_terms where term >= ${lower} and term < ${`${lower}\u{10ffff}`} limit ${MOST_EXPANSIONS}`,
    );
    return found.length === 0 ? quoted(term) : `(${found.map((row) => quoted(row.term)).join(' OR ')})`;
  }

  function matchOf(term: SearchTerm, isCjk: boolean): string {
    if (isCjk) return [...term.text].length < 3 ? expanded(term.text) : quoted(term.text);
    return term.isPrefix ? `${quoted(term.text)}*` : quoted(term.text);
  }

  /** The newest hits first. Stops as soon as there are enough: that a word is frequent costs nothing. */
  function newest(match: string, isCjk: boolean, { from, before }: Range, limit: number): number[] {
    return isCjk
      ? ids(
          sql`select rowid as id from message_trigrams where message_trigrams match ${match} and rowid >= ${from} and rowid < ${before} order by rowid desc limit ${limit}`,
        )
      : ids(
          sql`select rowid as id from message_words where message_words match ${match} and rowid >= ${from} and rowid < ${before} order by rowid desc limit ${limit}`,
        );
  }

  function condition(filter: MessageFilter): SQL | undefined {
    const { sessionId, excludeSessionId, project, slotId, tool } = filter;
    return and(
      sessionId === undefined ? undefined : inConversation(sessionId),
      excludeSessionId === undefined ? undefined : sql`not ${inConversation(excludeSessionId)}`,
      project === undefined ? undefined : inProject(project),
      slotId === undefined ? undefined : eq(conversationSlots.slotId, slotId),
      filter.role === undefined ? undefined : eq(role, filter.role),
      filter.model === undefined
        ? undefined
        : sql`coalesce(${model}, ${conversations.model}) = ${filter.model}`,
      filter.since === undefined ? undefined : gte(at, filter.since),
      filter.until === undefined ? undefined : lt(at, filter.until),
      tool === undefined
        ? undefined
        : sql`exists (select 1 from message_parts p join message_parts c on c.tool_use_id = p.tool_use_id and c.tool = ${tool} where p.message_id = ${id})`,
    );
  }

  /** Where the messages of a conversation lie, so that those of others need not be looked at. */
  function rangeOf(filter: MessageFilter, before: number): Range {
    if (filter.sessionId === undefined) return { from: 0, before };
    const end = (which: 'min' | 'max'): SQL =>
      sql.raw(
        `${which}((select ${which}(m.id) from conversation_messages m where m.conversation_id = conversations.id))`,
      );
    const row = db.get<{ from: number | null; to: number | null }>(
      sql`select ${end('min')} as "from", ${end('max')} as "to" from conversations where ${inConversation(filter.sessionId)}`,
    );
    return { from: row?.from ?? 0, before: Math.min(before, (row?.to ?? -1) + 1) };
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
        and(inArray(id, sql`(select value from json_each(${JSON.stringify(among)}))`), condition(filter)),
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
      const isFiltered = Object.values(filter).some((value) => value !== undefined);
      const window = isFiltered ? WINDOW : POOL;
      const range = rangeOf(filter, before);
      const pool: ReturnType<typeof load> = [];
      let lowest = range.before;
      let isAll = false;
      for (let windows = 0; windows < MOST_WINDOWS && pool.length < LEAST_POOL && !isAll; windows += 1) {
        const hits = newest(match, query.isCjk, { from: range.from, before: lowest }, window);
        const loaded = load(hits, filter);
        pool.push(...loaded);
        isAll = hits.length < window && loaded.length < POOL;
        // A window may hold more than a pool takes: it is gone on from there.
        lowest = (loaded.length === POOL ? loaded.at(-1)?.id : hits.at(-1)) ?? range.from;
      }
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
      const neighbours = (isAfter: boolean) =>
        db
          .select({ id, role, at, text: sql<string>`substr(${text}, 1, 300)` })
          .from(conversationMessages)
          .where(
            and(
              eq(conversationId, hit.conversationId),
              isAfter ? gt(id, hit.id) : lt(id, hit.id),
              ne(text, ''),
            ),
          )
          .orderBy(isAfter ? asc(id) : desc(id))
          .limit(count)
          .all();
      return { before: neighbours(false).reverse(), after: neighbours(true) };
    },
  };
}

export type MessageSearch = ReturnType<typeof createMessageSearch>;
