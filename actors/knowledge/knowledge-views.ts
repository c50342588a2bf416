import { z } from 'zod';
import { KnowledgeId, TaskId } from '../../db/ids.ts';
import { KNOWLEDGE_OPERATIONS, KNOWLEDGE_SOURCES, OPERATION_STATUSES } from '../../db/schema/knowledge.ts';
import type { PlanRow } from '../../services/knowledge/plan-answer.ts';
import type { KnowledgeChangeRow, KnowledgeRow } from '../../services/ledger/knowledge-ledger.ts';

const Detail = z.record(z.string(), z.unknown());

/** Something that the team knows. Times are epoch milliseconds. */
export const KnowledgeEntry = z.object({
  id: KnowledgeId,
  category: z.string(),
  key: z.string(),
  summary: z.string(),
  detail: Detail.optional(),
  source: z.enum(KNOWLEDGE_SOURCES),
  confidence: z.number(),
  /** How often somebody was given it to work with; searches and lists do not count. */
  accessCount: z.number().int(),
  createdAt: z.number(),
  updatedAt: z.number(),
  lastAccessedAt: z.number().optional(),
  linkedTaskId: TaskId.optional(),
});
export type KnowledgeEntry = z.infer<typeof KnowledgeEntry>;

export const KNOWLEDGE_EVENTS = [
  /** An entry was remembered, said in other words, forgotten, or had back. */
  z.object({
    type: z.literal('knowledge_changed'),
    sequence: z.number(),
    at: z.number(),
    id: KnowledgeId,
    category: z.string(),
    key: z.string(),
  }),
] as const;

export const SimilarEntry = z.object({ entry: KnowledgeEntry, similarity: z.number() });
export type SimilarEntry = z.infer<typeof SimilarEntry>;

const Words = z.object({
  category: z.string(),
  key: z.string(),
  summary: z.string(),
  detail: Detail.nullable(),
  source: z.enum(KNOWLEDGE_SOURCES),
  confidence: z.number(),
});

/** What became of an entry, and by whom. */
export const KnowledgeChange = z.object({
  at: z.number(),
  by: z.string(),
  kind: z.enum(['created', 'updated', 'forgotten', 'restored']),
  before: Words.optional(),
  after: Words.optional(),
  origin: z
    .object({
      sessionId: z.string().optional(),
      messageIds: z.array(z.number()).optional(),
      jobId: z.string().optional(),
      file: z.string().optional(),
    })
    .optional(),
  batch: z.string().optional(),
});
export type KnowledgeChange = z.infer<typeof KnowledgeChange>;

/** What is proposed to be done with entries. */
export const KnowledgeOperation = z.object({
  id: z.number().int(),
  planId: z.string(),
  operation: z.enum(KNOWLEDGE_OPERATIONS),
  targetKeys: z.array(z.string()),
  newEntry: Words.optional(),
  rationale: z.string(),
  status: z.enum(OPERATION_STATUSES),
  by: z.string(),
  createdAt: z.number(),
  executedAt: z.number().optional(),
  result: z.string().optional(),
  error: z.string().optional(),
  taskId: TaskId.optional(),
});
export type KnowledgeOperation = z.infer<typeof KnowledgeOperation>;

/** An operation that a model has planned, before it is in the queue. */
export const PlannedOperationView = KnowledgeOperation.pick({
  operation: true,
  targetKeys: true,
  newEntry: true,
  rationale: true,
});

export const plannedOperationView = ({
  newEntry,
  ...row
}: PlanRow): z.infer<typeof PlannedOperationView> => ({
  ...row,
  targetKeys: [...row.targetKeys],
  ...(newEntry === null
    ? {}
    : { newEntry: { ...newEntry, detail: newEntry.detail && { ...newEntry.detail } } }),
});

const without = <Value>(value: Value | null): Value | undefined => value ?? undefined;

export function entryView(row: KnowledgeRow): KnowledgeEntry {
  const { id, category, key, summary, source, confidence, accessCount, createdAt, updatedAt } = row;
  return KnowledgeEntry.parse({
    id,
    category,
    key,
    summary,
    detail: without(row.detail),
    source,
    confidence,
    accessCount,
    createdAt,
    updatedAt,
    lastAccessedAt: without(row.lastAccessedAt),
    linkedTaskId: without(row.linkedTaskId),
  });
}

export function changeView({
  at,
  by,
  kind,
  before,
  after,
  origin,
  batch,
}: KnowledgeChangeRow): KnowledgeChange {
  return KnowledgeChange.parse({
    at,
    by,
    kind,
    before: without(before),
    after: without(after),
    origin: without(origin),
    batch: without(batch),
  });
}
