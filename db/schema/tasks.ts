import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { ClaudeSessionId, DeliveryId, Epoch, Role, SlotId, TaskId } from '../ids.ts';
import { redactedJson, redactedSnapshot, redactedText } from '../redacted-columns.ts';
import { waitsFrom } from '../waits-from.ts';

/** Tools called, the one that runs, the last words, prompts taken. */
export interface Progress {
  tools: Record<string, number>;
  currentTool?: { name: string; argument: string; since: number } | undefined;
  lastWords?: string | undefined;
  turns: number;
  updatedAt: number;
}

/** Guardrails of one task: `services/permissions/task-guard.ts` says what they mean. */
export interface Guard {
  protectedPaths?: readonly string[] | undefined;
  maxChanges?: number | undefined;
  check?: string | undefined;
  /** It uses no tools at all; only missiond itself says so. */
  noTools?: boolean | undefined;
}

/** Who must agree before a task counts as done: a shell command that ends with status 0, or an agent of a role. */
export interface Verify {
  command?: string | undefined;
  role?: Role | undefined;
  prompt?: string | undefined;
  timeoutMs?: number | undefined;
}

/** A git worktree of its own: on which branch, beginning where. */
export interface WorktreeWish {
  branch?: string | undefined;
  base?: string | undefined;
}

/**
 * A piece of work. `kind` says which door it came through: `task` (submit), `ask`, or `message` (pty_send); `check` is
 * one that looks at the result of another. All of them share one way into a session.
 */
export const tasks = sqliteTable(
  'tasks',
  {
    id: text().$type<TaskId>().primaryKey(),
    kind: text().$type<'task' | 'ask' | 'message' | 'check'>().notNull(),
    role: text().$type<Role>().notNull(),
    prompt: text().notNull(),
    status: text()
      .$type<'queued' | 'delivering' | 'running' | 'waiting' | 'done' | 'failed' | 'cancelled'>()
      .notNull(),
    /** The slot that the submitter named. */
    pinnedSlotId: text().$type<SlotId>(),
    /** The slot that does it. */
    slotId: text().$type<SlotId>(),
    epoch: text().$type<Epoch>(),
    sessionId: text().$type<ClaudeSessionId>(),
    result: redactedText(),
    errorCode: text(),
    error: redactedText(),
    deadlineAt: integer(),
    /** Who handed it in: the door, with the name of the client where it has one. */
    submitter: text().notNull().default(''),
    /** Higher is served first; waiting raises it (`waitsFrom`). */
    priority: integer().notNull().default(0),
    /** Traits that a slot must have to do it. */
    requires: text({ mode: 'json' }).$type<readonly string[]>(),
    /**
     * What a task in `waiting` waits for. Only one that waits for a person has a slot. `check`: it still counts as
     * running, and its session has nothing to do with it for the time being.
     */
    waitingFor: text().$type<'person' | 'dependency' | 'time' | 'check' | 'session'>(),
    /** Epoch milliseconds before which no slot takes it. */
    notBefore: integer(),
    /** How long one attempt may take, in milliseconds. */
    timeoutMs: integer(),
    /** How often it is tried again, and how often it has been. */
    retries: integer().notNull().default(0),
    retried: integer().notNull().default(0),
    retryBackoffMs: integer().notNull().default(0),
    /** The results of the tasks that it depends on stand at the end of its prompt. */
    includeResults: integer({ mode: 'boolean' }).notNull().default(false),
    verify: text({ mode: 'json' }).$type<Verify>(),
    /** It is done in a worktree; null where it is done in the folder of its slot. */
    worktree: text({ mode: 'json' }).$type<WorktreeWish>(),
    /** The slot that had it last: its session knows what was done. */
    lastSlotId: text().$type<SlotId>(),
    labels: redactedJson<readonly string[]>(),
    /** What it may spend, in all its attempts. */
    budgetUsd: real(),
    budgetTokens: integer(),
    /** What it may not do, and how many changes it has made since its last check. */
    guard: text({ mode: 'json' }).$type<Guard>(),
    unchecked: integer().notNull().default(0),
    idempotencyKey: text(),
    /** SHA-256 of what was handed in, where a key came with it. */
    contentHash: text(),
    createdAt: integer().notNull(),
    startedAt: integer(),
    finishedAt: integer(),
    /** What it does while it runs. */
    progress: redactedJson<Progress>(),
    snapshot: redactedSnapshot(),
    snapshotVersion: integer().notNull(),
  },
  (table) => [
    index('tasks_status').on(table.status, table.createdAt),
    index('tasks_created').on(table.createdAt),
    // The queue as the dispatcher reads it: of each submitter what a slot may take, in the order of service.
    index('tasks_for_slot').on(table.status, table.pinnedSlotId, table.submitter, waitsFrom),
    index('tasks_for_role').on(table.status, table.role, table.pinnedSlotId, table.submitter, waitsFrom),
    index('tasks_deadline').on(table.status, table.deadlineAt),
    index('tasks_waiting').on(table.status, table.waitingFor, table.notBefore),
    uniqueIndex('tasks_idempotency').on(table.submitter, table.idempotencyKey),
  ],
);

