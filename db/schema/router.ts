import { index, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { BoardTaskId } from '../ids.ts';
import { redactedJson, redactedText } from '../redacted-columns.ts';

/** A call of a language model by the router: written before it is made, so that a daemon that is killed has counted it. */
export const routerCalls = sqliteTable(
  'router_calls',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** The local day on which it began, `2026-11-21`: whose budget pays. */
    day: text().notNull(),
    startedAt: integer().notNull(),
    kind: text({ enum: ['chat', 'embed'] }).notNull(),
    /** The name of the backend. */
    fromBackend: text().notNull(),
    model: text().notNull(),
    /** What it may cost at most, and counts as until it has ended; null without a price. */
    reservedUsd: real(),
    inputTokens: integer(),
    outputTokens: integer(),
    /** Null while it runs, and for a model without a price. */
    costUsd: real(),
    endedAt: integer(),
    outcome: text({ enum: ['done', 'failed', 'cancelled'] }),
  },
  (table) => [index('router_calls_day').on(table.day)],
);

export const TURN_OUTCOMES = ['answered', 'failed', 'cancelled'] as const;
export const CHAT_CONTEXTS = ['none', 'board', 'kb', 'both'] as const;

/** What was asked of a language model about a board task, and what it answered: kept for ever, also behind the task. */
export const routerTurns = sqliteTable(
  'router_turns',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    boardTaskId: text().$type<BoardTaskId>().notNull(),
    /** As they were handed in: what was put before them is not kept. */
    messages: redactedJson<readonly { role: 'user' | 'assistant' | 'system'; content: string }[]>().notNull(),
    contextKind: text({ enum: CHAT_CONTEXTS }).notNull(),
    by: text().notNull(),
    startedAt: integer().notNull(),
    /** Null while it runs, and for ever of one that a daemon was killed over: it is not asked again by itself. */
    endedAt: integer(),
    outcome: text({ enum: TURN_OUTCOMES }),
    answer: redactedText(),
    error: redactedText(),
    fromBackend: text(),
    model: text(),
    inputTokens: integer(),
    outputTokens: integer(),
    costUsd: real(),
  },
  (table) => [index('router_turns_task').on(table.boardTaskId, table.id)],
);
