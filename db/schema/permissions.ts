import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Epoch, QuestionId, SlotId, TaskId } from '../ids.ts';

/** Append-only: every tool call that was judged, and by which rule. */
export const decisions = sqliteTable(
  'decisions',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    at: integer().notNull(),
    slotId: text().$type<SlotId>().notNull(),
    epoch: text().$type<Epoch>().notNull(),
    taskId: text().$type<TaskId>(),
    tool: text().notNull(),
    argument: text().notNull(),
    decision: text().$type<'allow' | 'confirm' | 'deny'>().notNull(),
    rule: text().notNull(),
    /** No agent may answer what is asked because of it. */
    personOnly: integer({ mode: 'boolean' }).notNull().default(false),
  },
  (table) => [index('decisions_slot').on(table.slotId, table.at)],
);

/** Everything that waited for a person or the orchestrator, and who answered. */
export const questions = sqliteTable(
  'questions',
  {
    id: text().$type<QuestionId>().primaryKey(),
    slotId: text().$type<SlotId>().notNull(),
    epoch: text().$type<Epoch>().notNull(),
    taskId: text().$type<TaskId>(),
    kind: text().notNull(),
    tool: text(),
    argument: text(),
    question: text().notNull(),
    options: text({ mode: 'json' }).$type<readonly string[]>().notNull(),
    askedAt: integer().notNull(),
    /** When it is denied unless somebody has answered; null for what waits as long as it takes. */
    expiresAt: integer(),
    /** No agent may answer it, an orchestrating one neither. */
    personOnly: integer({ mode: 'boolean' }).notNull().default(false),
    /** Why it is asked, where a rule says so. */
    rule: text(),
    /** Of the dialog on the screen; null until one was seen. */
    identity: text(),
    closedAt: integer(),
    answer: text(),
    answeredBy: text(),
  },
  (table) => [index('questions_slot').on(table.slotId, table.askedAt)],
);
