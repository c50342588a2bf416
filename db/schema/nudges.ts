import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { SlotId } from '../ids.ts';
import { redactedSnapshot } from '../redacted-columns.ts';

/** Slots that somebody has put aside: they take nothing new before that ends. */
export const slotPauses = sqliteTable('slot_pauses', {
  slotId: text().$type<SlotId>().primaryKey(),
  by: text().notNull(),
  at: integer().notNull(),
  /** Null until somebody wakes it. */
  until: integer(),
});

/** How often an agent was reminded of the work that it has, and when it is the next time: the state of its machine. */
export const nudges = sqliteTable('nudges', {
  slotId: text().$type<SlotId>().primaryKey(),
  snapshot: redactedSnapshot().notNull(),
  updatedAt: integer().notNull(),
});
