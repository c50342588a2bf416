import { and, asc, eq, inArray, lt, notInArray, sql } from 'drizzle-orm';
import type { MissionDatabase } from '../../db/open.ts';
import { notices } from '../../db/schema/notices.ts';

export type NoticeRow = typeof notices.$inferSelect;

/** The outbox. Every method is one statement. */
export function createNoticeLedger(db: MissionDatabase) {
  const waiting = eq(notices.status, 'waiting');
  return {
    /** What a receiver was told of before is not told again. */
    add(rows: readonly NoticeRow[]): void {
      if (rows.length > 0)
        db.insert(notices)
          .values([...rows])
          .onConflictDoNothing()
          .run();
    },

    /** The one that is to be tried next for a receiver, when its time has come. */
    nextFor(receiver: string): NoticeRow | undefined {
      return db
        .select()
        .from(notices)
        .where(and(waiting, eq(notices.receiver, receiver)))
        .orderBy(asc(notices.nextAttemptAt), sql`rowid`)
        .limit(1)
        .get();
    },

    update(id: string, change: Partial<Omit<NoticeRow, 'id'>>): void {
      db.update(notices).set(change).where(eq(notices.id, id)).run();
    },

    /** Those whose receiver is configured no more wait for nobody. */
    abandonOthers(receivers: readonly string[], endedAt: number): number {
      return db
        .update(notices)
        .set({ status: 'abandoned', endedAt, failure: 'the hook is configured no more' })
        .where(and(waiting, notInArray(notices.receiver, [...receivers])))
        .run().changes;
    },

    /** Takes away what ended before. */
    removeEndedBefore(at: number): void {
      db.delete(notices)
        .where(and(inArray(notices.status, ['delivered', 'abandoned']), lt(notices.endedAt, at)))
        .run();
    },
  };
}

export type NoticeLedger = ReturnType<typeof createNoticeLedger>;
