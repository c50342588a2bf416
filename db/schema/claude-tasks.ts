import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { redactedJson, redactedText } from '../redacted-columns.ts';

/** A task list that Claude Code keeps for itself: one of a session, and of older versions one of each subagent. */
export const claudeTaskLists = sqliteTable(
  'claude_task_lists',
  {
    /** The session's id; of a subagent that has its own `<session>/agent-<id>`. */
    name: text().primaryKey(),
    sessionId: text().notNull(),
    /** Its files are known: they say more than the transcript, which is not asked any more. */
    hasFiles: integer({ mode: 'boolean' }).notNull(),
    /** Epoch milliseconds. */
    changedAt: integer().notNull(),
  },
  (table) => [
    index('claude_task_lists_session').on(table.sessionId),
    index('claude_task_lists_changed').on(table.changedAt),
  ],
);

/** What stands in such a list. */
export const claudeTasks = sqliteTable(
  'claude_tasks',
  {
    list: text()
      .notNull()
      .references(() => claudeTaskLists.name, { onDelete: 'cascade' }),
    /** As Claude Code numbers them; of older versions their places. */
    taskId: text().notNull(),
    position: integer().notNull(),
    subject: redactedText().notNull(),
    description: redactedText(),
    /** What is said while it is worked on. */
    activeForm: redactedText(),
    status: text({ enum: ['pending', 'in_progress', 'completed'] }).notNull(),
    owner: redactedText(),
    blockedBy: redactedJson<readonly string[]>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.list, table.taskId] }),
    index('claude_tasks_status').on(table.status),
  ],
);
