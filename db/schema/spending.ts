import { index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { ClaudeSessionId, Epoch, Role, SlotId } from '../ids.ts';

/** What was spent on one day by one slot for one task; summed for every cap. */
export const spending = sqliteTable(
  'spending',
  {
    /** The local day, `2026-11-21`. */
    day: text().notNull(),
    slotId: text().$type<SlotId>().notNull(),
    /** The task's id; empty for what no task asked for. */
    taskId: text().notNull(),
    role: text().$type<Role>().notNull(),
    inputTokens: integer().notNull(),
    outputTokens: integer().notNull(),
    cacheReadTokens: integer().notNull(),
    cacheWriteTokens: integer().notNull(),
    costUsd: real().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.day, table.slotId, table.taskId] }),
    index('spending_task').on(table.taskId),
  ],
);

/** How far the usage of a transcript has been counted, so that nothing is counted twice, over restarts too. */
export const usageMarks = sqliteTable('usage_marks', {
  path: text().primaryKey(),
  /** Bytes that were counted. */
  offset: integer().notNull(),
  /** Usage of the last messages: one message is written as several lines, which may lie on both sides of `offset`. */
  recent: text({ mode: 'json' }).$type<unknown>().notNull(),
});

/** The last total that Claude Code named for a conversation: it counts on over a resume. */
export const sessionCosts = sqliteTable('session_costs', {
  sessionId: text().$type<ClaudeSessionId>().primaryKey(),
  /** The run that named it. */
  epoch: text().$type<Epoch>(),
  totalUsd: real().notNull(),
});

/** How much of a usage window an account has used, as a status line told it last. */
export const usageWindows = sqliteTable(
  'usage_windows',
  {
    /** The folder in which Claude Code keeps the login. */
    account: text().notNull(),
    /** `five_hour`, `seven_day`. */
    name: text().notNull(),
    usedPercent: real().notNull(),
    /** Epoch milliseconds. */
    resetsAt: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.account, table.name] })],
);

/** What the governor has said once, or what a person has lifted: each counts until its day or its window is over. */
export const governorMarks = sqliteTable('governor_marks', {
  key: text().primaryKey(),
  /** Epoch milliseconds after which it means nothing. */
  until: integer().notNull(),
});
