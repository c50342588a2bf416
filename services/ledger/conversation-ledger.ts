import { and, asc, desc, eq, gt, gte, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import type { SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import {
  blobs,
  conversationEvents,
  conversationMessages,
  conversationSlots,
  conversations,
  messageParts,
  transcriptFiles,
  transcriptLineTypes,
} from '../../db/schema/conversations.ts';
import { inProject, titleOf } from './conversation-conditions.ts';

export type MessageRow = typeof conversationMessages.$inferSelect;
export type MessagePartRow = typeof messageParts.$inferSelect;
/** All of a part, where the message has only its beginning. */
export type BlobRow = Pick<typeof blobs.$inferSelect, 'mediaType' | 'content'>;
export type ConversationEventRow = typeof conversationEvents.$inferSelect;
export type ConversationRow = typeof conversations.$inferSelect & {
  readonly slotId: SlotId | null;
  /** The name of the conversation that it belongs to. */
  readonly parent: string | null;
  /** The beginning of what was said first. */
  readonly title: string | null;
};

/** `active`: something was said lately; `compacted`: it was summed up to make room; else `completed`. */
export type ConversationStatus = 'active' | 'compacted' | 'completed';

export interface ConversationFilter {
  readonly status?: ConversationStatus | undefined;
  readonly project?: string | undefined;
  readonly slotId?: SlotId | undefined;
  /** Those of subagents as well. */
  readonly withAgents: boolean;
}

/** Where a page of the list begins: behind the conversation of that time and id. */
export interface ConversationCursor {
  readonly lastAt: number;
  readonly id: number;
}

/** A conversation in which nothing was said for so long has ended, until somebody goes on with it. */
export const ENDED_AFTER_MS = 10 * 60_000;

/** What was said, to be read. Every method is a few statements. */
export function createConversationLedger(db: MissionDatabase, now: () => number) {
  const { id, name, sessionId, parentId, lastAt, compactions, messageCount } = conversations;
  const sortedBy = sql<number>`coalesce(${lastAt}, 0)`;

  const rows = () =>
    db
      .select({
        conversation: conversations,
        slotId: conversationSlots.slotId,
        parent: sql<string | null>`(select p.name from conversations p where p.id = ${parentId})`,
        title: titleOf(id),
      })
      .from(conversations)
      .leftJoin(conversationSlots, eq(conversationSlots.sessionId, sessionId));
  type Row = ReturnType<ReturnType<typeof rows>['all']>[number];
  const flat = ({ conversation, ...more }: Row): ConversationRow => ({ ...conversation, ...more });

  function hasStatus(status: ConversationStatus): SQL | undefined {
    const since = now() - ENDED_AFTER_MS;
    if (status === 'active') return gte(lastAt, since);
    const ended = or(isNull(lastAt), lt(lastAt, since));
    return and(ended, status === 'compacted' ? gt(compactions, 0) : eq(compactions, 0));
  }

  return {
    /** The last one first. */
    list(
      filter: ConversationFilter,
      limit: number,
      after: ConversationCursor | null,
    ): readonly ConversationRow[] {
      return rows()
        .where(
          and(
            gt(messageCount, 0),
            filter.withAgents ? undefined : isNull(parentId),
            filter.status === undefined ? undefined : hasStatus(filter.status),
            filter.project === undefined ? undefined : inProject(filter.project),
            filter.slotId === undefined ? undefined : eq(conversationSlots.slotId, filter.slotId),
            after === null ? undefined : sql`(${sortedBy}, ${id}) < (${after.lastAt}, ${after.id})`,
          ),
        )
        .orderBy(desc(sortedBy), desc(id))
        .limit(limit)
        .all()
        .map(flat);
    },

    /** By its name, or the beginning of it; two at most. */
    find(beginning: string): readonly ConversationRow[] {
      const exact = rows().where(eq(name, beginning)).all();
      if (exact.length > 0) return exact.map(flat);
      return rows()
        .where(and(gte(name, beginning), lt(name, `${beginning}\u{10ffff}`), isNull(parentId)))
        .limit(2)
        .all()
        .map(flat);
    },

    subagents(conversationId: number): readonly ConversationRow[] {
      return rows().where(eq(parentId, conversationId)).orderBy(asc(id)).all().map(flat);
    },

    /** What a call of a tool has begun. */
    begunBy(toolUseId: string): ConversationRow | undefined {
      const row = rows().where(eq(conversations.parentToolUseId, toolUseId)).get();
      return row === undefined ? undefined : flat(row);
    },

    /** The last messages, or those after one; in their order. */
    messages(conversationId: number, limit: number, since: number | null): readonly MessageRow[] {
      const of = eq(conversationMessages.conversationId, conversationId);
      if (since !== null)
        return db
          .select()
          .from(conversationMessages)
          .where(and(of, gt(conversationMessages.id, since)))
          .orderBy(asc(conversationMessages.id))
          .limit(limit)
          .all();
      return db
        .select()
        .from(conversationMessages)
        .where(of)
        .orderBy(desc(conversationMessages.id))
        .limit(limit)
        .all()
        .reverse();
    },

    /** The first messages, in their order. */
    beginning(conversationId: number, limit: number): readonly MessageRow[] {
      return db
        .select()
        .from(conversationMessages)
        .where(eq(conversationMessages.conversationId, conversationId))
        .orderBy(asc(conversationMessages.id))
        .limit(limit)
        .all();
    },

    /** In the order of the messages, then in theirs. */
    partsOf(messageIds: readonly number[]): readonly MessagePartRow[] {
      return db
        .select()
        .from(messageParts)
        .where(inArray(messageParts.messageId, [...messageIds]))
        .orderBy(asc(messageParts.messageId), asc(messageParts.position))
        .all();
    },

    /** One of its messages. */
    message(conversationId: number, messageId: number): MessageRow | undefined {
      return db
        .select()
        .from(conversationMessages)
        .where(
          and(
            eq(conversationMessages.conversationId, conversationId),
            eq(conversationMessages.id, messageId),
          ),
        )
        .get();
    },

    /** What is kept beside messages; bytes that one takes. */
    blobSize(blobId: number): number {
      const size = sql<number>`length(${blobs.content})`;
      return db.select({ size }).from(blobs).where(eq(blobs.id, blobId)).get()?.size ?? 0;
    },

    blob(blobId: number): BlobRow | undefined {
      const { mediaType, content } = blobs;
      return db.select({ mediaType, content }).from(blobs).where(eq(blobs.id, blobId)).get();
    },

    /** The last events, newest first. */
    events(conversationId: number, type: string | undefined, limit: number): readonly ConversationEventRow[] {
      return db
        .select()
        .from(conversationEvents)
        .where(
          and(
            eq(conversationEvents.conversationId, conversationId),
            type === undefined ? undefined : eq(conversationEvents.type, type),
          ),
        )
        .orderBy(desc(conversationEvents.id))
        .limit(limit)
        .all();
    },

    /** Lines of all transcripts by their type, those included of which nothing else is kept; most first. */
    lineTypes(): readonly { readonly type: string; readonly count: number }[] {
      const total = sql<number>`sum(${transcriptLineTypes.count})`;
      return db
        .select({ type: transcriptLineTypes.type, count: total })
        .from(transcriptLineTypes)
        .groupBy(transcriptLineTypes.type)
        .orderBy(desc(total))
        .all();
    },

    brokenLines(): number {
      const row = db
        .select({ count: sql<number>`coalesce(sum(${transcriptFiles.brokenLines}), 0)` })
        .from(transcriptFiles)
        .get();
      return row?.count ?? 0;
    },
  };
}

export type ConversationLedger = ReturnType<typeof createConversationLedger>;
