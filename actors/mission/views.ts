import { z } from 'zod';
import { BoardTaskId, ClaudeSessionId, Epoch, QuestionId, Role, SlotId, TaskId } from '../../db/ids.ts';
import { IngestProgress } from '../../services/conversations/ingest-progress.ts';
import { AgentView } from '../agents/agent-views.ts';
import { BOARD_EVENTS } from '../board/board-views.ts';
import { CLAUDE_TASK_EVENTS } from '../claude-tasks/views.ts';
import { KNOWLEDGE_EVENTS } from '../knowledge/knowledge-views.ts';
import { MEMORY_EVENTS } from '../memory/memory-views.ts';
import { MERGE_EVENTS } from '../merging/views.ts';
import { MESSAGE_EVENTS } from '../messages/message-views.ts';
import { OVERLAP_EVENTS } from '../repositories/overlap-views.ts';
import { WhyView } from './why-view.ts';

const TASK_STATUSES = ['queued', 'delivering', 'running', 'waiting', 'done', 'failed', 'cancelled'] as const;
export const TaskStatus = z.enum(TASK_STATUSES);
export type TaskStatus = z.infer<typeof TaskStatus>;

/** What a task does while it runs, and had done when it ended. Times are epoch milliseconds. */
export const TaskProgress = z.object({
  /** How often each tool was called. */
  tools: z.record(z.string(), z.number().int()),
  /** The one that began last and has not ended. */
  currentTool: z.object({ name: z.string(), argument: z.string(), since: z.number() }).optional(),
  /** The end of what was said last. */
  lastWords: z.string().optional(),
  /** Prompts taken: one, and those that a person or missiond added. */
  turns: z.number().int(),
  updatedAt: z.number(),
});
export type TaskProgress = z.infer<typeof TaskProgress>;

/** One run of a task in a slot. Times are epoch milliseconds. */
export const AttemptView = z.object({
  number: z.number().int(),
  slotId: SlotId,
  sessionId: ClaudeSessionId,
  /** As it was delivered: later attempts are told what became of the earlier ones. */
  prompt: z.string(),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  /** `lost`: the session ended before the task did. Absent while the attempt goes on. */
  /** `continued`: its turn ended and the task went on, since its agent had asked something or handed over. */
  outcome: z.enum(['done', 'failed', 'cancelled', 'lost', 'interrupted', 'continued']).optional(),
  error: z.string().optional(),
  errorCode: z.string().optional(),
  inputTokens: z.number().optional(),
  outputTokens: z.number().optional(),
  cacheTokens: z.number().optional(),
  costUsd: z.number().optional(),
});
export type AttemptView = z.infer<typeof AttemptView>;

/** The git worktree of a task. Times are epoch milliseconds. Files that git ignores do not count. */
export const WorktreeView = z.object({
  taskId: TaskId,
  /** `open`: its task has not ended, or its session still stands there. `kept`: there is work in it. */
  status: z.enum(['making', 'open', 'kept', 'removed']),
  path: z.string(),
  branch: z.string(),
  /** The commit at which the branch began. */
  base: z.string(),
  /** Since the base. */
  commits: z.number().int(),
  /** Files that differ from the base, committed or not. */
  changedFiles: z.number().int(),
  uncommitted: z.number().int(),
  /** The ref under which all of it was saved before it was removed. */
  rescue: z.string().optional(),
  /** Why git did not remove it. */
  trouble: z.string().optional(),
  createdAt: z.number(),
  endedAt: z.number().optional(),
});
export type WorktreeView = z.infer<typeof WorktreeView>;

