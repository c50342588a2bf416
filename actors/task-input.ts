import type { TaskInput } from '../machines/task-events.ts';
import type { TaskRow } from '../services/ledger/task-ledger.ts';

/** What the statechart of a task needs to know of its row. */
export function taskInput({ id, deadlineAt, retries, retried, retryBackoffMs, verify }: TaskRow): TaskInput {
  return { taskId: id, deadlineAt, retries, retried, retryBackoffMs, isVerified: verify !== null };
}
