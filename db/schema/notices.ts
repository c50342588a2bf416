import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { redactedText } from '../redacted-columns.ts';

/** The outbox: what somebody asked to be told of, until it was taken or given up. One row a receiver. */
export const notices = sqliteTable(
  'notices',
  {
    id: text().primaryKey(),
    /** Which receiver: a hash of its address or its words, so that it stays the same when the configuration is reordered. */
    receiver: text().notNull(),
    event: text().notNull(),
    /** What it is about; one receiver is told of it once. */
    subject: text().notNull(),
    body: redactedText().notNull(),
    status: text().$type<'waiting' | 'delivered' | 'abandoned'>().notNull(),
    attempts: integer().notNull(),
    nextAttemptAt: integer().notNull(),
    createdAt: integer().notNull(),
    endedAt: integer(),
    /** Why the last attempt failed. */
    failure: redactedText(),
  },
  (table) => [
    index('notices_due').on(table.status, table.receiver, table.nextAttemptAt),
    uniqueIndex('notices_once').on(table.receiver, table.event, table.subject),
  ],
);
