import type { MissionDatabase } from '../../db/open.ts';
import type { Prices } from '../../services/conversations/prices.ts';
import { parseQuery } from '../../services/conversations/search-query.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import {
  type BlobRow,
  type ConversationRow,
  createConversationLedger,
} from '../../services/ledger/conversation-ledger.ts';
import { createMessageSearch } from '../../services/ledger/message-search.ts';
import { createTokenLedger } from '../../services/ledger/token-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { Conversations } from './api.ts';
import { conversationView, eventView, messageView, rawMessageView } from './conversation-views.ts';
import { createIngestCare, type IngestCareDependencies } from './ingest-care.ts';
import { tokenStats } from './token-stats.ts';
import type { MessageView } from './views.ts';

export interface ConversationsDependencies {
  readonly core: Pick<MissionCore, 'bus' | 'logger' | 'now'>;
  readonly db: MissionDatabase;
  readonly startIngest: IngestCareDependencies['startIngest'];
  /** Told what the same thread sees of Claude Code's own task lists. */
  readonly taskWatch: IngestCareDependencies['taskWatch'];
  /** Dollars for tokens, as they count now. */
  readonly prices: () => Prices;
}

/** Four of the largest images: one answer carries no more. */
const MOST_AT_ONCE_BYTES = 8 * 1024 * 1024;

/** `12:34`, as a page says where the next one begins. */
function pairOf(cursor: string | undefined): readonly [number, number] | null {
  if (cursor === undefined) return null;
  const [, first, second] = /^(\d{1,16}):(\d{1,16})$/.exec(cursor) ?? [];
  if (first !== undefined && second !== undefined) return [Number(first), Number(second)];
  throw new MissionError('input_invalid', 'The cursor is not one of ours.', {
    remedy: 'Take `next` of the page before, or leave it out.',
  });
}

/** Conversations: read from transcripts by a thread of its own, shown and searched here. */
export function createConversations({ core, db, startIngest, taskWatch, prices }: ConversationsDependencies) {
  const { now } = core;
  const ledger = createConversationLedger(db, now);
  const messages = createMessageSearch(db);
  const tokens = createTokenLedger(db);
  const ingest = createIngestCare({ startIngest, taskWatch, bus: core.bus, logger: core.logger, now });
  const viewOf = (row: ConversationRow) => conversationView(row, now());

  function unknown(what: string): MissionError {
    return new MissionError('conversation_unknown', what, {
      remedy: 'mission_conversation_list names them; mission_conversation_status says whether all is read.',
    });
  }

  function conversation(name: string): ConversationRow {
    const [found, another] = ledger.find(name);
    if (found === undefined) throw unknown(`There is no conversation ${JSON.stringify(name)}.`);
    if (another !== undefined) throw unknown(`Several conversations begin with ${JSON.stringify(name)}.`);
    return found;
  }

  /** With what is kept of its parts, as far as one answer carries it. */
  function wholeMessage(
    { id, name }: ConversationRow,
    messageId: number,
    only: number | undefined,
  ): MessageView {
    const message = ledger.message(id, messageId);
    if (message === undefined) throw unknown(`The conversation ${name} has no message ${messageId}.`);
    const parts = ledger.partsOf([messageId]);
    const whole = new Map<number, BlobRow>();
    let room = MOST_AT_ONCE_BYTES;
    for (const { position, blobId } of parts) {
      if (blobId === null || (only !== undefined && only !== position)) continue;
      room -= ledger.blobSize(blobId);
      const blob = room < 0 ? undefined : ledger.blob(blobId);
      if (blob === undefined) break;
      whole.set(position, blob);
    }
    return rawMessageView(message, parts, whole);
  }

  const operations: Conversations = {
    list(filter, { limit, cursor }) {
      const pair = pairOf(cursor);
      const after = pair === null ? null : { lastAt: pair[0], id: pair[1] };
      const rows = ledger.list(filter, limit + 1, after);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const isMore = rows.length > limit && last !== undefined;
      return {
        conversations: page.map(viewOf),
        ...(isMore ? { next: `${last.lastAt ?? 0}:${last.id}` } : {}),
      };
    },

    get(sessionId, { tail, sinceId, includeRaw, messageId, part }) {
      const row = conversation(sessionId);
      if (messageId !== undefined)
        return {
          conversation: viewOf(row),
          messages: [wholeMessage(row, messageId, part)],
          subagents: ledger.subagents(row.id).map(viewOf),
        };
      const said = ledger.messages(row.id, tail, sinceId ?? null);
      const parts = includeRaw ? ledger.partsOf(said.map(({ id }) => id)) : [];
      return {
        conversation: viewOf(row),
        messages: said.map((message) =>
          includeRaw
            ? rawMessageView(
                message,
                parts.filter(({ messageId }) => messageId === message.id),
              )
            : messageView(message),
        ),
        subagents: ledger.subagents(row.id).map(viewOf),
      };
    },

    search({ query, limit, context, cursor, ...filter }) {
      const parsed = parseQuery(query);
      if (parsed === null)
        throw new MissionError('input_invalid', `There is no word in ${JSON.stringify(query)}.`, {
          remedy: 'Name at least one word; quote several that stand side by side.',
        });
      const pair = pairOf(cursor);
      const { hits, next } = messages.search(
        parsed,
        filter,
        limit,
        pair === null ? null : { before: pair[0], offset: pair[1] },
      );
      const results = hits.map((hit) => {
        const near = messages.around(hit, context);
        const shown = ({ id, role, text }: (typeof near.before)[number]) => ({ id, role, content: text });
        return {
          id: hit.id,
          sessionId: hit.name,
          role: hit.role,
          content: hit.snippet,
          score: hit.score,
          before: near.before.map(shown),
          after: near.after.map(shown),
          ...(hit.project === null ? {} : { project: hit.project }),
          ...(hit.slotId === null ? {} : { slotId: hit.slotId }),
          ...(hit.at === null ? {} : { timestamp: hit.at }),
        };
      });
      return { results, ...(next === null ? {} : { next: `${next.before}:${next.offset}` }) };
    },

    events(sessionId, { type, limit }) {
      const row = conversation(sessionId);
      return ledger.events(row.id, type, limit).map((event) => eventView(event, row.name));
    },

    lineTypes: () => ({
      summary: ledger.lineTypes().map(({ type, count }) => ({ eventType: type, count })),
      brokenLines: ledger.brokenLines(),
    }),

    trajectory(toolUseId, limit) {
      const row = ledger.begunBy(toolUseId);
      if (row === undefined) throw unknown(`No subagent is known that the call ${toolUseId} began.`);
      return { conversation: viewOf(row), messages: ledger.beginning(row.id, limit).map(messageView) };
    },

    tokens: (filter, group) => tokenStats(tokens.count(filter, group), group, prices()),
    progress: ingest.progress,
    onRead: ingest.onRead,
    look() {
      ingest.look();
      return ingest.progress();
    },
  };
  return { operations, start: ingest.start, close: ingest.close };
}
