import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { TaskId } from '../ids.ts';
import { redactedText } from '../redacted-columns.ts';

/** The git worktree of a task, with what has come of it. */
export const worktrees = sqliteTable(
  'worktrees',
  {
    taskId: text().$type<TaskId>().primaryKey(),
    /** `making`: written before git begins. `open`: its task has not ended, or a session still stands in it. */
    status: text().$type<'making' | 'open' | 'kept' | 'removed'>().notNull(),
    /** The slots' own folder that it was taken from. */
    cwd: text().notNull(),
    /** The common git folder of its repository. */
    repository: text().notNull(),
    /** Its top. */
    path: text().notNull(),
    /** The folder in it that stands for `cwd`: there the session works. */
    folder: text().notNull(),
    branch: text().notNull(),
    /** The commit at which the branch began. */
    base: text().notNull(),
    commits: integer().notNull().default(0),
    changedFiles: integer().notNull().default(0),
    uncommitted: integer().notNull().default(0),
    /** Under which all of it was saved before it was removed. */
    rescue: text(),
    /** Why git did not remove it. */
    trouble: redactedText(),
    createdAt: integer().notNull(),
    endedAt: integer(),
  },
  (table) => [index('worktrees_status').on(table.status), index('worktrees_folder').on(table.folder)],
);
