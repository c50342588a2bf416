import { isNotNull, sql } from 'drizzle-orm';
import {
  type AnySQLiteColumn,
  blob,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';
import type { SlotId } from '../ids.ts';

/** A conversation with Claude Code: a session, or what one of its subagents said and did. */
export const conversations = sqliteTable(
  'conversations',
  {
    id: integer().primaryKey(),
    /** How it is named: the session's id; of a subagent `<session>/agent-<id>`, of a sidechain `<session>/sidechain-<uuid>`. */
    name: text().notNull(),
    /** Claude Code's own id of the session; a subagent has that of its parent. */
    sessionId: text().notNull(),
    parentId: integer().references((): AnySQLiteColumn => conversations.id),
    /** The tool call of the parent that began it. */
    parentToolUseId: text(),
    /** The folder in which it began. */
    project: text(),
    gitBranch: text(),
    /** The last one that answered. */
    model: text(),
    claudeVersion: text(),
    /** Epoch milliseconds of the first and the last message. */
    startedAt: integer(),
    lastAt: integer(),
    messageCount: integer().notNull().default(0),
    /** How often it was summed up to make room. */
    compactions: integer().notNull().default(0),
  },
  (table) => [
    uniqueIndex('conversations_name').on(table.name),
    index('conversations_session').on(table.sessionId),
    index('conversations_parent').on(table.parentId),
    index('conversations_call').on(table.parentToolUseId),
    index('conversations_last').on(table.lastAt),
  ],
);

/** Which slot's session one is. Filled by triggers on `sessions`, so that it is known for good. */
export const conversationSlots = sqliteTable('conversation_slots', {
  sessionId: text().primaryKey(),
  slotId: text().$type<SlotId>().notNull(),
});

/** A transcript, and how far it was read. Nothing is ever written to the file. */
export const transcriptFiles = sqliteTable(
  'transcript_files',
  {
    id: integer().primaryKey(),
    /** `device:inode`: a file that is renamed stays the same one. */
    identity: text().notNull(),
    path: text().notNull(),
    /** Bytes whose lines are in the database. Written in the transaction that writes the rows. */
    offset: integer().notNull().default(0),
    /** Digest of the last bytes before `offset`: another content is another file. */
    tail: text().notNull().default(''),
    /** `offset` lies within a line that is too long to be read. */
    skipping: integer({ mode: 'boolean' }).notNull().default(false),
    /** How often it was begun anew, because it was truncated or replaced. */
    restarts: integer().notNull().default(0),
    /** Lines that are no JSON, or too long. */
    brokenLines: integer().notNull().default(0),
  },
  (table) => [
    uniqueIndex('transcript_files_identity').on(table.identity),
    index('transcript_files_path').on(table.path),
  ],
);

/** How many lines of which type a transcript has; those that are no messages are known only here. */
export const transcriptLineTypes = sqliteTable(
  'transcript_line_types',
  {
    fileId: integer()
      .notNull()
      .references(() => transcriptFiles.id, { onDelete: 'cascade' }),
    type: text().notNull(),
    count: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.fileId, table.type] })],
);

/** One line of a transcript in which somebody says something. An answer of several blocks is several of them. */
export const conversationMessages = sqliteTable(
  'conversation_messages',
  {
    /** Grows in the order in which lines were read. */
    id: integer().primaryKey({ autoIncrement: true }),
    conversationId: integer()
      .notNull()
      .references(() => conversations.id, { onDelete: 'cascade' }),
    /** Of the line; a digest of it where Claude Code gave none. */
    uuid: text().notNull(),
    parentUuid: text(),
    role: text({ enum: ['user', 'assistant', 'thinking', 'tool_use', 'tool_result', 'system'] }).notNull(),
    /** The id of the API's message; the same for all its blocks. */
    apiMessageId: text(),
    model: text(),
    /** Epoch milliseconds; null where the line has no time. */
    at: integer(),
    /** What is searched, without secrets: words, and the beginnings of inputs and results of tools. */
    text: text().notNull(),
    /** Has Chinese, Japanese or Korean letters, which are indexed by three. */
    cjk: integer({ mode: 'boolean' }).notNull(),
  },
  (table) => [
    uniqueIndex('conversation_messages_uuid').on(table.conversationId, table.uuid),
    index('conversation_messages_order').on(table.conversationId, table.id),
    // A copy of a conversation repeats the ids of its lines.
    index('conversation_messages_said').on(table.uuid).where(sql`${table.role} = 'user'`),
  ],
);

/** One row: messages up to this one are in the full-text indexes. It moves with them, in the same transaction. */
export const indexedMessages = sqliteTable('indexed_messages', { upTo: integer().notNull() });

/** What a message is made of; none for one of a single text. `start` and `length` name its place in the message's text. */
export const messageParts = sqliteTable(
  'message_parts',
  {
    messageId: integer()
      .notNull()
      .references(() => conversationMessages.id, { onDelete: 'cascade' }),
    position: integer().notNull(),
    kind: text({ enum: ['text', 'thinking', 'tool_use', 'tool_result', 'image', 'other'] }).notNull(),
    start: integer().notNull(),
    length: integer().notNull(),
    /** Of a call. */
    tool: text(),
    toolUseId: text(),
    isError: integer({ mode: 'boolean' }).notNull().default(false),
    /** Where all of it is, when the message has only its beginning. */
    blobId: integer().references(() => blobs.id),
    /** Characters, or bytes of an image, that it had in all. */
    size: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.messageId, table.position] }),
    index('message_parts_call').on(table.toolUseId),
    index('message_parts_blob').on(table.blobId).where(isNotNull(table.blobId)),
  ],
);

/** Long results and images, each once. */
export const blobs = sqliteTable(
  'blobs',
  {
    id: integer().primaryKey(),
    digest: text().notNull(),
    mediaType: text().notNull(),
    content: blob({ mode: 'buffer' }).notNull(),
  },
  (table) => [uniqueIndex('blobs_digest').on(table.digest)],
);

/** What happened in a conversation beside what was said: the end of a turn, a compaction, a title. */
export const conversationEvents = sqliteTable(
  'conversation_events',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    conversationId: integer()
      .notNull()
      .references(() => conversations.id, { onDelete: 'cascade' }),
    uuid: text().notNull(),
    type: text().notNull(),
    at: integer(),
    content: text().notNull(),
  },
  (table) => [
    uniqueIndex('conversation_events_uuid').on(table.conversationId, table.uuid),
    index('conversation_events_type').on(table.type, table.id),
  ],
);

/** What one answer of the model has used. The lines of an answer repeat it, so do copies of a conversation: it counts once. */
export const messageUsage = sqliteTable(
  'message_usage',
  {
    /** The message's id at the API, with that of its request. */
    answer: text().primaryKey(),
    conversationId: integer()
      .notNull()
      .references(() => conversations.id, { onDelete: 'cascade' }),
    model: text().notNull(),
    /** Epoch milliseconds; null where the line has no time. */
    at: integer(),
    inputTokens: integer().notNull(),
    outputTokens: integer().notNull(),
    cacheReadTokens: integer().notNull(),
    /** Written to the cache for five minutes. */
    cacheWriteTokens: integer().notNull(),
    /** Written to the cache for an hour. */
    cacheWriteLongTokens: integer().notNull(),
  },
  (table) => [
    index('message_usage_conversation').on(table.conversationId),
    index('message_usage_at').on(table.at),
  ],
);
