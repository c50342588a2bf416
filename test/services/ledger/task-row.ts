import { randomUUID } from 'node:crypto';
import { Role, TaskId } from '../../../db/ids.ts';
import type { TaskRow } from '../../../services/ledger/task-ledger.ts';

/** A task that waits in the queue. */
export const taskRow = (change: Partial<TaskRow> = {}): TaskRow => ({
  id: TaskId.parse(randomUUID()),
  kind: 'task',
  role: Role.parse('coder'),
  prompt: 'x',
  status: 'queued',
  pinnedSlotId: null,
  slotId: null,
  epoch: null,
  sessionId: null,
  result: null,
  errorCode: null,
  error: null,
  deadlineAt: null,
  createdAt: 1,
  startedAt: null,
  finishedAt: null,
  progress: null,
  snapshot: null,
  snapshotVersion: 1,
  ...change,
});