/** Which tasks wait for the results of which. A task can only name tasks that are there already: no circle can arise. */
export const taskDependencies = sqliteTable(
  'task_dependencies',
  {
    taskId: text().$type<TaskId>().notNull(),
    dependsOn: text().$type<TaskId>().notNull(),
    /** In the order in which they were named. */
    place: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.taskId, table.dependsOn] }),
    index('task_dependents').on(table.dependsOn),
  ],
);

/** How one run of a task in a slot ended. `lost`: its session ended before the task did. */
export type AttemptOutcome = 'done' | 'failed' | 'cancelled' | 'lost' | 'interrupted' | 'continued';

/** Every run of a task in a slot, kept. What was never typed is no attempt. */
export const attempts = sqliteTable(
  'attempts',
  {
    taskId: text().$type<TaskId>().notNull(),
    /** 1 for the first. */
    number: integer().notNull(),
    slotId: text().$type<SlotId>().notNull(),
    epoch: text().$type<Epoch>().notNull(),
    sessionId: text().$type<ClaudeSessionId>().notNull(),
    /** As it was delivered: later attempts are told what became of the earlier ones. */
    prompt: text().notNull(),
    startedAt: integer().notNull(),
    endedAt: integer(),
    outcome: text().$type<AttemptOutcome>(),
    errorCode: text(),
    error: redactedText(),
    inputTokens: integer(),
    outputTokens: integer(),
    cacheTokens: integer(),
    costUsd: real(),
  },
  (table) => [
    primaryKey({ columns: [table.taskId, table.number] }),
    index('attempts_session').on(table.sessionId),
  ],
);

/** The ledger of prompts: what was typed where, and whether Claude Code confirmed it. */
export const deliveries = sqliteTable(
  'deliveries',
  {
    id: text().$type<DeliveryId>().primaryKey(),
    taskId: text().$type<TaskId>().notNull(),
    slotId: text().$type<SlotId>().notNull(),
    epoch: text().$type<Epoch>().notNull(),
    /** The number of the attempt that it belongs to: a retry may go into the same session. */
    attempt: integer().notNull().default(1),
    /** The words as UserPromptSubmit is expected to carry them. */
    expected: text().notNull(),
    status: text().$type<'queued' | 'typed' | 'submitted' | 'answered' | 'refused'>().notNull(),
    failure: redactedText(),
    /** The transcript as it was before anything was typed: an equal prompt before that place is another turn. */
    transcriptPath: text(),
    transcriptOffset: integer().notNull().default(0),
    /** Claude Code's id of the prompt, which the hooks of its turn carry (2.1.329; earlier versions send none). */
    promptId: text(),
    createdAt: integer().notNull(),
    typedAt: integer(),
    submittedAt: integer(),
    answeredAt: integer(),
  },
  (table) => [index('deliveries_task').on(table.taskId), index('deliveries_slot').on(table.slotId)],
);

/** What came back, for the orchestrator to read once. */
export const inboxMessages = sqliteTable(
  'inbox_messages',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    taskId: text().$type<TaskId>().notNull(),
    fromRole: text().$type<Role>().notNull(),
    content: redactedText().notNull(),
    read: integer({ mode: 'boolean' }).notNull(),
    createdAt: integer().notNull(),
  },
  (table) => [index('inbox_unread').on(table.read, table.id)],
);

/** Prompts and answers of a slot, in order. */
export const history = sqliteTable(
  'history',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    slotId: text().$type<SlotId>().notNull(),
    taskId: text().$type<TaskId>(),
    role: text().$type<'user' | 'assistant'>().notNull(),
    content: redactedText().notNull(),
    at: integer().notNull(),
  },
  (table) => [index('history_slot').on(table.slotId, table.id)],
);
