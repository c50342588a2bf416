import { z } from 'zod';
import { SlotId } from '../../db/ids.ts';
import { ListedTaskStatus } from '../../services/claude-tasks/listed-task.ts';

/** A task of Claude Code's own list, as missiond's users know it. */
export const ClaudeTaskView = z.object({
  id: z.string(),
  subject: z.string(),
  description: z.string().optional(),
  activeForm: z.string().optional(),
  status: ListedTaskStatus,
  owner: z.string().optional(),
  /** Tasks that come first. */
  blockedBy: z.array(z.string()).optional(),
});
export type ClaudeTaskView = z.infer<typeof ClaudeTaskView>;

const ofSession = {
  sessionId: z.string(),
  /** The folder in which the conversation began. */
  project: z.string().optional(),
  /** The beginning of what was said first. */
  summary: z.string().optional(),
  slotId: SlotId.optional(),
};

/** A session with a task list. Times are epoch milliseconds. */
export const ClaudeSessionView = z.object({
  ...ofSession,
  tasks: z.number().int(),
  inProgress: z.number().int(),
  pending: z.number().int(),
  completed: z.number().int(),
  modified: z.number(),
  /** Its Claude Code runs. */
  isActive: z.boolean(),
  /** What the running one says of itself. */
  status: z.enum(['idle', 'busy', 'waiting', 'shell', 'unknown']).optional(),
});
export type ClaudeSessionView = z.infer<typeof ClaudeSessionView>;

export const ClaudeTaskListView = z.object({ ...ofSession, tasks: z.array(ClaudeTaskView) });
export type ClaudeTaskListView = z.infer<typeof ClaudeTaskListView>;

export const ClaudeTaskInProgressView = z.object({
  ...ofSession,
  task: ClaudeTaskView,
  activeForm: z.string().optional(),
  modified: z.number(),
});
export type ClaudeTaskInProgressView = z.infer<typeof ClaudeTaskInProgressView>;

/** What became of a list. */
export const ClaudeTasksChange = z.object({
  sessionId: z.string(),
  projectPath: z.string().optional(),
  projectName: z.string().optional(),
  previousTasks: z.array(ClaudeTaskView),
  currentTasks: z.array(ClaudeTaskView),
  added: z.array(ClaudeTaskView),
  removed: z.array(ClaudeTaskView),
  statusChanged: z.array(z.object({ task: ClaudeTaskView, previousStatus: ListedTaskStatus })),
  timestamp: z.number(),
});
export type ClaudeTasksChange = z.infer<typeof ClaudeTasksChange>;

export const ClaudeOverviewView = z.object({
  /** Sessions that have or had a list. */
  totalSessions: z.number().int(),
  activeSessions: z.number().int(),
  tasksByStatus: z.object({
    pending: z.number().int(),
    in_progress: z.number().int(),
    completed: z.number().int(),
  }),
  sessionsWithTasks: z.number().int(),
  /** Since the daemon began, the last one first. */
  recentChanges: z.array(ClaudeTasksChange),
});
export type ClaudeOverviewView = z.infer<typeof ClaudeOverviewView>;

const numbered = { sequence: z.number(), at: z.number() };
const ofOneTask = z.object({
  sessionId: z.string(),
  projectName: z.string().optional(),
  task: ClaudeTaskView,
});
const ofOneSession = z.object({
  sessionId: z.string(),
  projectName: z.string().optional(),
  summary: z.string().optional(),
});

/** Of every session on the machine, the person's own too: told to whoever may read conversations. */
export const CLAUDE_TASK_EVENTS = [
  z.object({ type: z.literal('cc_tasks_changed'), ...numbered, payload: ClaudeTasksChange }),
  z.object({ type: z.literal('cc_task_started'), ...numbered, payload: ofOneTask }),
  z.object({ type: z.literal('cc_task_completed'), ...numbered, payload: ofOneTask }),
  z.object({ type: z.literal('cc_session_active'), ...numbered, payload: ofOneSession }),
  z.object({ type: z.literal('cc_session_inactive'), ...numbered, payload: ofOneSession }),
] as const;
