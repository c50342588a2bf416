import { asc, desc, eq } from 'drizzle-orm';
import type { TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { deliveries, inboxMessages, tasks } from '../../db/schema/tasks.ts';

/** No task is typed more often; the oldest are shown. */
const MOST_ROWS = 200;

/** Rows from which the way of a task is told. */
export function createTraceLedger(db: MissionDatabase) {
  return {
    latestTask: (): TaskId | undefined =>
      db.select({ id: tasks.id }).from(tasks).orderBy(desc(tasks.createdAt)).limit(1).get()?.id,
    deliveriesOf: (taskId: TaskId) =>
      db
        .select()
        .from(deliveries)
        .where(eq(deliveries.taskId, taskId))
        .orderBy(asc(deliveries.createdAt))
        .limit(MOST_ROWS)
        .all(),
    messagesOf: (taskId: TaskId) =>
      db
        .select({ id: inboxMessages.id, createdAt: inboxMessages.createdAt })
        .from(inboxMessages)
        .where(eq(inboxMessages.taskId, taskId))
        .orderBy(asc(inboxMessages.id))
        .limit(MOST_ROWS)
        .all(),
  };
}

export type TraceLedger = ReturnType<typeof createTraceLedger>;
