import { and, asc, desc, eq, inArray, like, ne, sql } from 'drizzle-orm';
import type { DeliveryId, Epoch, SlotId, TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { deliveries, tasks } from '../../db/schema/tasks.ts';

export type TaskRow = typeof tasks.$inferSelect;
export type DeliveryRow = typeof deliveries.$inferSelect;

/** Statuses of tasks that have not ended. */
const OPEN_STATUSES = ['queued', 'delivering', 'running', 'waiting'] as const;

/** Rows of tasks and of the deliveries that carried their prompts. Every method is one statement. */
export function createTaskLedger(db: MissionDatabase) {
  return {
    insert(row: TaskRow): void {
      db.insert(tasks).values(row).run();
    },

    update(id: TaskId, change: Partial<Omit<TaskRow, 'id'>>): void {
      db.update(tasks).set(change).where(eq(tasks.id, id)).run();
    },

    get(id: TaskId): TaskRow | undefined {
      return db.select().from(tasks).where(eq(tasks.id, id)).get();
    },

    /** At most two rows: enough to tell a unique prefix from an ambiguous one. */
    byPrefix(prefix: string): readonly TaskRow[] {
      // Only characters of a uuid reach the pattern, so % and _ cannot widen it.
      if (!/^[0-9a-f-]{1,36}$/i.test(prefix)) return [];
      return db
        .select()
        .from(tasks)
        .where(like(tasks.id, `${prefix.toLowerCase()}%`))
        .limit(2)
        .all();
    },

    /** Newest first; messages typed by `pty_send` are not tasks to the people who list them. */
    list(filter: { readonly status?: TaskRow['status']; readonly limit: number }): readonly TaskRow[] {
      const notMessage = ne(tasks.kind, 'message');
      return db
        .select()
        .from(tasks)
        .where(filter.status === undefined ? notMessage : and(notMessage, eq(tasks.status, filter.status)))
        .orderBy(desc(tasks.createdAt), desc(tasks.id))
        .limit(filter.limit)
        .all();
    },

    /** Oldest first, so that the queue is served in the order it was filled. */
    queued(): readonly TaskRow[] {
      return db
        .select()
        .from(tasks)
        .where(eq(tasks.status, 'queued'))
        .orderBy(asc(tasks.createdAt), sql`rowid`)
        .all();
    },

    open(): readonly TaskRow[] {
      return db
        .select()
        .from(tasks)
        .where(inArray(tasks.status, [...OPEN_STATUSES]))
        .orderBy(asc(tasks.createdAt), sql`rowid`)
        .all();
    },

    /** The task that a slot is working on, if any. */
    activeOn(slotId: SlotId): TaskRow | undefined {
      return db
        .select()
        .from(tasks)
        .where(and(eq(tasks.slotId, slotId), inArray(tasks.status, ['delivering', 'running', 'waiting'])))
        .get();
    },

    startDelivery(row: DeliveryRow): void {
      db.insert(deliveries).values(row).run();
    },

    updateDelivery(id: DeliveryId, change: Partial<Omit<DeliveryRow, 'id'>>): void {
      db.update(deliveries).set(change).where(eq(deliveries.id, id)).run();
    },

    /** The last delivery of a task in one run of a session. */
    deliveryOf(taskId: TaskId, epoch: Epoch): DeliveryRow | undefined {
      return db
        .select()
        .from(deliveries)
        .where(and(eq(deliveries.taskId, taskId), eq(deliveries.epoch, epoch)))
        .orderBy(desc(deliveries.createdAt))
        .get();
    },
  };
}

export type TaskLedger = ReturnType<typeof createTaskLedger>;
