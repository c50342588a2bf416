import { and, desc, eq, inArray } from 'drizzle-orm';
import type { Role, TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { inboxMessages } from '../../db/schema/tasks.ts';

/** What came back to the orchestrator, until it is marked read. */
export function createInbox(db: MissionDatabase) {
  return {
    add(message: { taskId: TaskId; fromRole: Role; content: string; createdAt: number }): void {
      db.insert(inboxMessages)
        .values({ ...message, read: false })
        .run();
    },

    /** Newest first. */
    list(filter: { readonly unreadOnly: boolean; readonly limit: number }) {
      return db
        .select()
        .from(inboxMessages)
        .where(filter.unreadOnly ? eq(inboxMessages.read, false) : undefined)
        .orderBy(desc(inboxMessages.id))
        .limit(filter.limit)
        .all();
    },

    /** @returns how many messages were unread before */
    markRead(ids: readonly number[] | 'all'): number {
      const unread = eq(inboxMessages.read, false);
      return db
        .update(inboxMessages)
        .set({ read: true })
        .where(ids === 'all' ? unread : and(unread, inArray(inboxMessages.id, [...ids])))
        .run().changes;
    },
  };
}

export type Inbox = ReturnType<typeof createInbox>;
