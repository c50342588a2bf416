import { and, eq, inArray, isNotNull, lt, notExists, sql } from 'drizzle-orm';
import { atOnce } from '../../db/at-once.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { claudeTaskLists } from '../../db/schema/claude-tasks.ts';
import {
  blobs,
  conversationEvents,
  conversationMessages,
  conversations,
  messageParts,
} from '../../db/schema/conversations.ts';

/** Rows that go in one transaction: others write in between. */
const AT_ONCE = 200;

/**
 * Takes away what is too old. What was used and what it cost stays.
 * @param standBack called before each transaction: may wait for somebody who must not
 */
export function createConversationRetention(db: MissionDatabase, standBack: () => void = () => {}) {
  const inTransaction = (work: () => number): number => {
    standBack();
    return atOnce(db, work);
  };
  const changesOf = ({ changes }: { readonly changes: number }): number => changes;

  return {
    /**
     * Forgets some of what was said in conversations that ended before a moment (epoch milliseconds).
     * @returns how much went; 0 when nothing is left to go
     */
    forgetBefore(moment: number): number {
      const old = db
        .select({ id: conversations.id })
        .from(conversations)
        .where(lt(conversations.lastAt, moment));
      return inTransaction(() => {
        const { id } = conversationMessages;
        const said = db
          .select({ id })
          .from(conversationMessages)
          .where(inArray(conversationMessages.conversationId, old))
          .limit(AT_ONCE);
        const messages = changesOf(db.delete(conversationMessages).where(inArray(id, said)).run());
        if (messages > 0) return messages;
        const happened = db
          .select({ id: conversationEvents.id })
          .from(conversationEvents)
          .where(inArray(conversationEvents.conversationId, old))
          .limit(AT_ONCE);
        const events = changesOf(
          db.delete(conversationEvents).where(inArray(conversationEvents.id, happened)).run(),
        );
        db.update(conversations)
          .set({ messageCount: 0 })
          .where(and(inArray(conversations.id, old), sql`${conversations.messageCount} > 0`))
          .run();
        const lists = changesOf(
          db.delete(claudeTaskLists).where(lt(claudeTaskLists.changedAt, moment)).run(),
        );
        return events + lists;
      });
    },

    /**
     * Forgets some of the long results and images of messages before a moment; their beginnings stay.
     * @returns how many; 0 when none is left to go
     */
    forgetLongBefore(moment: number): number {
      return inTransaction(() => {
        const kept = db
          .selectDistinct({ id: messageParts.messageId })
          .from(messageParts)
          .innerJoin(conversationMessages, eq(conversationMessages.id, messageParts.messageId))
          .where(and(isNotNull(messageParts.blobId), lt(conversationMessages.at, moment)))
          .limit(AT_ONCE);
        return changesOf(
          db.update(messageParts).set({ blobId: null }).where(inArray(messageParts.messageId, kept)).run(),
        );
      });
    },

    /** Takes away some of what no message has any more. */
    dropUnused(): number {
      return inTransaction(() => {
        const used = db.select({ one: sql`1` }).from(messageParts).where(eq(messageParts.blobId, blobs.id));
        const unused = db.select({ id: blobs.id }).from(blobs).where(notExists(used)).limit(AT_ONCE);
        return changesOf(db.delete(blobs).where(inArray(blobs.id, unused)).run());
      });
    },
  };
}

export type ConversationRetention = ReturnType<typeof createConversationRetention>;
