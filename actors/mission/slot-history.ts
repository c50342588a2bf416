import { z } from 'zod';
import { Role, SlotId, TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import {
  createSlotHistoryLedger,
  type SlotHistoryFilter,
  type SlotHistoryRow,
  type SlotHistoryStats,
} from '../../services/ledger/slot-history-ledger.ts';
import { MEMORY_SUBMITTER } from '../memory/slot-worker.ts';
import { TaskStatus } from './views.ts';

/** A task that a slot was given. Times are epoch milliseconds. */
export const SlotTaskView = z.object({
  taskId: TaskId,
  slotId: SlotId,
  role: Role,
  /** What door it came through, or which job of the memory it is. */
  taskType: z.string(),
  status: TaskStatus,
  /** The beginning. */
  prompt: z.string(),
  submitter: z.string().optional(),
  attempts: z.number().int(),
  outputTokens: z.number().int(),
  error: z.string().optional(),
  createdAt: z.number(),
  startedAt: z.number().optional(),
  finishedAt: z.number().optional(),
  /** From its beginning to its end. */
  durationMs: z.number().optional(),
});
export type SlotTaskView = z.infer<typeof SlotTaskView>;

function slotTaskView({ submitter, error, startedAt, finishedAt, ...row }: SlotHistoryRow): SlotTaskView {
  return {
    ...row,
    ...(submitter === '' ? {} : { submitter }),
    ...(error === null ? {} : { error }),
    ...(startedAt === null ? {} : { startedAt }),
    ...(finishedAt === null ? {} : { finishedAt }),
    ...(startedAt === null || finishedAt === null ? {} : { durationMs: finishedAt - startedAt }),
  };
}

export interface SlotHistory {
  /** What slots were given, newest first. */
  list(filter: SlotHistoryFilter, limit: number): readonly SlotTaskView[];
  stats(filter: SlotHistoryFilter): SlotHistoryStats;
}

export function createSlotHistory(db: MissionDatabase): SlotHistory {
  const ledger = createSlotHistoryLedger(db, MEMORY_SUBMITTER);
  return {
    list: (filter, limit) => ledger.list(filter, limit).map(slotTaskView),
    stats: ledger.stats,
  };
}
