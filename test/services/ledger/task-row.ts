import { randomUUID } from 'node:crypto';
import { Role, TaskId } from '../../../db/ids.ts';
import { newTaskRow } from '../../../services/ledger/new-task-row.ts';
import type { TaskRow } from '../../../services/ledger/task-ledger.ts';

/** A task that waits in the queue. */
export const taskRow = (change: Partial<TaskRow> = {}): TaskRow =>
  newTaskRow({
    id: TaskId.parse(randomUUID()),
    kind: 'task',
    role: Role.parse('coder'),
    prompt: 'x',
    createdAt: 1,
    snapshotVersion: 1,
    ...change,
  });
