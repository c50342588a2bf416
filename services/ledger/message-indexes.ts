import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** The full-text indexes, as far as a statement needs to know them: they are made by hand in a migration. */
export const messageWords = sqliteTable('message_words', {
  id: integer('rowid').notNull(),
  text: text().notNull(),
});
export const messageTrigrams = sqliteTable('message_trigrams', {
  id: integer('rowid').notNull(),
  text: text().notNull(),
});
