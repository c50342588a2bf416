import type { AgentName, RepositoryName, Role, SlotId, TaskId } from '../../db/ids.ts';
import type { DiffPage } from '../../services/agents/changes.ts';
import type { Landing } from '../../services/agents/land-branch.ts';
import type { SubmitRequest } from '../mission/api.ts';
import type { WhichRepository } from '../repositories/api.ts';
import type { AgentStatus, AgentView } from './agent-views.ts';
import type { RefreshView } from './refresh-views.ts';

export interface WorkRequest {
  /** What to do; without one it waits for work. */
  readonly task?: string | undefined;
  readonly which: WhichRepository;
  /** Drawn when it is left out. */
  readonly name?: AgentName | undefined;
  /** `worker` when it is left out. */
  readonly role?: Role | undefined;
  /** A workspace of the person: nobody gives it tasks or asks it how it goes. */
  readonly kind?: 'workspace' | undefined;
  /** A branch that is there. Of this, a pull request and a start point one alone may be said. */
  readonly branch?: string | undefined;
  readonly pullRequest?: number | undefined;
  readonly from?: string | undefined;
  /** What else is said of its task. */
  readonly options?: Omit<SubmitRequest, 'prompt' | 'role' | 'slotId' | 'submitter' | 'worktree'> | undefined;
  readonly submitter: string;
  /** The agent that asks for it; nobody for a person and programs of theirs. */
  readonly maker?: SlotId | undefined;
}

/** Which agent a call means: its name, `repository/name`, or its slot. */
export interface WhichAgent {
  readonly name: string;
  readonly repository?: RepositoryName | undefined;
}

export interface DoneReport {
  readonly summary: string;
  readonly failure?: string | undefined;
  readonly tests?: string | undefined;
}

export interface AgentFinding {
  readonly slotId: SlotId;
  /** What is not as the row says. */
  readonly finding: string;
  /** What repairs it. */
  readonly remedy: string;
  readonly done: boolean;
}

/** What a door may ask of the agents of teams. Methods throw MissionError. */
export interface Workers {
  /** @throws MissionError `agent_refused`, `repository_unknown`, `role_unknown`, `worktree_refused`, `worktree_failed` */
  create(
    request: WorkRequest,
    signal: AbortSignal,
  ): Promise<{ readonly worker: AgentView; readonly notes: readonly string[] }>;
  /** Newest first. Without `statuses`: those whose worktree is there. */
  list(filter: {
    readonly repository?: RepositoryName | undefined;
    readonly statuses?: readonly AgentStatus[] | undefined;
    readonly search?: string | undefined;
    readonly kinds?: readonly AgentView['kind'][] | undefined;
    readonly limit: number;
  }): readonly AgentView[];
  /** @throws MissionError `agent_unknown` */
  get(which: WhichAgent): AgentView;
  /** The agent of a slot; undefined for one of slots.yaml. */
  ofSlot(slotId: SlotId): AgentView | undefined;
  /** The agent of a slot says how its work ended. Its session ends with its turn, unless it has more to do. */
  done(slotId: SlotId, report: DoneReport): Promise<AgentView>;
  /**
   * Another agent, of a role that the one of the slot may make, goes on with its task when its turn has ended.
   * @returns that agent
   * @throws MissionError `not_permitted`, `agent_unknown`, `agent_refused`, `too_many`, `worktree_failed`
   */
  handOver(
    slotId: SlotId,
    handOver: { readonly note: string; readonly role: Role },
    signal: AbortSignal,
  ): Promise<AgentView>;
  /** A page of what has changed since its work began, committed or not. */
  diff(
    which: WhichAgent,
    offset: number,
    signal: AbortSignal,
  ): Promise<DiffPage & { readonly worker: AgentView }>;
  /**
   * Another task for a worker or a reviewer, in the worktree and the conversation that it has. One whose work has ended is
   * woken for it.
   * @throws MissionError `agent_unknown`, `agent_refused`, `setup_failed`
   */
  giveWork(
    which: WhichAgent,
    work: { readonly task: string; readonly submitter: string },
    signal: AbortSignal,
  ): Promise<{ readonly worker: AgentView; readonly taskId: TaskId; readonly notes: readonly string[] }>;
  /** Ends its session; branch and worktree stay. */
  keep(which: WhichAgent, by: string): Promise<AgentView>;
  /** Ends its session, saves everything under a ref, and removes worktree and branch. */
  discard(which: WhichAgent, by: string, signal: AbortSignal): Promise<AgentView>;
  /** Brings its commits into the default branch here, then removes its worktree where nothing is loose in it. */
  land(
    which: WhichAgent,
    options: { readonly onto?: string | undefined; readonly keep: boolean; readonly by: string },
    signal: AbortSignal,
  ): Promise<{ readonly worker: AgentView; readonly landing: Landing; readonly notes: readonly string[] }>;
  /** Their sessions end with their turns, and nothing starts them before they are woken. */
  hibernate(
    which: { readonly repository?: RepositoryName | undefined; readonly name?: string | undefined },
    by: string,
  ): readonly AgentView[];
  /** Their worktrees are set up again, and they go on with their conversations. Of one whose work has ended: it may be given more. */
  wake(
    which: { readonly repository?: RepositoryName | undefined; readonly name?: string | undefined },
    signal: AbortSignal,
  ): Promise<{ readonly workers: readonly AgentView[]; readonly notes: readonly string[] }>;
  /** Brings an agent, or those of a repository that are active, up to the default branch, where they rest. */
  refresh(
    which: {
      readonly repository?: RepositoryName | undefined;
      readonly cwd?: string | undefined;
      readonly name?: string | undefined;
    },
    signal: AbortSignal,
  ): Promise<{ readonly agents: readonly RefreshView[]; readonly notes: readonly string[] }>;
  /** Compares rows with what is there. Says what it would do, and does it when asked. */
  repair(options: { readonly apply: boolean }, signal: AbortSignal): Promise<readonly AgentFinding[]>;
}
