import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { TaskView } from './views.ts';

/** A row as every door shows it. Results and errors are whole. */
export function taskView(row: TaskRow): TaskView {
  return {
    id: row.id,
    role: row.role,
    prompt: row.prompt,
    status: row.status,
    ...(row.slotId === null && row.pinnedSlotId === null
      ? {}
      : { slotId: row.slotId ?? row.pinnedSlotId ?? undefined }),
    ...(row.sessionId === null ? {} : { sessionId: row.sessionId }),
    ...(row.result === null ? {} : { result: row.result }),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.errorCode === null ? {} : { errorCode: row.errorCode }),
    createdAt: row.createdAt,
    ...(row.startedAt === null ? {} : { startedAt: row.startedAt }),
    ...(row.finishedAt === null ? {} : { finishedAt: row.finishedAt }),
  };
}
