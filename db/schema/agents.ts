import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { AgentName, RepositoryName, Role, SlotId, TaskId } from '../ids.ts';
import { redactedJson, redactedText } from '../redacted-columns.ts';

/** How the work of an agent ended, in its own words and in those of git. Times are epoch milliseconds. */
export interface Completion {
  readonly at: number;
  readonly summary: string;
  /** Why it could not be done; absent when it is done. */
  readonly failure?: string | undefined;
  /** What was run to see that it works, as the agent says. */
  readonly tests?: string | undefined;
  /** `agent`: it said so itself; `task`: its task ended. */
  readonly by: 'agent' | 'task';
  /** When it was woken afterwards: then it says nothing of what the agent does now. */
  readonly wokenAt?: number | undefined;
  /** The agent that goes on with its task, of another role. */
  readonly handedTo?: SlotId | undefined;
  /** Against the commit at which its branch began; absent when git could not say. */
  readonly changes?:
    | {
        readonly commits: number;
        readonly files: number;
        readonly insertions: number;
        readonly deletions: number;
        readonly uncommitted: number;
      }
    | undefined;
}

/**
 * An agent of a team: a slot that was made while the daemon ran, with a worktree of its own. Rows are never deleted, so
 * that a name never comes again.
 */
export const agents = sqliteTable(
  'agents',
  {
    /** `<repository>.<name>`. */
    slotId: text().$type<SlotId>().primaryKey(),
    repository: text().$type<RepositoryName>().notNull(),
    name: text().$type<AgentName>().notNull(),
    role: text().$type<Role>().notNull(),
    kind: text().$type<'worker' | 'workspace' | 'reviewer' | 'persistent'>().notNull(),
    /**
     * `making`: written before git begins. `completed`: its work has ended; its worktree stays. `hibernated`: nothing
     * starts it before it is woken. `removed`: its worktree is gone, or it never came to be.
     */
    status: text().$type<'making' | 'active' | 'hibernated' | 'completed' | 'removed'>().notNull(),
    /** Null for one whose role has no branch: it reads, at a commit of the default branch that is checked out for it. */
    branch: text(),
    /** False for one that was there before: it is never deleted. */
    ownsBranch: integer({ mode: 'boolean' }).notNull(),
    /** The commit at which its work began. */
    base: text().notNull(),
    /** Somebody has named a commit or a tag at which it begins: it leaves that only when it is asked for by its name. */
    staysAtBase: integer({ mode: 'boolean' }).notNull().default(false),
    /** The common git folder of its repository. */
    gitFolder: text().notNull(),
    /** The top of its worktree: there its session works. */
    worktree: text().notNull(),
    /** The first port that is its own; null where its repository gives none. */
    portBlock: integer(),
    /** How many there are from that one on. */
    portCount: integer(),
    /** When its worktree was first set up: from then on there may be work of somebody in it. */
    setUpBegunAt: integer(),
    /** Where its branch stood when it began to be brought up to date; null while that is not under way. */
    refreshingFrom: text(),
    createdBy: text().notNull(),
    createdAt: integer().notNull(),
    /** What it was made for. */
    task: redactedText(),
    /** Its first task. */
    taskId: text().$type<TaskId>(),
    pullRequest: integer(),
    completion: redactedJson<Completion>(),
    /** Under which everything in its worktree was saved before that was removed. */
    rescue: text(),
    /** What went wrong with it. */
    trouble: redactedText(),
    endedAt: integer(),
  },
  (table) => [
    uniqueIndex('agents_name').on(table.repository, table.name),
    index('agents_status').on(table.status),
    index('agents_task').on(table.taskId),
  ],
);
