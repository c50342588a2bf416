import { atOnce } from '../../db/at-once.ts';
import { AgentName, type RepositoryName, Role, SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { newNames } from '../../services/agents/agent-names.ts';
import { type AgentWorktrees, worktreeOf } from '../../services/agents/agent-worktrees.ts';
import type { StartPoint } from '../../services/agents/start-point.ts';
import { messageOf } from '../../services/errors/message-of.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import { USUALLY_CREATED } from '../../services/roles/resolve-roles.ts';
import type { MissionCore } from '../core.ts';
import type { RuntimeSlots } from '../mission/runtime-slots.ts';
import type { TaskOperations } from '../mission/task-operations.ts';
import type { SlotConfiguration } from '../slot-runtime.ts';
import type { WorkRequest } from './api.ts';
import { requireFirstOfLastingRole } from './one-of-a-lasting-role.ts';
import { requireRoom } from './room-for-agents.ts';
import { SET_UP_FAILED, type SetUpAgent } from './set-up-agent.ts';

/** Folders and branches that are in the way of a drawn name, before it is given up. */
const MOST_IN_THE_WAY = 50;

/** What a role says of how its agents live. */
export interface RoleFacts {
  readonly persistence: 'persistent' | 'ephemeral';
  /** False: its agents only read, and have no branch. True where nothing is said. */
  readonly worktree?: boolean;
  /** Of which roles its agents make others. */
  readonly creates?: readonly string[];
}

export interface MakeAgentDependencies {
  readonly core: MissionCore;
  readonly db: MissionDatabase;
  readonly worktrees: AgentWorktrees;
  readonly slots: Pick<RuntimeSlots, 'open' | 'close'>;
  readonly slotOfAgent: (row: AgentRow) => SlotConfiguration;
  /** Null for a role that nobody defines. */
  readonly roleFacts: (repositoryPath: string, role: Role) => RoleFacts | null;
  readonly enqueue: TaskOperations['enqueue'];
  readonly setUpAgent: SetUpAgent;
  readonly signal: AbortSignal;
}

const KINDS: Readonly<Record<string, AgentRow['kind']>> = { workspace: 'workspace', reviewer: 'reviewer' };
const PREFIXES: Readonly<Partial<Record<AgentRow['kind'], string>>> = { workspace: 'workspace' };

const slotIdOf = (repository: RepositoryName, name: AgentName): SlotId =>
  SlotId.parse(`${repository}.${name}`);

/** Makes agents: a row first, then git's part, then the slot and its task in one transaction with the row. */
export function createMakeAgent({
  core,
  db,
  worktrees,
  slots,
  slotOfAgent,
  roleFacts,
  enqueue,
  setUpAgent,
  signal: stopping,
}: MakeAgentDependencies) {
  /** Names whose rows are about to be written. */
  const reserved = new Set<string>();

  const isTaken = (repository: RepositoryName, name: AgentName): boolean => {
    const slotId = slotIdOf(repository, name);
    return (
      reserved.has(slotId) ||
      core.runtimes.has(slotId) ||
      core.agents.get(slotId) !== undefined ||
      core.agents.named(repository, name) !== undefined
    );
  };

  /** An agent makes no other that may do more than its own role was meant to give away: a merge queue of its own. */
  function requireMayMake({ maker, kind }: WorkRequest, role: Role, repository: RepositoryRow): void {
    if (maker === undefined) return;
    const own = core.runtime(maker).configuration.role;
    const may = roleFacts(repository.path, own)?.creates ?? USUALLY_CREATED;
    if (kind === undefined && KINDS[role] !== 'workspace' && may.includes(role)) return;
    throw new MissionError('not_permitted', `An agent of the role ${own} makes no ${kind ?? role}.`, {
      remedy: `It may make: ${may.join(', ') || 'none'} (creates: in the definition of ${own}). A person makes others: missiond work … --role ${role}.`,
    });
  }

  function kindOf(request: WorkRequest, role: Role, repository: RepositoryRow): AgentRow['kind'] {
    const special = request.kind ?? KINDS[role];
    if (special !== undefined) return special;
    const facts = roleFacts(repository.path, role);
    if (facts === null)
      throw new MissionError('role_unknown', `No role "${role}" is defined for ${repository.name}.`, {
        remedy: `missiond roles list --repo ${repository.name} shows them.`,
      });
    return facts.persistence === 'persistent' ? 'persistent' : 'worker';
  }

  async function nameFor(
    { name, branch }: WorkRequest,
    repository: RepositoryRow,
    branchOf: (name: AgentName) => string | null,
    signal: AbortSignal,
  ): Promise<AgentName> {
    const isFree = (one: AgentName): Promise<boolean> => {
      const own = branchOf(one);
      return worktrees.isFree(
        worktrees.placeOf(repository.name, one),
        repository.path,
        // On a branch that is there it gets none of its own.
        branch === undefined || own === null ? own : `${own}/`,
        signal,
      );
    };
    if (name !== undefined) {
      if (isTaken(repository.name, name))
        throw new MissionError(
          'agent_refused',
          `There is, or was, an agent "${name}" of ${repository.name}.`,
          {
            remedy: 'Choose another name; names are never used again.',
          },
        );
      if (!(await isFree(name)))
        throw new MissionError('agent_refused', `A branch or a folder of the name "${name}" is in the way.`, {
          remedy: `Choose another name. It would be ${branchOf(name) === null ? '' : `the branch ${branchOf(name)} and `}the folder ${worktrees.placeOf(repository.name, name)}.`,
        });
      return name;
    }
    let inTheWay = 0;
    for (const drawn of newNames((one) => isTaken(repository.name, AgentName.parse(one)))) {
      if (isTaken(repository.name, drawn)) continue;
      if (await isFree(drawn)) return drawn;
      inTheWay += 1;
      if (inTheWay > MOST_IN_THE_WAY) break;
    }
    throw new MissionError('agent_refused', 'No name was found of which no folder or branch is in the way.', {
      remedy: 'Give one: --name NAME.',
    });
  }

  /** Nobody but a set-up has been in it, if anybody: what that has left there is saved. */
  async function remove(row: AgentRow, signal: AbortSignal): Promise<void> {
    const { setUpBegunAt, rescue } = core.agents.get(row.slotId) ?? row;
    if (setUpBegunAt === null) return worktrees.undo(worktreeOf(row), signal);
    const saved = (ref: string) => core.agents.update(row.slotId, { rescue: ref });
    await worktrees.discard(worktreeOf(row), { before: rescue, saved }, signal);
  }

  /**
   * What was begun is taken back, also when the caller has gone, and however long others are at work in the repository:
   * each call of git has its own limit.
   * @returns the ref under which something in it was saved
   */
  async function takeBack(row: AgentRow, cause: unknown): Promise<string | null> {
    const isSetUp = cause instanceof MissionError && cause.code === 'setup_failed';
    const trouble = isSetUp ? SET_UP_FAILED : messageOf(cause);
    try {
      // What lies in its place is somebody else's.
      const isUntouched = cause instanceof MissionError && cause.facts['isUntouched'] === true;
      if (!isUntouched) await remove(row, stopping);
      core.agents.update(row.slotId, {
        status: 'removed',
        portBlock: null,
        portCount: null,
        trouble,
        endedAt: core.now(),
      });
    } catch (error) {
      // The next daemon tries it again: its row says that it is being made.
      core.logger.error(
        { slotId: row.slotId, error: messageOf(error) },
        'a half-made agent could not be taken back',
      );
      core.agents.update(row.slotId, { trouble: `${trouble} And: ${messageOf(error)}` });
    }
    return core.agents.get(row.slotId)?.rescue ?? null;
  }

  /** It says where what a failing set-up has left was saved. */
  function withRescue(error: unknown, rescue: string | null): unknown {
    if (rescue === null || !(error instanceof MissionError)) return error;
    const { code, message, remedy = '', cause } = error;
    return new MissionError(code, message, {
      remedy: `${remedy} What it had made is ${rescue}.`.trim(),
      cause,
    });
  }

  /** The row, its slot and its task: all, or nothing. */
  function begin(row: AgentRow, request: WorkRequest): void {
    core.agents.update(row.slotId, { status: 'active' });
    slots.open(slotOfAgent(core.agents.get(row.slotId) ?? row));
    const { task: prompt } = request;
    if (prompt === undefined) return;
    const taskId = enqueue('task', {
      ...request.options,
      prompt,
      slotId: row.slotId,
      submitter: request.submitter,
    });
    core.agents.update(row.slotId, { taskId });
  }

  async function build(
    request: WorkRequest,
    repository: RepositoryRow,
    name: AgentName,
    { branch, ownsBranch, base, staysAtBase }: StartPoint,
    kind: AgentRow['kind'],
    role: Role,
    signal: AbortSignal,
  ): Promise<{ readonly row: AgentRow; readonly notes: readonly string[] }> {
    const row: AgentRow = {
      slotId: slotIdOf(repository.name, name),
      repository: repository.name,
      name,
      role,
      kind,
      status: 'making',
      branch,
      ownsBranch,
      base,
      staysAtBase,
      gitFolder: repository.gitFolder,
      worktree: worktrees.placeOf(repository.name, name),
      portBlock: null,
      portCount: null,
      setUpBegunAt: null,
      refreshingFrom: null,
      createdBy: request.submitter,
      createdAt: core.now(),
      task: request.task ?? null,
      taskId: null,
      pullRequest: request.pullRequest ?? null,
      completion: null,
      rescue: null,
      trouble: null,
      endedAt: null,
    };
    // Asked again where nobody can come between: others may have been made, or it removed, while git was asked.
    if (core.repositories.get(repository.name)?.gitFolder !== repository.gitFolder)
      throw new MissionError('repository_unknown', `${repository.name} was removed meanwhile.`, {
        remedy: 'Add it again: missiond repo add WHERE.',
      });
    requireRoom(core, repository, kind);
    requireFirstOfLastingRole(core, { ...row, isNamed: request.name !== undefined });
    core.agents.insert(row);
    try {
      await worktrees.make(worktreeOf(row), signal);
      const notes = await setUpAgent(row, signal);
      atOnce(db, () => begin(row, request));
      return { row: core.agents.get(row.slotId) ?? row, notes };
    } catch (error) {
      // A daemon that goes down leaves it to the next one.
      if (stopping.aborted) throw error;
      await slots.close(row.slotId, 'missiond', 'stays').catch(() => undefined);
      throw withRescue(error, await takeBack(row, error));
    }
  }

  return {
    /** @throws MissionError `agent_refused`, `role_unknown`, `worktree_refused`, `worktree_in_use`, `worktree_failed` */
    async make(
      request: WorkRequest,
      repository: RepositoryRow,
      signal: AbortSignal,
    ): Promise<{ readonly row: AgentRow; readonly notes: readonly string[] }> {
      const role = request.role ?? Role.parse(request.kind === 'workspace' ? 'workspace' : 'worker');
      requireMayMake(request, role, repository);
      const kind = kindOf(request, role, repository);
      requireRoom(core, repository, kind);
      requireFirstOfLastingRole(core, {
        repository: repository.name,
        role,
        kind,
        isNamed: request.name !== undefined,
      });
      // A person works in a workspace, whatever its role says.
      const reads = kind !== 'workspace' && roleFacts(repository.path, role)?.worktree === false;
      const branchOf = (one: AgentName): string | null =>
        reads ? null : `${PREFIXES[kind] ?? 'work'}/${one}`;
      const name = await nameFor(request, repository, branchOf, signal);
      const slotId = slotIdOf(repository.name, name);
      // Another call may have taken it while git was asked.
      if (isTaken(repository.name, name))
        throw new MissionError('agent_refused', `Somebody else has just taken the name ${name}.`, {
          remedy: 'Try again.',
        });
      reserved.add(slotId);
      try {
        const { branch, pullRequest, from } = request;
        const start = await worktrees.start(
          {
            repositoryPath: repository.path,
            remote: repository.remote,
            defaultBranch: repository.defaultBranch,
            usualBranch: branchOf(name),
            branch,
            pullRequest,
            from,
          },
          repository.gitFolder,
          signal,
        );
        const { row, notes } = await build(request, repository, name, start, kind, role, signal);
        return { row, notes: [...start.notes, ...notes] };
      } finally {
        reserved.delete(slotId);
      }
    },

    /** Takes back what a killed daemon had begun; nothing of what this one is making. */
    async takeBackHalfMade(): Promise<void> {
      // Asked again of each: it may have been made while another was taken back.
      for (const row of core.agents.inStatus('making'))
        if (!reserved.has(row.slotId) && core.agents.get(row.slotId)?.status === 'making')
          await takeBack(row, new MissionError('cancelled', 'The daemon ended while it was made.'));
    },
  };
}
