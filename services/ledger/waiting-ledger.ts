import { and, asc, eq, isNull, lte, notExists, notInArray, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import type { TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { taskDependencies, tasks } from '../../db/schema/tasks.ts';
import type { TaskRow } from './task-ledger.ts';

const OVER: TaskRow['status'][] = ['done', 'failed', 'cancelled'];

/** What tasks wait for before they stand in the queue: other tasks, or a time. Every method is one statement. */
export function createWaitingLedger(db: MissionDatabase) {
  return {
    /** The tasks whose results a task needs, in the order in which it named them. */
    dependenciesOf(taskId: TaskId): readonly TaskRow[] {
      return db
        .select({ task: tasks })
        .from(taskDependencies)
        .innerJoin(tasks, eq(tasks.id, taskDependencies.dependsOn))
        .where(eq(taskDependencies.taskId, taskId))
        .orderBy(asc(taskDependencies.place))
        .all()
        .map(({ task }) => task);
    },

    /** Tasks that wait for this one. */
    dependentsOf(taskId: TaskId): readonly TaskId[] {
      return db
        .select({ id: tasks.id })
        .from(taskDependencies)
        .innerJoin(tasks, eq(tasks.id, taskDependencies.taskId))
        .where(
          and(
            eq(taskDependencies.dependsOn, taskId),
            eq(tasks.status, 'waiting'),
            eq(tasks.waitingFor, 'dependency'),
          ),
        )
        .all()
        .map(({ id }) => id);
    },

    /** Every task that waits for others. */
    waitingForTasks(): readonly TaskId[] {
      return db
        .select({ id: tasks.id })
        .from(tasks)
        .where(and(eq(tasks.status, 'waiting'), eq(tasks.waitingFor, 'dependency')))
        .all()
        .map(({ id }) => id);
    },

    /** Tasks that wait for others although none of those is open any more. */
    releasable(): readonly TaskId[] {
      const needed = alias(tasks, 'needed');
      const open = db
        .select({ one: sql`1` })
        .from(taskDependencies)
        .innerJoin(needed, eq(needed.id, taskDependencies.dependsOn))
        .where(and(eq(taskDependencies.taskId, tasks.id), notInArray(needed.status, OVER)));
      return db
        .select({ id: tasks.id })
        .from(tasks)
        .where(and(eq(tasks.status, 'waiting'), eq(tasks.waitingFor, 'dependency'), notExists(open)))
        .all()
        .map(({ id }) => id);
    },

    /** Tasks that no session has and that go on when what their agent has asked is answered. */
    leftForAnswers(): readonly TaskId[] {
      return db
        .select({ id: tasks.id })
        .from(tasks)
        .where(and(eq(tasks.status, 'waiting'), eq(tasks.waitingFor, 'person'), isNull(tasks.slotId)))
        .all()
        .map(({ id }) => id);
    },

    /** Tasks whose time has come, epoch milliseconds. */
    due(now: number): readonly TaskId[] {
      return db
        .select({ id: tasks.id })
        .from(tasks)
        .where(and(eq(tasks.status, 'waiting'), eq(tasks.waitingFor, 'time'), lte(tasks.notBefore, now)))
        .all()
        .map(({ id }) => id);
    },
  };
}

export type WaitingLedger = ReturnType<typeof createWaitingLedger>;
