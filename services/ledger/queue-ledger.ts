import { and, count, eq, isNull, ne, or, type SQL, sql } from 'drizzle-orm';
import type { Role, SlotId, TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { tasks } from '../../db/schema/tasks.ts';
import { waitsFrom } from '../../db/waits-from.ts';
import type { TaskRow } from './task-ledger.ts';

/** What is needed of a task to find a slot for it: thousands may wait, with long prompts. */
export interface QueuedTask
  extends Pick<
    TaskRow,
    | 'id'
    | 'kind'
    | 'role'
    | 'pinnedSlotId'
    | 'lastSlotId'
    | 'createdAt'
    | 'submitter'
    | 'requires'
    | 'worktree'
  > {
  /** Since when it waits, with its priority counted as waiting: epoch milliseconds, lower is served first. */
  readonly waitsFrom: number;
  /** Of two tasks of one millisecond the one that came first has the lower one. */
  readonly place: number;
}

/** Somebody of whom tasks are queued, with the one that is to be served first. */
export type QueueHead = Pick<QueuedTask, 'submitter' | 'waitsFrom' | 'place'>;

export interface QueueWindow {
  /** Epoch milliseconds; tasks from before are left out. */
  readonly since: number;
  /** Of how many submitters, and how many of each. */
  readonly limit: number;
  /** The submitters in the order in which it is their turn. */
  readonly inTurn: (heads: readonly QueueHead[]) => readonly QueueHead[];
  /** What the slot has: tasks that require more are left out. */
  readonly traits: readonly string[];
}

/** SQLite's own key: grows with every insert. */
const place = sql<number>`rowid`;

const queuedTask = {
  id: tasks.id,
  kind: tasks.kind,
  role: tasks.role,
  pinnedSlotId: tasks.pinnedSlotId,
  lastSlotId: tasks.lastSlotId,
  createdAt: tasks.createdAt,
  waitsFrom,
  submitter: tasks.submitter,
  requires: tasks.requires,
  worktree: tasks.worktree,
  place,
};

/** The queue as the dispatcher reads it: along an index, and no more of it than can matter. */
export function createQueueLedger(db: MissionDatabase) {
  /** What a slot may take that has these traits. */
  function mayTake({ since, traits }: QueueWindow): SQL | undefined {
    const has = JSON.stringify(traits);
    const canDo = or(
      isNull(tasks.requires),
      sql`not exists (select 1 from json_each(${tasks.requires}) where value not in (select value from json_each(${has})))`,
    );
    // The sign keeps SQLite from another index, along which everything would have to be sorted.
    return and(sql`+${tasks.createdAt} >= ${since}`, canDo);
  }

  /** One look into the index for each submitter, and one for its first task: the queue is not walked through. */
  function headsOf(fits: SQL | undefined, window: QueueWindow): readonly QueueHead[] {
    const open = and(eq(tasks.status, 'queued'), fits);
    return db.all<QueueHead>(sql`
      with recursive line(whose) as (
        select min(${tasks.submitter}) from ${tasks} where ${open}
        union all
        select (select min(${tasks.submitter}) from ${tasks} where ${open} and ${tasks.submitter} > line.whose)
        from line where line.whose is not null
      )
      select line.whose as submitter, ${waitsFrom} as waitsFrom, ${tasks}.rowid as place
      from line join ${tasks} on ${tasks}.rowid = (
        select ${place} from ${tasks}
        where ${open} and ${tasks.submitter} = line.whose and ${mayTake(window)}
        order by ${waitsFrom}, ${place} limit 1
      )`);
  }

  function firstOf(submitter: string, fits: SQL | undefined, window: QueueWindow): readonly QueuedTask[] {
    return db
      .select(queuedTask)
      .from(tasks)
      .where(and(eq(tasks.status, 'queued'), fits, eq(tasks.submitter, submitter), mayTake(window)))
      .orderBy(waitsFrom, place)
      .limit(window.limit)
      .all();
  }

  /** Those whose turn comes later cannot be among the first `limit`. */
  function queued(fits: SQL | undefined, window: QueueWindow): readonly QueuedTask[] {
    return window
      .inTurn(headsOf(fits, window))
      .slice(0, window.limit)
      .flatMap(({ submitter }) => firstOf(submitter, fits, window));
  }

  // Asked at each submission: prepared once, and one question for each status, since an `or` takes SQLite three times as long.
  const isQueued = eq(tasks.status, 'queued');
  const isWaiting = and(eq(tasks.status, 'waiting'), ne(tasks.waitingFor, 'person'));
  const ofRole = eq(tasks.role, sql.placeholder('role'));
  const counting = (which: SQL | undefined) =>
    db.select({ size: count() }).from(tasks).where(which).prepare();
  const sizeOf = {
    queued: counting(isQueued),
    waiting: counting(isWaiting),
    queuedOfRole: counting(and(isQueued, ofRole)),
    waitingOfRole: counting(and(isWaiting, ofRole)),
  };

  return {
    /** The queued tasks that name this slot: of those whose turn it is the first that are to be served. */
    forSlot(slotId: SlotId, window: QueueWindow): readonly QueuedTask[] {
      return queued(eq(tasks.pinnedSlotId, slotId), window);
    },

    /** The queued tasks that any slot of the role may do: of those whose turn it is the first that are to be served. */
    forRole(role: Role, window: QueueWindow): readonly QueuedTask[] {
      return queued(and(eq(tasks.role, role), isNull(tasks.pinnedSlotId)), window);
    },

    /** One task, as long as it is queued. */
    get(id: TaskId): QueuedTask | undefined {
      return db
        .select(queuedTask)
        .from(tasks)
        .where(and(eq(tasks.id, id), eq(tasks.status, 'queued')))
        .get();
    },

    /** How many tasks no slot has yet; of one role, or of all. */
    size(role?: Role): number {
      const counted =
        role === undefined ? [sizeOf.queued, sizeOf.waiting] : [sizeOf.queuedOfRole, sizeOf.waitingOfRole];
      return counted.reduce((sum, query) => sum + (query.get({ role })?.size ?? 0), 0);
    },
  };
}

export type QueueLedger = ReturnType<typeof createQueueLedger>;
