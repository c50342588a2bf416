import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { BoardTaskId, QuestionId, Role, SlotId, TaskId } from '../ids.ts';
import { redactedJson, redactedText } from '../redacted-columns.ts';
import type { Guard, Verify, WorktreeWish } from './tasks.ts';

export const BOARD_STATUSES = [
  'open',
  'running',
  'verifying',
  'blocked',
  'done',
  'failed',
  'skipped',
] as const;
export type BoardStatus = (typeof BOARD_STATUSES)[number];

export const BOARD_PRIORITIES = ['high', 'medium', 'low'] as const;
export const BOARD_CATEGORIES = ['deploy', 'dev', 'infra', 'test', 'other'] as const;
export const NOTE_TYPES = ['progress', 'summary', 'note'] as const;

/** How the autopilot hands a board task in: options of `mission_submit`. */
export interface BoardOptions {
  timeoutMs?: number | undefined;
  retries?: number | undefined;
  retryBackoffMs?: number | undefined;
  requires?: readonly string[] | undefined;
  budget?: { usd?: number | undefined; tokens?: number | undefined } | undefined;
  guard?: Guard | undefined;
  verify?: Verify | undefined;
  worktree?: WorktreeWish | undefined;
}

/** What a blocked board task waits for. */
export interface BlockedOn {
  question: string;
  options?: readonly string[] | undefined;
  questionId?: QuestionId | undefined;
  slotId?: SlotId | undefined;
}

/** A card of the board: work that people, orchestrators and the autopilot share. Work in a slot is a row of `tasks`. */
export const boardTasks = sqliteTable(
  'board_tasks',
  {
    id: text().$type<BoardTaskId>().primaryKey(),
    title: text().notNull(),
    description: text().notNull(),
    status: text().$type<BoardStatus>().notNull(),
    priority: text().$type<(typeof BOARD_PRIORITIES)[number]>().notNull(),
    category: text().$type<(typeof BOARD_CATEGORIES)[number]>().notNull(),
    project: text(),
    server: text(),
    /** `2026-11-21`, local time. */
    dueDate: text(),
    parentId: text().$type<BoardTaskId>(),
    /** A slot, a role, or whoever else: the autopilot knows the first two. */
    assignee: text(),
    autoExecute: integer({ mode: 'boolean' }).notNull(),
    /** What the autopilot hands in instead of title and description. */
    promptTemplate: text(),
    options: text({ mode: 'json' }).$type<BoardOptions>(),
    hidden: integer({ mode: 'boolean' }).notNull(),
    /** The place among the children of one parent. */
    orderIdx: integer().notNull(),
    /** Who works on it: all three or none. */
    claimExecutorId: text(),
    claimExecutorType: text().$type<'manual_session' | 'pty_slot' | 'autopilot'>(),
    claimedAt: integer(),
    blockedOn: redactedJson<BlockedOn>(),
    /** How often the autopilot has begun it. */
    runs: integer().notNull(),
    /** The task of the latest run. */
    taskId: text().$type<TaskId>(),
    createdBy: text().notNull(),
    createdAt: integer().notNull(),
    updatedAt: integer().notNull(),
    finishedAt: integer(),
  },
  (table) => [
    index('board_children').on(table.parentId, table.orderIdx),
    index('board_status').on(table.status, table.finishedAt),
  ],
);

export const boardNotes = sqliteTable(
  'board_notes',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    boardTaskId: text().$type<BoardTaskId>().notNull(),
    content: redactedText().notNull(),
    noteType: text().$type<(typeof NOTE_TYPES)[number]>().notNull(),
    author: text().notNull(),
    createdAt: integer().notNull(),
  },
  (table) => [index('board_notes_task').on(table.boardTaskId, table.id)],
);

/** What the autopilot asked for: stored before it is, so that a daemon that was killed between hands in the same again. */
export interface RunRequest extends BoardOptions {
  role?: Role | undefined;
  slotId?: SlotId | undefined;
  prompt: string;
  priority: number;
  labels: readonly string[];
}

/** How a run of the autopilot ended. `blocked`: it needs a person's word before it can be tried again. */
export type RunOutcome = 'done' | 'failed' | 'blocked' | 'cancelled';

/** Every run of a board task by the autopilot: one task of the queue each. */
export const boardRuns = sqliteTable(
  'board_runs',
  {
    boardTaskId: text().$type<BoardTaskId>().notNull(),
    /** 1 for the first. */
    number: integer().notNull(),
    assignee: text().notNull(),
    request: text({ mode: 'json' }).$type<RunRequest>().notNull(),
    /** Null between the claim and the queue. */
    taskId: text().$type<TaskId>(),
    startedAt: integer().notNull(),
    endedAt: integer(),
    outcome: text().$type<RunOutcome>(),
  },
  (table) => [
    primaryKey({ columns: [table.boardTaskId, table.number] }),
    index('board_runs_task').on(table.taskId),
    index('board_runs_ended').on(table.assignee, table.endedAt),
    index('board_runs_open').on(table.startedAt).where(sql`ended_at is null`),
  ],
);
