import { and, asc, desc, eq, inArray, isNotNull, isNull, like, lte, max, ne, or, sql } from 'drizzle-orm';
import { atOnce } from '../../db/at-once.ts';
import type { DeliveryId, Epoch, SlotId, TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { attempts, deliveries, taskDependencies, tasks } from '../../db/schema/tasks.ts';

export type TaskRow = typeof tasks.$inferSelect;
export type DeliveryRow = typeof deliveries.$inferSelect;

/** Statuses of tasks that a slot was given and that have not ended. */
const BEGUN_STATUSES: TaskRow['status'][] = ['delivering', 'running', 'waiting'];
const OPEN_STATUSES: TaskRow['status'][] = ['queued', ...BEGUN_STATUSES];
/** Statuses of deliveries whose words stand in the session, or may. */
const GIVEN_STATUSES: DeliveryRow['status'][] = ['typed', 'submitted', 'answered'];
/** A task that was begun by a version without attempts has deliveries of the first. */
const ofLatestAttempt = sql`${deliveries.attempt} = coalesce((select max(${attempts.number}) from ${attempts} where ${attempts.taskId} = ${deliveries.taskId}), 1)`;
/** While its result is checked a task is no matter of its session. */
const notChecked = or(isNull(tasks.waitingFor), ne(tasks.waitingFor, 'check'));
/** SQLite's own key: grows with every insert. */
const rowid = sql<number>`rowid`;

/** Rows of tasks and of the deliveries that carried their prompts. Every method is one statement. */
export function createTaskLedger(db: MissionDatabase) {
  return {
    /** A task with the tasks that it depends on. */
    insert(row: TaskRow, dependsOn: readonly TaskId[] = []): void {
      atOnce(db, () => {
        db.insert(tasks).values(row).run();
        if (dependsOn.length === 0) return;
        const edges = dependsOn.map((id, place) => ({ taskId: row.id, dependsOn: id, place }));
        db.insert(taskDependencies).values(edges).run();
      });
    },

    byIdempotencyKey(submitter: string, key: string): TaskRow | undefined {
      return db
        .select()
        .from(tasks)
        .where(and(eq(tasks.submitter, submitter), eq(tasks.idempotencyKey, key)))
        .get();
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

    /** Open tasks whose deadline has come. */
    overdue(now: number): readonly TaskId[] {
      return db
        .select({ id: tasks.id })
        .from(tasks)
        .where(and(inArray(tasks.status, OPEN_STATUSES), lte(tasks.deadlineAt, now)))
        .all()
        .map(({ id }) => id);
    },

    /** Tasks that a slot was given and that have not ended, oldest first. */
    begun(): readonly TaskRow[] {
      return db
        .select()
        .from(tasks)
        .where(and(inArray(tasks.status, BEGUN_STATUSES), isNotNull(tasks.slotId)))
        .orderBy(asc(tasks.createdAt), rowid)
        .all();
    },

    /** Tasks that no other slot may do and that have not ended, oldest first. */
    openFor(slotId: SlotId): readonly TaskId[] {
      return db
        .select({ id: tasks.id })
        .from(tasks)
        .where(and(eq(tasks.pinnedSlotId, slotId), inArray(tasks.status, OPEN_STATUSES)))
        .orderBy(asc(tasks.createdAt), rowid)
        .all()
        .map(({ id }) => id);
    },

    /** The task of a slot that ended last; messages are none, nor is what one submitter has handed in. */
    lastEndedOf(slotId: SlotId, butOf: string): TaskRow | undefined {
      return db
        .select()
        .from(tasks)
        .where(
          and(
            or(eq(tasks.slotId, slotId), eq(tasks.pinnedSlotId, slotId)),
            ne(tasks.kind, 'message'),
            ne(tasks.submitter, butOf),
            isNotNull(tasks.finishedAt),
          ),
        )
        .orderBy(desc(tasks.finishedAt), desc(rowid))
        .limit(1)
        .get();
    },

    /** When a slot last began with something, messages included; null when it never has. */
    lastBegunOn(slotId: SlotId): number | null {
      return (
        db
          .select({ at: max(tasks.startedAt) })
          .from(tasks)
          .where(eq(tasks.slotId, slotId))
          .get()?.at ?? null
      );
    },

    /** The task that a slot is working on, if any. */
    activeOn(slotId: SlotId): TaskRow | undefined {
      return db
        .select()
        .from(tasks)
        .where(and(eq(tasks.slotId, slotId), inArray(tasks.status, BEGUN_STATUSES), notChecked))
        .get();
    },

    startDelivery(row: DeliveryRow): void {
      db.insert(deliveries).values(row).run();
    },

    updateDelivery(id: DeliveryId, change: Partial<Omit<DeliveryRow, 'id'>>): void {
      db.update(deliveries).set(change).where(eq(deliveries.id, id)).run();
    },

    /**
     * The last delivery of the task's latest attempt, when that was in this run of a session: what it is being given, or
     * was given. One that was refused counts only when there is no other.
     */
    deliveryOf(taskId: TaskId, epoch: Epoch): DeliveryRow | undefined {
      return db
        .select()
        .from(deliveries)
        .where(and(eq(deliveries.taskId, taskId), eq(deliveries.epoch, epoch), ofLatestAttempt))
        .orderBy(eq(deliveries.status, 'refused'), desc(deliveries.createdAt), desc(rowid))
        .get();
    },

    /** The deliveries of the task's latest attempt whose words the run of the session has, or may have; newest first. */
    givenDeliveries(taskId: TaskId, epoch: Epoch): readonly DeliveryRow[] {
      return db
        .select()
        .from(deliveries)
        .where(
          and(
            eq(deliveries.taskId, taskId),
            eq(deliveries.epoch, epoch),
            inArray(deliveries.status, GIVEN_STATUSES),
            ofLatestAttempt,
          ),
        )
        .orderBy(desc(deliveries.createdAt), desc(rowid))
        .all();
    },

    /** The deliveries of all attempts whose words some session has, or may have. */
    everGiven(taskId: TaskId): readonly DeliveryRow[] {
      return db
        .select()
        .from(deliveries)
        .where(and(eq(deliveries.taskId, taskId), inArray(deliveries.status, GIVEN_STATUSES)))
        .orderBy(asc(deliveries.createdAt), rowid)
        .all();
    },
  };
}

export type TaskLedger = ReturnType<typeof createTaskLedger>;
