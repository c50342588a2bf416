import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { MemoryJobId, TaskId } from '../ids.ts';
import { redactedJson, redactedSnapshot, redactedText } from '../redacted-columns.ts';
import { conversationMessages, conversations } from './conversations.ts';

/** New turns; sessions that have ended or grown long; what is known, looked through once a day. */
export const MEMORY_JOB_KINDS = ['realtime', 'deep', 'consolidation'] as const;
export type MemoryJobKind = (typeof MEMORY_JOB_KINDS)[number];
export const MEMORY_JOB_STATUSES = ['pending', 'extracting', 'storing', 'done', 'failed'] as const;
export type MemoryJobStatus = (typeof MEMORY_JOB_STATUSES)[number];

/** What came of a job. */
export interface MemoryOutcome {
  readonly created: number;
  readonly updated: number;
  /** It was known in these words. */
  readonly unchanged: number;
  /** It waits for somebody to decide: something like it was known. */
  readonly proposed: number;
  /** What looked like a secret, by its place in the answer. */
  readonly refused: readonly { readonly place: string; readonly why: string }[];
}

/**
 * A piece of work of the memory. The messages of its batch are its own from the transaction on that made it: no other
 * job is given them.
 */
export const memoryJobs = sqliteTable(
  'memory_jobs',
  {
    id: text().$type<MemoryJobId>().primaryKey(),
    kind: text({ enum: MEMORY_JOB_KINDS }).notNull(),
    status: text({ enum: MEMORY_JOB_STATUSES }).notNull(),
    /** In their order; of a consolidation none. */
    messageIds: text({ mode: 'json' }).$type<readonly number[]>().notNull(),
    /** What it looks through, of a consolidation. */
    knowledgeIds: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
    /** How often it was handed in. */
    attempt: integer().notNull().default(0),
    /** Epoch milliseconds before which it is not tried again. */
    notBefore: integer(),
    /** The task of its latest attempt, where a slot does it. */
    taskId: text().$type<TaskId>(),
    errorCode: text(),
    error: redactedText(),
    outcome: redactedJson<MemoryOutcome>(),
    createdAt: integer().notNull(),
    startedAt: integer(),
    finishedAt: integer(),
    snapshot: redactedSnapshot(),
    snapshotVersion: integer().notNull(),
  },
  (table) => [
    index('memory_jobs_status').on(table.status, table.kind),
    index('memory_jobs_created').on(table.createdAt),
    index('memory_jobs_finished').on(table.finishedAt).where(sql`${table.finishedAt} is not null`),
  ],
);

/** How far a conversation was given to jobs. What is behind a mark is in a job, or was not for the memory. */
export const memoryMarks = sqliteTable(
  'memory_marks',
  {
    conversationId: integer()
      .primaryKey()
      .references(() => conversations.id, { onDelete: 'cascade' }),
    /** The id of the last message that is known of. */
    latest: integer().notNull(),
    realtime: integer().notNull(),
    deep: integer().notNull(),
  },
  (table) => [
    index('memory_marks_realtime').on(table.realtime).where(sql`${table.realtime} < ${table.latest}`),
    index('memory_marks_deep').on(table.deep).where(sql`${table.deep} < ${table.latest}`),
  ],
);

/** Messages that somebody else has taken care of: no job for new turns is given them. */
export const memoryDone = sqliteTable('memory_done', {
  messageId: integer()
    .primaryKey()
    .references(() => conversationMessages.id, { onDelete: 'cascade' }),
});

/** One row: what the memory knows of itself. Times are epoch milliseconds. */
export const memoryState = sqliteTable('memory_state', {
  id: integer().primaryKey(),
  /** The id of the last message that was looked at. */
  seenThrough: integer().notNull(),
  /** What was said before is none of its business. */
  since: integer().notNull(),
  pausedUntil: integer(),
  consolidatedAt: integer().notNull(),
  /** Where the last consolidation ended, as a cursor of the list of what is known; null at its beginning. */
  cursor: text(),
});
