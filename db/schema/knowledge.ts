import { sql } from 'drizzle-orm';
import {
  blob,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';
import type { KnowledgeId, TaskId } from '../ids.ts';
import { redactedText } from '../redacted-columns.ts';

export const KNOWLEDGE_SOURCES = ['conversation', 'discovery', 'import'] as const;
export type KnowledgeSource = (typeof KNOWLEDGE_SOURCES)[number];

/** Where an entry was learnt: what a wrong batch is undone by. */
export interface KnowledgeOrigin {
  readonly sessionId?: string | undefined;
  readonly messageIds?: readonly number[] | undefined;
  readonly jobId?: string | undefined;
  readonly file?: string | undefined;
}

/** The words of an entry; what changes of it keep, before and after. */
export interface KnowledgeWords {
  readonly category: string;
  readonly key: string;
  readonly summary: string;
  readonly detail: Readonly<Record<string, unknown>> | null;
  readonly source: KnowledgeSource;
  readonly confidence: number;
}

/** What the team knows. One that is forgotten stays, with the time, until it is thrown away for good. */
export const knowledge = sqliteTable(
  'knowledge',
  {
    /** The row of the full-text index. */
    number: integer().primaryKey({ autoIncrement: true }),
    id: text().$type<KnowledgeId>().notNull(),
    category: text().notNull(),
    key: text().notNull(),
    summary: text().notNull(),
    detail: text({ mode: 'json' }).$type<Readonly<Record<string, unknown>>>(),
    source: text({ enum: KNOWLEDGE_SOURCES }).notNull(),
    /** 0 to 1. */
    confidence: real().notNull(),
    /** Who was given it to work with; lists and searches do not count. */
    accessCount: integer().notNull().default(0),
    /** Epoch milliseconds, as all times. */
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
    lastAccessedAt: integer(),
    linkedTaskId: text().$type<TaskId>(),
    forgottenAt: integer(),
    /** Has Chinese, Japanese or Korean letters, which are indexed by three. */
    cjk: integer({ mode: 'boolean' }).notNull(),
  },
  (table) => [
    uniqueIndex('knowledge_id').on(table.id),
    // A key is taken only while it is known: what is forgotten may come back under another id.
    uniqueIndex('knowledge_key').on(table.category, table.key).where(sql`${table.forgottenAt} is null`),
    index('knowledge_by_key').on(table.key),
    index('knowledge_forgotten').on(table.forgottenAt),
    index('knowledge_updated').on(table.updatedAt),
  ],
);

/** What became of an entry, and by whom. */
export const knowledgeChanges = sqliteTable(
  'knowledge_changes',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    knowledgeId: text().$type<KnowledgeId>().notNull(),
    at: integer().notNull(),
    by: text().notNull(),
    kind: text({ enum: ['created', 'updated', 'forgotten', 'restored'] }).notNull(),
    before: text({ mode: 'json' }).$type<KnowledgeWords>(),
    after: text({ mode: 'json' }).$type<KnowledgeWords>(),
    origin: text({ mode: 'json' }).$type<KnowledgeOrigin>(),
    /** What was done together is undone together. */
    batch: text(),
  },
  (table) => [
    index('knowledge_changes_entry').on(table.knowledgeId, table.id),
    index('knowledge_changes_batch').on(table.batch),
  ],
);

export const KNOWLEDGE_OPERATIONS = ['merge', 'delete', 'update', 'distill'] as const;
export const OPERATION_STATUSES = ['pending', 'done', 'failed', 'dropped', 'dispatched', 'expired'] as const;

/** What is proposed to be done with entries; nothing of it happens by itself. */
export const knowledgeOperations = sqliteTable(
  'knowledge_operations',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    planId: text().notNull(),
    operation: text({ enum: KNOWLEDGE_OPERATIONS }).notNull(),
    targetKeys: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
    newEntry: text({ mode: 'json' }).$type<KnowledgeWords>(),
    rationale: text().notNull(),
    status: text({ enum: OPERATION_STATUSES }).notNull(),
    by: text().notNull(),
    createdAt: integer().notNull(),
    executedAt: integer(),
    result: text(),
    error: text(),
    taskId: text().$type<TaskId>(),
  },
  (table) => [index('knowledge_operations_plan').on(table.planId, table.status, table.id)],
);

/** What a session was given already, and in which words: it is not given again. */
export const knowledgeGiven = sqliteTable(
  'knowledge_given',
  {
    sessionId: text().notNull(),
    knowledgeId: text().$type<KnowledgeId>().notNull(),
    /** Of the entry as it was given. */
    updatedAt: integer().notNull(),
    at: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.sessionId, table.knowledgeId] }),
    index('knowledge_given_at').on(table.at),
  ],
);

/** Entries whose words have no vector yet: written by triggers, also while nobody embeds, so that none is left out later. */
export const knowledgeToEmbed = sqliteTable(
  'knowledge_to_embed',
  {
    number: integer().primaryKey(),
    /** How often it was refused, asked for alone, by a backend that took other words: it comes behind the others. */
    attempts: integer().notNull().default(0),
    /** It is not tried again before: epoch milliseconds. */
    notBefore: integer().notNull().default(0),
    /** The model that refused it last; another one is asked anew. */
    refusedBy: text(),
    because: redactedText(),
  },
  (table) => [
    index('knowledge_to_embed_next').on(table.attempts, table.number),
    index('knowledge_to_embed_refused').on(table.refusedBy).where(sql`${table.refusedBy} is not null`),
  ],
);

/** What entries mean, as numbers. Triggers remove the vector of words that are known no more. */
export const knowledgeVectors = sqliteTable(
  'knowledge_vectors',
  {
    number: integer().primaryKey(),
    /** The model and the length of its vectors, `embedder/384`: only vectors of one space can be compared. */
    space: text().notNull(),
    /** Of the entry as it was embedded. */
    updatedAt: integer().notNull(),
    /** The sign of each number, a bit each: looked through first, since they are a thirty-second of the vectors. */
    bits: blob({ mode: 'buffer' }).notNull(),
    /** 32-bit floats, as sqlite-vec reads them. */
    vector: blob({ mode: 'buffer' }).notNull(),
  },
  // All that the first look needs: it reads no vector.
  (table) => [index('knowledge_vectors_bits').on(table.space, table.bits)],
);
