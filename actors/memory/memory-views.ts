import { z } from 'zod';
import { MemoryJobId, TaskId } from '../../db/ids.ts';
import { MEMORY_JOB_KINDS, MEMORY_JOB_STATUSES } from '../../db/schema/memory.ts';
import type { MemoryJobRow } from '../../services/ledger/memory-job-ledger.ts';

/** A job of the memory. Times are epoch milliseconds. */
export const MemoryJobView = z.object({
  id: MemoryJobId,
  kind: z.enum(MEMORY_JOB_KINDS),
  status: z.enum(MEMORY_JOB_STATUSES),
  /** Messages that it reads, or entries that it looks through. */
  size: z.number().int(),
  firstMessageId: z.number().int().optional(),
  lastMessageId: z.number().int().optional(),
  attempt: z.number().int(),
  /** Before which it is not tried again. */
  notBefore: z.number().optional(),
  /** Of the latest attempt, where a slot does it. */
  taskId: TaskId.optional(),
  errorCode: z.string().optional(),
  error: z.string().optional(),
  outcome: z
    .object({
      created: z.number().int(),
      updated: z.number().int(),
      unchanged: z.number().int(),
      proposed: z.number().int(),
      refused: z.array(z.object({ place: z.string(), why: z.string() })),
    })
    .optional(),
  createdAt: z.number(),
  startedAt: z.number().optional(),
  finishedAt: z.number().optional(),
});
export type MemoryJobView = z.infer<typeof MemoryJobView>;

const numbered = { sequence: z.number(), at: z.number() };

export const MEMORY_EVENTS = [
  z.object({ type: z.literal('memory_job_changed'), ...numbered, job: MemoryJobView }),
  /** Jobs begin no more until then, or do again. */
  z.object({
    type: z.literal('memory_paused'),
    ...numbered,
    paused: z.boolean(),
    until: z.number().optional(),
    by: z.string(),
  }),
] as const;

const without = <Value>(value: Value | null): Value | undefined => value ?? undefined;

export function memoryJobView(row: MemoryJobRow): MemoryJobView {
  const { messageIds, knowledgeIds, outcome } = row;
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    size: row.kind === 'consolidation' ? knowledgeIds.length : messageIds.length,
    firstMessageId: messageIds[0],
    lastMessageId: messageIds.at(-1),
    attempt: row.attempt,
    notBefore: without(row.notBefore),
    taskId: without(row.taskId),
    errorCode: without(row.errorCode),
    error: without(row.error),
    ...(outcome === null ? {} : { outcome: { ...outcome, refused: [...outcome.refused] } }),
    createdAt: row.createdAt,
    startedAt: without(row.startedAt),
    finishedAt: without(row.finishedAt),
  };
}