/** A task as every door shows it. Times are epoch milliseconds. Field names are missiond's. */
export const TaskView = z.object({
  id: TaskId,
  role: Role,
  /** The whole where one task is asked for; its beginning in lists and events. */
  prompt: z.string(),
  status: TaskStatus,
  slotId: SlotId.optional(),
  sessionId: ClaudeSessionId.optional(),
  /** The last assistant message of the turn: a page of it, of a short one the whole; in lists and events its beginning. */
  result: z.string().optional(),
  /** How long the whole result is, in UTF-16 units. */
  resultTotalChars: z.number().int().optional(),
  /** Where the next page of the result begins; absent when this one goes to the end. */
  nextOffset: z.number().int().optional(),
  /** What went wrong, what it means, what to do. */
  error: z.string().optional(),
  /** The code of `error`, stable for programs. */
  errorCode: z.string().optional(),
  progress: TaskProgress.optional(),
  createdAt: z.number(),
  startedAt: z.number().optional(),
  finishedAt: z.number().optional(),
  /** Its runs, oldest first; where one task is asked for. */
  attempts: z.array(AttemptView).optional(),
  /**
   * What a task in `waiting` waits for; `check` while a result is there and its check still runs; `session` while the
   * session that ended in its midst is not back.
   */
  waitingFor: z.enum(['person', 'dependency', 'time', 'check', 'session']).optional(),
  /** Why that session is not back; where one task is asked for. */
  waitsBecause: z.string().optional(),
  /** Before this no slot takes it. */
  notBefore: z.number().optional(),
  dependsOn: z.array(TaskId).optional(),
  /** Where one task is asked for, once its worktree has been made. */
  worktree: WorktreeView.optional(),
  labels: z.array(z.string()).optional(),
  budget: z.object({ usd: z.number().optional(), tokens: z.number().optional() }).optional(),
  /** Changes of files since the last check, where the task has a guard. */
  unchecked: z.number().optional(),
  submitter: z.string().optional(),
  priority: z.number().int().optional(),
  requires: z.array(z.string()).optional(),
});
export type TaskView = z.infer<typeof TaskView>;

const SESSION_STATES = [
  'idle',
  'thinking',
  'responding',
  'tool_running',
  'confirming',
  'error',
  'slash_menu',
  'starting',
  'exited',
  'unknown',
] as const;
export const SessionState = z.enum(SESSION_STATES);
export type SessionState = z.infer<typeof SessionState>;

/** Something that waits for a person or the orchestrator. */
export const QuestionView = z.object({
  id: QuestionId,
  slotId: SlotId,
  taskId: TaskId.optional(),
  /** `agent`: what an agent has asked with mission_question_ask; it stands on no screen. */
  kind: z.enum([
    'permission',
    'question',
    'plan',
    'trust',
    'picker',
    'signIn',
    'limit',
    'update',
    'unknown',
    'agent',
  ]),
  tool: z.string().optional(),
  argument: z.string().optional(),
  question: z.string(),
  /** Of what an agent has asked by itself, as is `urgency`: what somebody needs to know who answers. */
  context: z.string().optional(),
  urgency: z.enum(['low', 'normal', 'high']).optional(),
  options: z.array(z.string()),
  askedAt: z.number(),
  /** When it is denied, or given up, unless somebody has answered; absent where it waits as long as it takes. */
  expiresAt: z.number().optional(),
  /** Only a person answers it, no agent, an orchestrating one neither. */
  personOnly: z.boolean(),
  /** Why it is asked, where a rule says so. */
  rule: z.string().optional(),
  /** The rule that allows this very call from now on, for those who answer with `remember`; absent where none can be written. */
  wouldRemember: z.string().optional(),
  /** What it is known by: the hook of Claude Code, the dialog on the screen. */
  evidence: z.array(z.string()),
  /**
   * `hook`: a PermissionRequest waits for the answer; `screen`: the dialog is answered by keys; `words`: the agent is given
   * the answer, whatever it says.
   */
  answerBy: z.enum(['hook', 'screen', 'words']),
});
export type QuestionView = z.infer<typeof QuestionView>;

/** One with what has become of it. */
export const QuestionRecord = QuestionView.extend({
  status: z
    .enum(['pending', 'answered', 'dismissed', 'expired', 'withdrawn'])
    .describe('withdrawn: nobody needs an answer any more.'),
  answer: z.string().optional().describe('Or why there is none.'),
  answeredBy: z.string().optional(),
  closedAt: z.number().optional(),
});
export type QuestionRecord = z.infer<typeof QuestionRecord>;

