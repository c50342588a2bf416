import { z } from 'zod';
import {
  ClaudeOverviewView,
  ClaudeSessionView,
  ClaudeTaskInProgressView,
  ClaudeTaskListView,
} from '../../actors/claude-tasks/views.ts';
import { operation } from './operation.ts';

const MOST_SESSIONS = 200;

const projectPath = z
  .string()
  .min(1)
  .optional()
  .describe('A folder with what lies below it, or the name of a folder.');
const limit = z.number().int().positive().max(MOST_SESSIONS).default(50);
const LISTS =
  "The to-do lists that Claude Code keeps for itself (TaskCreate, TodoWrite), of every session on this machine, the person's own too";

// They say what the person works on: no agent of a slot gets them, and who only looks at slots neither.
const words = { readOnly: true, access: 'orchestrator', forSlots: false } as const;

export const claudeSessions = operation({
  name: 'mission_cc_sessions',
  title: 'Sessions of Claude Code and their to-do lists',
  description: `${LISTS}: a line for each session with a list, the one that was changed last first. \`isActive\`: its Claude Code runs.`,
  input: z.object({
    projectPath,
    activeOnly: z.boolean().default(true).describe('false: those that have ended, too.'),
    limit,
  }),
  output: z.object({ sessions: z.array(ClaudeSessionView) }),
  ...words,
  run: ({ projectPath, activeOnly, limit }, { mission }) => ({
    sessions: [...mission.claudeTasks.sessions({ project: projectPath, activeOnly }, limit)],
  }),
});

export const claudeTaskLists = operation({
  name: 'mission_cc_tasks',
  title: 'To-do list of a session',
  description: `${LISTS}: all tasks of one session (its id or a beginning of it), or of the sessions of a project; without either, of all sessions that run.`,
  input: z.object({ sessionId: z.string().min(4).optional(), projectPath }),
  output: z.object({ sessions: z.array(ClaudeTaskListView) }),
  ...words,
  run: ({ sessionId, projectPath }, { mission }) => ({
    sessions: [...mission.claudeTasks.tasks({ sessionId, project: projectPath })],
  }),
});

export const claudeOverview = operation({
  name: 'mission_cc_overview',
  title: 'To-do lists at a glance',
  description: `${LISTS}: how many sessions and tasks there are, and what changed last.`,
  input: z.object({}),
  output: ClaudeOverviewView,
  ...words,
  run: (_, { mission }) => mission.claudeTasks.overview(),
});

export const claudeInProgress = operation({
  name: 'mission_cc_in_progress',
  title: 'What is being worked on in all sessions',
  description: `${LISTS}: every task in progress, the newest first.`,
  input: z.object({ limit }),
  output: z.object({ tasks: z.array(ClaudeTaskInProgressView) }),
  ...words,
  run: ({ limit }, { mission }) => ({ tasks: [...mission.claudeTasks.inProgress(limit)] }),
});

export const claudeTaskOperations = [claudeSessions, claudeTaskLists, claudeOverview, claudeInProgress];
