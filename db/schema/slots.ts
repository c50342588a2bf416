import { index, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { ClaudeSessionId, Epoch, Role, SlotId } from '../ids.ts';
import { redactedJson, redactedSnapshot } from '../redacted-columns.ts';

/** A slot as it was last seen. The row carries the snapshot of its machine. */
export const slots = sqliteTable('slots', {
  id: text().$type<SlotId>().primaryKey(),
  role: text().$type<Role>().notNull(),
  status: text().notNull(),
  /** What a person or the orchestrator wants: a slot that was killed stays down over a restart. */
  desired: text().$type<'running' | 'stopped'>().notNull(),
  epoch: text().$type<Epoch>(),
  sessionId: text().$type<ClaudeSessionId>(),
  pid: integer(),
  snapshot: redactedSnapshot(),
  snapshotVersion: integer().notNull(),
  updatedAt: integer().notNull(),
});

/** One run of Claude Code in one pseudo-terminal. */
export const sessions = sqliteTable(
  'sessions',
  {
    epoch: text().$type<Epoch>().primaryKey(),
    slotId: text().$type<SlotId>().notNull(),
    sessionId: text().$type<ClaudeSessionId>().notNull(),
    pid: integer(),
    /** SHA-256 of the slot's token in hex: the token itself is never stored. */
    tokenHash: text().notNull(),
    cwd: text().notNull(),
    claudeVersion: text(),
    transcriptPath: text(),
    /** Where this run keeps its register and its transcripts. */
    configDirectory: text(),
    costUsd: real(),
    startedAt: integer().notNull(),
    endedAt: integer(),
    exitCode: integer(),
    /** It went down with its daemon, in good order. */
    endedByDaemon: integer({ mode: 'boolean' }).notNull().default(false),
  },
  (table) => [index('sessions_slot').on(table.slotId, table.startedAt)],
);

/** Every change of state of a session, with what made it. */
export const transitions = sqliteTable(
  'transitions',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    epoch: text().$type<Epoch>(),
    slotId: text().$type<SlotId>().notNull(),
    at: integer().notNull(),
    region: text().notNull(),
    from: text().notNull(),
    to: text().notNull(),
    evidence: redactedJson<readonly string[]>().notNull(),
  },
  (table) => [index('transitions_slot').on(table.slotId, table.at)],
);
