import type { BoardTaskId, ClaudeSessionId, Epoch, Role, SlotId, TaskId } from '../../db/ids.ts';
import type { Guard, Verify, WorktreeWish } from '../../db/schema/tasks.ts';
import type { Cap } from '../../services/config/budgets.ts';
import type { Metric } from '../../services/health/prometheus-text.ts';
import type { AttachHandlers, PtyAttachment } from '../../services/pty/pty-host.ts';
import type { Workers } from '../agents/api.ts';
import type { Board } from '../board/api.ts';
import type { ClaudeTasks } from '../claude-tasks/api.ts';
import type { Conversations } from '../conversations/api.ts';
import type { Following } from '../following/api.ts';
import type { LookAtHealth } from '../health/create-health.ts';
import type { Infra } from '../infra/create-infra.ts';
import type { Jarvis } from '../jarvis/create-jarvis.ts';
import type { KnowledgeBase } from '../knowledge/knowledge-base.ts';
import type { Memory } from '../memory/api.ts';
import type { Merging } from '../merging/api.ts';
import type { Messages } from '../messages/api.ts';
import type { Pauses } from '../nudges/pauses.ts';
import type { Answerer } from '../questions/answerer.ts';
import type { OwnQuestions } from '../questions/own-questions-api.ts';
import type { Repositories } from '../repositories/api.ts';
import type { RoleOperations } from '../roles/create-role-operations.ts';
import type { RouterOperations } from '../router/api.ts';
import type { Skills } from '../skills/create-skills.ts';
import type { Swarms } from '../swarms/api.ts';
import type { AuditOperations } from './audit-operations.ts';
import type { PermissionOperations } from './permission-operations.ts';
import type { KeptScreenshot, ScreenshotOptions } from './screenshots.ts';
import type { SlotHistory } from './slot-history.ts';
import type { PageRequest } from './text-page.ts';
import type {
  HistoryEntryView,
  InboxMessageView,
  MissionEvent,
  QuestionView,
  SlotView,
  SpendingView,
  TaskStatus,
  TaskView,
  WorktreeView,
} from './views.ts';

export interface SubmitRequest {
  readonly role?: Role | undefined;
  readonly slotId?: SlotId | undefined;
  readonly prompt: string;
  /** Milliseconds from now after which a task that has not ended fails. */
  readonly deadlineMs?: number | undefined;
  /** −100 to 100; higher is served first. */
  readonly priority?: number | undefined;
  /** Traits that the slot must have. */
  readonly requires?: readonly string[] | undefined;
  /** Milliseconds that one attempt may take. */
  readonly timeoutMs?: number | undefined;
  /** How often it is tried again when an attempt fails in a way that another may not. */
  readonly retries?: number | undefined;
  /** The first pause before that, in milliseconds; it doubles. */
  readonly retryBackoffMs?: number | undefined;
  /** Ids, or unique beginnings, of tasks that must be done before. */
  readonly dependsOn?: readonly string[] | undefined;
  /** Puts their results at the end of the prompt. */
  readonly includeResults?: boolean | undefined;
  /** Epoch milliseconds. */
  readonly notBefore?: number | undefined;
  readonly labels?: readonly string[] | undefined;
  /** What it may spend, in all its attempts. */
  readonly budget?: Cap | undefined;
  /** What it may not do, beside what the policy says. */
  readonly guard?: Guard | undefined;
  /** Who must agree before it counts as done. */
  readonly verify?: Verify | undefined;
  /** Does it in a git worktree of its own, made when it begins. */
  readonly worktree?: WorktreeWish | undefined;
  /** A second request of the same submitter with the same key gets the first one's task. */
  readonly idempotencyKey?: string | undefined;
  /** The door, and the name of the client where it has one. */
  readonly submitter?: string | undefined;
}

export interface SubmitResult {
  readonly taskId: TaskId;
  /** True when a slot took the task at once. */
  readonly dispatched: boolean;
  readonly slotId?: SlotId;
  readonly hint?: string;
}

export interface AskOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Called with the id before the wait; what it returns is called after it. */
  readonly submitted?: (taskId: TaskId) => () => void;
}

