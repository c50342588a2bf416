import { z } from 'zod';
import { AgentName, RepositoryName, Role, SlotId, TaskId } from '../../db/ids.ts';

const AGENT_STATUSES = ['making', 'active', 'hibernated', 'completed', 'removed'] as const;
export const AgentStatus = z.enum(AGENT_STATUSES);
export type AgentStatus = z.infer<typeof AgentStatus>;

/** What has changed since the commit at which a branch began. */
const ChangesView = z.object({
  commits: z.number().int(),
  files: z.number().int(),
  insertions: z.number().int(),
  deletions: z.number().int(),
  /** Files that are not committed. */
  uncommitted: z.number().int(),
});

const CompletionView = z.object({
  at: z.number(),
  summary: z.string(),
  /** Why it could not be done. */
  failure: z.string().optional(),
  /** What was run to see that it works, as the agent says. */
  tests: z.string().optional(),
  /** `agent`: it said so itself; `task`: its task ended. */
  by: z.enum(['agent', 'task']),
  /** When it was woken afterwards: then this says nothing of what it does now. */
  wokenAt: z.number().optional(),
  changes: ChangesView.optional(),
});

/** An agent of a team. Times are epoch milliseconds. */
export const AgentView = z.object({
  slotId: SlotId,
  repository: RepositoryName,
  name: AgentName,
  role: Role,
  kind: z.enum(['worker', 'workspace', 'reviewer', 'persistent']),
  status: AgentStatus,
  /** Left out of one that only reads: its role has `worktree: false`. */
  branch: z.string().optional(),
  /** The commit at which its work began. */
  base: z.string(),
  worktree: z.string(),
  portBlock: z.number().int().optional(),
  pullRequest: z.number().int().optional(),
  /** What it was made for. */
  task: z.string().optional(),
  taskId: TaskId.optional(),
  /** Of that task. */
  taskStatus: z.string().optional(),
  /** What its session does, while it has one. */
  state: z.string().optional(),
  completion: CompletionView.optional(),
  /** By its sessions, money as Claude Code reckons it. */
  spent: z.object({ usd: z.number(), inputTokens: z.number(), outputTokens: z.number() }),
  /** Where everything was saved that was in its worktree. */
  rescue: z.string().optional(),
  trouble: z.string().optional(),
  createdBy: z.string(),
  createdAt: z.number(),
  endedAt: z.number().optional(),
});
export type AgentView = z.infer<typeof AgentView>;
