import { and, asc, count, desc, eq, gt, isNull, min, ne, or, type SQL, sql } from 'drizzle-orm';
import type { Role, SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { tasks } from '../../db/schema/tasks.ts';
import type { TaskRow } from './task-ledger.ts';

/** What is needed of a task to find a slot for it: thousands may wait, with long prompts. */
export interface QueuedTask
  extends Pick<
    TaskRow,
    'id' | 'role' | 'pinnedSlotId' | 'lastSlotId' | 'createdAt' | 'priority' | 'submitter' | 'requires'
  > {
  /** Of two tasks of one millisecond the one that came first has the lower one. */
  readonly place: number;
}

export interface QueueWindow {
  /** Epoch milliseconds; tasks from before are left out. */
  readonly since: number;
  /** How many of each submitter. */
  readonly limit: number;
  /** What the slot has: tasks that require more are left out. */
  readonly traits: readonly string[];
}

/** SQLite's own key: grows with every insert. */
const place = sql<number>`rowid`;

/** The queue as the dispatcher reads it: along an index, and no more of it than can matter. */
export function createQueueLedger(db: MissionDatabase) {
  /** Those of whom something is queued. One look into the index for each: it is not walked through. */
  function submittersOf(fits: SQL | undefined): readonly string[] {
    const found: string[] = [];
    const nextAfter = (last: string | undefined): string | null => {
      const beyond = last === undefined ? undefined : gt(tasks.submitter, last);
      const row = db
        .select({ submitter: min(tasks.submitter) })
        .from(tasks)
        .where(and(eq(tasks.status, 'queued'), fits, beyond))
        .get();
      return row?.submitter ?? null;
    };
    for (let next = nextAfter(undefined); next !== null; next = nextAfter(next)) found.push(next);
    return found;
  }

  function firstOf(submitter: string, fits: SQL | undefined, window: QueueWindow): readonly QueuedTask[] {
    const { id, role, pinnedSlotId, lastSlotId, createdAt, priority, requires } = tasks;
    const has = JSON.stringify(window.traits);
    const canDo = or(
      isNull(requires),
      sql`not exists (select 1 from json_each(${requires}) where value not in (select value from json_each(${has})))`,
    );
    return db
      .select({
        id,
        role,
        pinnedSlotId,
        lastSlotId,
        createdAt,
        priority,
        submitter: tasks.submitter,
        requires,
        place,
      })
      .from(tasks)
      .where(
        and(
          eq(tasks.status, 'queued'),
          fits,
          eq(tasks.submitter, submitter),
          // The sign keeps SQLite from another index, along which everything would have to be sorted.
          sql`+${createdAt} >= ${window.since}`,
          canDo,
        ),
      )
      .orderBy(desc(priority), asc(createdAt), place)
      .limit(window.limit)
      .all();
  }

  function queued(fits: SQL | undefined, window: QueueWindow): readonly QueuedTask[] {
    return submittersOf(fits).flatMap((submitter) => firstOf(submitter, fits, window));
  }

  return {
    /** The queued tasks that name this slot: of each submitter the most urgent, then the oldest. */
    forSlot(slotId: SlotId, window: QueueWindow): readonly QueuedTask[] {
      return queued(eq(tasks.pinnedSlotId, slotId), window);
    },

    /** The queued tasks that any slot of the role may do: of each submitter the most urgent, then the oldest. */
    forRole(role: Role, window: QueueWindow): readonly QueuedTask[] {
      return queued(and(eq(tasks.role, role), isNull(tasks.pinnedSlotId)), window);
    },

    /** How many tasks no slot has yet; of one role, or of all. */
    size(role?: Role): number {
      const open = or(
        eq(tasks.status, 'queued'),
        and(eq(tasks.status, 'waiting'), ne(tasks.waitingFor, 'person')),
      );
      const whose = role === undefined ? undefined : eq(tasks.role, role);
      return db.select({ size: count() }).from(tasks).where(and(open, whose)).get()?.size ?? 0;
    },
  };
}

export type QueueLedger = ReturnType<typeof createQueueLedger>;