/** A slot and its session. Holds no environment and no token. */
export const SlotView = z.object({
  slotId: SlotId,
  role: Role,
  description: z.string(),
  /** Where its session works: its own folder, or the worktree of a task. */
  cwd: z.string().optional(),
  /** The task for which it is being brought to another folder; nobody else gets it. */
  broughtFor: TaskId.optional(),
  /** The task in whose worktree its session stands; it stays there when that has ended, until it has something else to do. */
  worktreeOf: TaskId.optional(),
  /** The slot's own life: stopped, starting, live, ended, backingOff, quarantined, stopping; crashed when missiond failed on it. */
  status: z.string(),
  /** What the session does, in the words of missiond. */
  state: SessionState,
  /** The finer state of the statechart (interrupted, parked, trust, …). */
  conversation: z.string(),
  composer: z.string(),
  attachment: z.string(),
  health: z.string(),
  statusText: z.string().optional(),
  pid: z.number().optional(),
  epoch: Epoch.optional(),
  sessionId: ClaudeSessionId.optional(),
  claudeVersion: z.string().optional(),
  startedAt: z.number().optional(),
  currentTaskId: TaskId.optional(),
  pendingConfirmation: QuestionView.optional(),
  contextLeftPercent: z.number().optional(),
  costUsd: z.number().optional(),
  lastActivityAt: z.number().optional(),
  evidence: z.array(z.string()),
  /** The signals with their ages, what each says, the rule that won, the last mismatches. Absent while no session runs. */
  why: WhyView.optional(),
  failure: z.string().optional(),
  /** Why it takes nothing new although it could: a budget or a usage window is spent. `until`: epoch milliseconds; absent until a person lifts it. */
  paused: z.object({ why: z.string(), until: z.number().optional() }).optional(),
  /** Its context is used up, and a fresh session goes on in its place. */
  handOver: z.enum(['leaving', 'writing', 'renewing', 'carrying']).optional(),
  /** Nobody's fault here: the account is signed out, or the API does not answer. It works again when that is over. */
  trouble: z.enum(['needs_login', 'api_down']).optional(),
  /** When a slot that is backing off, quarantined or stopped by a usage limit is tried again. */
  startsAgainAt: z.number().optional(),
  logFile: z.string(),
});
export type SlotView = z.infer<typeof SlotView>;

const SpentView = z.object({
  usd: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  cacheReadTokens: z.number(),
  cacheWriteTokens: z.number(),
});
/** What was spent on a day (local time), money as Claude Code reckons it. */
export const SpendingView = z.object({
  day: z.string(),
  all: SpentView,
  slots: z.array(z.object({ slotId: SlotId, spent: SpentView, paused: SlotView.shape.paused })),
});
export type SpendingView = z.infer<typeof SpendingView>;

export const InboxMessageView = z.object({
  id: z.number().int(),
  taskId: TaskId,
  /** Where the autopilot had handed it in: the board task that it was for. */
  boardTaskId: BoardTaskId.optional(),
  fromRole: Role,
  /** The beginning; mission_status has the whole. */
  content: z.string(),
  contentTotalChars: z.number().int(),
  read: z.boolean(),
  createdAt: z.number(),
});
export type InboxMessageView = z.infer<typeof InboxMessageView>;

export const HistoryEntryView = z.object({
  role: z.enum(['user', 'assistant']),
  content: z.string(),
  timestamp: z.number(),
  taskId: TaskId.optional(),
});
export type HistoryEntryView = z.infer<typeof HistoryEntryView>;

const numbered = { sequence: z.number(), at: z.number() };
const ofSlot = { ...numbered, slotId: SlotId };

