import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Role, SlotId, SwarmId } from '../ids.ts';
import { redactedJson } from '../redacted-columns.ts';

/**
 * Work that was split over slots. Its tasks are known by their submitter (`swarm:<id>`), and each one's place by its
 * idempotency key: a daemon that comes back hands none of them in twice.
 */
export const swarms = sqliteTable(
  'swarms',
  {
    id: text().$type<SwarmId>().primaryKey(),
    /** The door, with the name of the client where it has one. */
    submitter: text().notNull(),
    prompts: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
    /** Who does them, in turn; slots go before roles. */
    roles: text({ mode: 'json' }).$type<readonly Role[]>().notNull(),
    slotIds: text({ mode: 'json' }).$type<readonly SlotId[]>().notNull(),
    /** How many tasks of it are open at once. */
    atOnce: integer().notNull(),
    /** Why the task of a place was never handed in. */
    refused: redactedJson<Readonly<Record<string, string>>>().notNull(),
    createdAt: integer().notNull(),
    endedAt: integer(),
  },
  (table) => [index('swarms_open').on(table.endedAt)],
);
