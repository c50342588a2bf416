import { ClaudeSessionId, Epoch, Role, SlotId, TaskId } from '../../db/ids.ts';
import { newTaskRow } from '../../services/ledger/new-task-row.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';

export const slotId = SlotId.parse('coder-1');
export const epoch = Epoch.parse('00000000-0000-4000-8000-000000000001');
export const taskId = TaskId.parse('00000000-0000-4000-8000-000000000002');
export const sessionId = ClaudeSessionId.parse('00000000-0000-4000-8000-000000000003');

/** A task whose prompt is on its way to the one session. */
export const deliveringTask = (prompt: string): TaskRow =>
  newTaskRow({
    id: taskId,
    kind: 'task',
    role: Role.parse('coder'),
    prompt,
    status: 'delivering',
    slotId,
    epoch,
    sessionId,
    createdAt: 0,
    snapshotVersion: 1,
  });