/** What happens in a session, told once and only on change: as missiond's users know it. */
const SESSION_EVENTS = [
  z.object({
    type: z.literal('state_changed'),
    ...ofSlot,
    state: SessionState,
    previousState: SessionState,
    conversation: z.string(),
    /** The hook or the row of the table that moved it. */
    rule: z.string(),
  }),
  /** A confirmation is required. */
  z.object({ type: z.literal('question_asked'), ...numbered, question: QuestionView }),
  z.object({
    type: z.literal('status_updated'),
    ...ofSlot,
    statusText: z.string().optional(),
    contextLeftPercent: z.number().optional(),
    health: z.string(),
  }),
  /** As the tool's hook had it, the beginning of it; known secrets are taken out. */
  z.object({
    type: z.literal('tool_output'),
    ...ofSlot,
    tool: z.string(),
    toolUseId: z.string().optional(),
    output: z.string(),
    failed: z.boolean(),
  }),
  /**
   * A session that works on a task shows no life, or goes round in circles, and what is done about it; or it has ended
   * and does not come back (`not back`, and the task waits).
   */
  z.object({
    type: z.literal('slot_stuck'),
    ...ofSlot,
    taskId: TaskId,
    reason: z.enum(['silent', 'loop', 'failing tool', 'not back']),
    step: z.enum(['nudge', 'ask', 'restart', 'fail', 'wait']),
  }),
  z.object({ type: z.literal('title_changed'), ...ofSlot, title: z.string() }),
  /** A turn ended with these words. */
  z.object({
    type: z.literal('text_complete'),
    ...ofSlot,
    taskId: TaskId.optional(),
    text: z.string(),
    textTotalChars: z.number().int(),
  }),
] as const;
export const SessionEventView = z.discriminatedUnion('type', SESSION_EVENTS);
export type SessionEventView = z.infer<typeof SessionEventView>;

/** What is published on the bus and on the WebSocket; `sequence` grows by one and has no holes. */
export const MissionEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('slot_changed'),
    sequence: z.number(),
    at: z.number(),
    slot: SlotView,
    previousState: SessionState.optional(),
  }),
  /** A slot that was made while the daemon runs is gone. */
  /** How the work of an agent ended. */
  z.object({ type: z.literal('worker_completed'), sequence: z.number(), at: z.number(), worker: AgentView }),
  z.object({ type: z.literal('slot_closed'), sequence: z.number(), at: z.number(), slotId: SlotId }),
  z.object({
    type: z.literal('task_changed'),
    sequence: z.number(),
    at: z.number(),
    task: TaskView,
    previousStatus: TaskStatus.optional(),
  }),
  ...SESSION_EVENTS,
  ...BOARD_EVENTS,
  ...CLAUDE_TASK_EVENTS,
  ...OVERLAP_EVENTS,
  ...KNOWLEDGE_EVENTS,
  ...MEMORY_EVENTS,
  ...MESSAGE_EVENTS,
  ...MERGE_EVENTS,
  /** What a running task does, at most twice a second. */
  z.object({
    type: z.literal('task_progress'),
    sequence: z.number(),
    at: z.number(),
    taskId: TaskId,
    slotId: SlotId,
    progress: TaskProgress,
  }),
  z.object({
    type: z.literal('question_closed'),
    sequence: z.number(),
    at: z.number(),
    question: QuestionView,
    answer: z.string(),
    answeredBy: z.string(),
  }),
  /** Transcripts are being read, much of them at once; at last: `following`. */
  z.object({ type: z.literal('conversations_read'), ...numbered, progress: IngestProgress }),
  /** A budget is nearly spent, or spent. */
  z.object({ type: z.literal('budget_told'), ...ofSlot, taskId: TaskId.optional(), words: z.string() }),
  z.object({
    type: z.literal('tool_decided'),
    sequence: z.number(),
    at: z.number(),
    slotId: SlotId,
    tool: z.string(),
    argument: z.string(),
    decision: z.enum(['allow', 'confirm', 'deny']),
    rule: z.string(),
  }),
]);
export type MissionEvent = z.infer<typeof MissionEvent>;