export interface SpawnOptions {
  readonly waitForIdle?: boolean;
  readonly timeoutMs?: number;
  readonly autoRestart?: boolean;
  readonly mcpConfigPath?: string;
}

export interface KillResult {
  readonly success: boolean;
  readonly slotId: SlotId;
  /** Tasks that went back into the queue because they had not reached the session yet. */
  readonly requeuedTasks: readonly TaskId[];
  /** Tasks that had started and are failed with `exited`. */
  readonly failedTasks: readonly TaskId[];
  /** Tasks of the board that its agent had claimed and that are open again. */
  readonly claimsReleased: readonly BoardTaskId[];
}

export interface SendResult {
  readonly delivered: boolean;
  readonly mode: 'fire-and-forget' | 'response';
  readonly hint?: string;
  readonly response?: string;
  readonly durationMs?: number;
  readonly state?: string;
}

/** How a dialog is answered: yes/no, a number as drawn, or a label (exact, else the only one that starts so, else the only one that holds it). */
export type ConfirmResponse = boolean | number | string;

/** Which question is answered: the one that waits in a slot, or one by its id or the unique beginning of it. */
export interface ConfirmRequest {
  readonly slotId?: SlotId | undefined;
  readonly questionId?: string | undefined;
  readonly response: ConfirmResponse;
  /** With a yes: the very call is allowed from now on, in this slot or to its whole role. */
  readonly remember?: 'slot' | 'role' | undefined;
}

export interface ConfirmResult {
  readonly success: boolean;
  readonly slotId: SlotId;
  /** The label that was chosen. */
  readonly chosen: string;
  readonly question: QuestionView;
  /** The rule that was added, and to what. */
  readonly remembered?: { readonly rule: string; readonly scope: string };
}

export interface TerminalLog {
  readonly slotId: SlotId;
  readonly logFile: string;
  readonly transcriptFile?: string;
  /** The last lines of the slot's log. */
  readonly lines: readonly string[];
}

/**
 * Everything that a door may ask of the running mission. Methods throw `MissionError`; `signal` aborts a wait, never the work.
 * Ids of tasks may be shortened to a unique prefix where the parameter is called `idOrPrefix`.
 */
