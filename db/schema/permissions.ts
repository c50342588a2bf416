import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Epoch, QuestionId, Role, SlotId, TaskId } from '../ids.ts';
import { redactedJson, redactedText } from '../redacted-columns.ts';

const AUDIT_KINDS = ['decision', 'question', 'answer', 'rules', 'kill'] as const;

/** Rules before and after a change. */
export interface RulesChange {
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * Who was let do what, by which rule, who answered, who changed the rules, who ended what. Append-only: triggers refuse
 * to change or to remove a row.
 */
export const audit = sqliteTable(
  'audit',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    at: integer().notNull(),
    kind: text().$type<(typeof AUDIT_KINDS)[number]>().notNull(),
    /** Who did it: a door with the name of its client, `terminal`, `timeout`, `file`, `missiond`. */
    by: text(),
    slotId: text().$type<SlotId>(),
    role: text().$type<Role>(),
    epoch: text().$type<Epoch>(),
    taskId: text().$type<TaskId>(),
    questionId: text().$type<QuestionId>(),
    tool: text(),
    /** Known secrets are taken out. */
    argument: redactedText(),
    decision: text().$type<'allow' | 'confirm' | 'deny'>(),
    rule: redactedText(),
    /** No agent may answer what is asked because of it. */
    personOnly: integer({ mode: 'boolean' }).notNull().default(false),
    answer: redactedText(),
    change: redactedJson<RulesChange>(),
  },
  (table) => [
    index('audit_slot').on(table.slotId, table.id),
    index('audit_task').on(table.taskId, table.id),
    index('audit_question').on(table.questionId),
    index('audit_at').on(table.at),
  ],
);

/** How soon an agent needs the answer. */
export type Urgency = 'low' | 'normal' | 'high';

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
    argument: redactedText(),
    question: redactedText().notNull(),
    /** What somebody needs to know who answers; of an agent's own question alone, as are the next two. */
    context: redactedText(),
    urgency: text().$type<Urgency>(),
    /** How it ended; null while it waits, and where whoever closed it says it. */
    outcome: text().$type<'answered' | 'dismissed' | 'expired'>(),
    options: redactedJson<readonly string[]>().notNull(),
    askedAt: integer().notNull(),
    /** When it is denied unless somebody has answered; null for what waits as long as it takes. */
    expiresAt: integer(),
    /** No agent may answer it, an orchestrating one neither. */
    personOnly: integer({ mode: 'boolean' }).notNull().default(false),
    /** Why it is asked, where a rule says so. */
    rule: redactedText(),
    /** Of the dialog on the screen; null until one was seen. */
    identity: text(),
    closedAt: integer(),
    answer: redactedText(),
    answeredBy: text(),
  },
  (table) => [index('questions_slot').on(table.slotId, table.askedAt)],
);
