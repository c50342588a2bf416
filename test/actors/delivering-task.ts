import { ClaudeSessionId, Epoch, Role, SlotId, TaskId } from '../../db/ids.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';

export const slotId = SlotId.parse('coder-1');
export const epoch = Epoch.parse('00000000-0000-4000-8000-000000000001');
export const taskId = TaskId.parse('00000000-0000-4000-8000-000000000002');
export const sessionId = ClaudeSessionId.parse('00000000-0000-4000-8000-000000000003');

/** A task whose prompt is on its way to the one session. */
export const deliveringTask = (prompt: string): TaskRow => ({
  id: taskId,
  kind: 'task',
  role: Role.parse('coder'),
  prompt,
  status: 'delivering',
  pinnedSlotId: null,
  slotId,
  epoch,
  sessionId,
  result: null,
  errorCode: null,
  error: null,
  deadlineAt: null,
  createdAt: 0,
  startedAt: null,
  finishedAt: null,
  progress: null,
  snapshot: null,
  snapshotVersion: 1,
});
