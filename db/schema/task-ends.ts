import { integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { TaskId } from '../ids.ts';

/**
 * Tasks in the order in which their ends were written, by triggers of the migration: clocks are set back, and many tasks
 * end within one millisecond, so that no time says what somebody has not heard of yet.
 */
export const taskEnds = sqliteTable(
  'task_ends',
  {
    number: integer().primaryKey({ autoIncrement: true }),
    taskId: text().$type<TaskId>().notNull(),
  },
  (table) => [uniqueIndex('task_ends_task').on(table.taskId)],
);

/** How far somebody has heard of ends. */
export const taskEndMarks = sqliteTable(
  'task_end_marks',
  {
    /** Whose token it is: nobody acknowledges for another. */
    by: text().notNull(),
    /** The name that the consumer gives itself. */
    name: text().notNull(),
    /** The number of the last end that was acknowledged. */
    number: integer().notNull(),
    at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.by, table.name] })],
);