export interface Mission {
  submit(request: SubmitRequest): Promise<SubmitResult>;
  /** Submits and waits. A task that fails rejects with its own code; the wait's end rejects with `timeout` and the task goes on. */
  ask(
    request: SubmitRequest,
    options: AskOptions,
  ): Promise<{ readonly task: TaskView; readonly durationMs: number }>;
  /** With one page of the result; without `page` the first. */
  task(idOrPrefix: string, page?: PageRequest): TaskView;
  tasks(filter: { readonly status?: TaskStatus; readonly limit?: number }): readonly TaskView[];
  /** Resolves when the task is in a final state; rejects with `timeout` (the task goes on) or `cancelled`. */
  waitForTask(
    id: TaskId,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<TaskView>;
  cancel(
    idOrPrefix: string,
  ): Promise<{ readonly cancelled: boolean; readonly task: TaskView; readonly hint?: string }>;

  slots(): readonly SlotView[];
  slot(slotId: SlotId): SlotView;
  spawn(slotId: SlotId, options: SpawnOptions): Promise<SlotView>;
  /** `by`: who ends it, for the audit. */
  kill(slotId: SlotId, by: string): Promise<KillResult>;
  restart(slotId: SlotId, by: string): Promise<SlotView>;

  inbox(filter: { readonly unreadOnly: boolean; readonly limit: number }): readonly InboxMessageView[];
  markInboxRead(ids: readonly number[] | 'all'): { readonly marked: number };

  /** Newest first, with what git says of them now. */
  worktrees(filter: { readonly removed: boolean; readonly limit: number }): Promise<readonly WorktreeView[]>;
  /** Looks what has come of the worktree of a task, for `task` to show. */
  lookAtWorktree(taskId: TaskId): Promise<void>;
  /** Saves what is in the worktree of a task that has ended under a ref, then removes it with its branch. */
  removeWorktree(
    idOrPrefix: string,
  ): Promise<{ readonly removed: boolean; readonly worktree: WorktreeView; readonly hint?: string }>;

  /** What was spent today, and which slots take nothing new for it. */
  spending(): SpendingView;
  /** Lets a slot go on that a budget or a usage window had paused: until the next day, or the reset. */
  resume(slotId: SlotId): { readonly resumed: boolean; readonly hint?: string };

  /** Work that people, orchestrators and the autopilot share. */
  readonly board: Board;
  /** The agents of teams. */
  readonly workers: Workers;
  readonly knowledge: KnowledgeBase;
  /** Language models that are no Claude Code. */
  readonly router: RouterOperations;
  /** What is learnt from conversations by itself. */
  readonly memory: Memory;
  readonly pauses: Pauses;
  /** What the team tells one another. */
  readonly messages: Messages;
  /** The gate before the default branch of a repository. */
  readonly merging: Merging;
  /** What agents can be. */
  readonly roles: RoleOperations;
  /** The machines of servers.yaml. */
  readonly infra: Infra;
  readonly skills: Skills;
  /** What the daemon has written down. */
  readonly jarvis: Jarvis;
  /** How the daemon itself is. */
  health: LookAtHealth;
  /** Numbers of it, for Prometheus. */
  metrics(): readonly Metric[];
  /** The git repositories that the team works on. */
  readonly repositories: Repositories;
  readonly slotHistory: SlotHistory;
  /** Work that is split over slots. */
  readonly swarms: Swarms;
  /** Tasks that have ended, or are being done. */
  readonly following: Following;
  readonly permissions: PermissionOperations;
  readonly audit: AuditOperations;
  /** What was said, by the person and by slots. */
  readonly conversations: Conversations;
  /** What Claude Code has put down for itself, in every session. */
  readonly claudeTasks: ClaudeTasks;

  /** Everything that waits for an answer. */
  questions(): readonly QuestionView[];
  /** What agents ask by themselves. */
  readonly ownQuestions: OwnQuestions;
  /**
   * The agent of a slot leaves what it does to a fresh session, which is told these words; when its turn has ended.
   * @throws MissionError `agent_refused`, `secret_unresolved`
   */
  handOver(slotId: SlotId, words: string): void;
  send(
    slotId: SlotId,
    message: string,
    options: { readonly waitForResponse: boolean; readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<SendResult>;
  screen(slotId: SlotId, lines?: number): Promise<string>;
  /** A picture of the screen, without the secrets that `screen` leaves out. */
  screenshot(slotId: SlotId, options: ScreenshotOptions): Promise<KeptScreenshot>;
  /** The first answer wins: another one rejects with `question_gone` and says who has answered. */
  confirm(request: ConfirmRequest, answerer: Answerer): Promise<ConfirmResult>;
  interrupt(slotId: SlotId): Promise<{ readonly interrupted: boolean; readonly state: string }>;
  history(slotId: SlotId): readonly HistoryEntryView[];
  logs(slotId: SlotId, lines: number): Promise<TerminalLog>;

  /** A hook of Claude Code arrived. Resolves with the JSON that Claude Code expects; may wait for a person until `signal` aborts. */
  receiveHook(
    slotId: SlotId,
    epoch: Epoch,
    body: unknown,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>>;
  /** The status line's JSON arrived. Returns the row to show. */
  receiveStatusLine(slotId: SlotId, epoch: Epoch, body: unknown): string;
  /** True when `token` is the token of that slot's running session. Constant time. */
  slotTokenFits(slotId: SlotId, token: string): boolean;

  attach(
    slotId: SlotId,
    handlers: AttachHandlers,
    options: { readonly fromSequence?: number; readonly readOnly: boolean },
  ): Promise<TerminalControl>;

  /** Every event after `since` that is still held, then all that follow. Returns the way to stop. */
  subscribe(listener: (event: MissionEvent) => void, since?: number): () => void;
  /** The sequence number of the last event. */
  lastSequence(): number;
}

/** A person at a terminal. Input is refused when the attachment is read-only. */
export interface TerminalControl extends PtyAttachment {
  input(data: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  readonly sessionId: ClaudeSessionId | undefined;
}
