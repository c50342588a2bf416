import { index, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';

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
