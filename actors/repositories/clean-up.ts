import { messageOf } from '../../services/errors/message-of.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import type { BranchState, Merged } from '../../services/worktrees/branch-state.ts';
import type { RepositoryCare } from '../../services/worktrees/create-repository-care.ts';
import type { Worktrees } from '../../services/worktrees/create-worktrees.ts';
import type { AgentHolds } from '../agents/agent-holds.ts';
import type { MissionCore } from '../core.ts';
import type { Mission } from '../mission/api.ts';
import type { CleanupView } from './cleanup-views.ts';

/** More agents than that are looked at by the next clean-up. */
const MOST_LOOKED_AT = 1_000;

const HOW: Readonly<Record<Exclude<Merged, 'no'>, string>> = {
  merged: 'merged',
  rebased: 'merged, commit by commit',
  squashed: 'merged as one commit',
  nothing: 'holds nothing',
};

export interface CleanUpDependencies {
  readonly core: Pick<MissionCore, 'agents' | 'worktrees' | 'runtimes' | 'now'>;
  readonly care: RepositoryCare;
  readonly worktrees: Pick<Worktrees, 'contents' | 'remove'>;
  readonly removeWorktree: Mission['removeWorktree'];
  readonly holds: AgentHolds;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

export interface CleanUpOptions {
  readonly dryRun: boolean;
  /** Also what remotes have of the branches that are removed. */
  readonly remote: boolean;
}

/** Something of ours that may go: an agent, or the worktree of a task. */
interface Candidate {
  readonly what: 'agent' | 'task';
  readonly name: string;
  readonly worktree: Parameters<Worktrees['contents']>[0];
  /** Its branch got its name from missiond, and was not at the remote before. */
  readonly isOurName: boolean;
  readonly remove: () => Promise<string | null>;
}

/** Removes what is left of work that has come into the default branch: of rows of ours alone, and saved before. */
export function createCleanUp({ core, care, worktrees, removeWorktree, holds, signal }: CleanUpDependencies) {
  function ofAgent(row: AgentRow): Candidate {
    const worktree = { repository: row.gitFolder, path: row.worktree, branch: row.branch, base: row.base };
    return {
      what: 'agent',
      name: row.name,
      worktree,
      isOurName: row.branch === `work/${row.name}` || row.branch === `workspace/${row.name}`,
      remove: () =>
        holds.during(row, 'removed', async () => {
          const { status } = core.agents.get(row.slotId) ?? row;
          if (status !== 'completed' || core.runtimes.has(row.slotId))
            throw new MissionError('worktree_in_use', `${row.name} was woken meanwhile.`);
          let saved = row.rescue;
          const saving = {
            before: row.rescue,
            saved(rescue: string): void {
              saved = rescue;
              core.agents.update(row.slotId, { rescue });
            },
          };
          await worktrees.remove(worktree, saving, signal);
          const endedAt = row.endedAt ?? core.now();
          core.agents.update(row.slotId, { status: 'removed', portBlock: null, portCount: null, endedAt });
          return saved;
        }),
    };
  }

  function candidatesOf({ name, gitFolder }: RepositoryRow): readonly Candidate[] {
    const agents = core.agents
      // A branch of the name of one that is removed is a person's.
      .list({ repository: name, statuses: ['completed'], limit: MOST_LOOKED_AT })
      .filter(
        (row) =>
          (row.ownsBranch || row.branch === null) &&
          !core.runtimes.has(row.slotId) &&
          row.gitFolder === gitFolder,
      )
      .map(ofAgent);
    const tasks = core.worktrees
      .list({ removed: false, limit: MOST_LOOKED_AT })
      .filter((row) => row.status === 'kept' && row.repository === gitFolder)
      .map(
        (row): Candidate => ({
          what: 'task',
          name: row.taskId,
          worktree: row,
          isOurName: true,
          remove: async () => (await removeWorktree(row.taskId)).worktree.rescue ?? null,
        }),
      );
    return [...agents, ...tasks];
  }

  /** Why something stays; null when it may go. */
  function staysFor(state: BranchState | null, uncommitted: number, isThere: boolean): string | null {
    if (uncommitted > 0) return `${uncommitted} files are not committed`;
    if (state === null) return isThere ? 'nobody can say whether its branch is merged' : null;
    return state.merged === 'no' ? `${state.ahead} commits are not merged` : null;
  }

  async function cleanUp(
    repository: RepositoryRow,
    { dryRun, remote }: CleanUpOptions,
  ): Promise<CleanupView> {
    const removed: CleanupView['removed'] = [];
    const left: CleanupView['left'] = [];
    const notes: string[] = [];
    const unasked = dryRun ? null : await care.fetchDefault(repository, signal);
    if (unasked !== null) notes.push(`The remote did not answer; what was last fetched is taken. ${unasked}`);
    const guarded = [repository.defaultBranch, ...repository.configuration.protectedBranches];

    async function look({ what, name, worktree, isOurName, remove }: Candidate): Promise<void> {
      const { branch } = worktree;
      const { isThere, tip, uncommitted, commits } = await worktrees.contents(worktree, signal);
      if (!isThere && tip === null) return;
      if (branch === null) {
        if (uncommitted > 0) return void left.push({ name, why: `${uncommitted} files are not committed` });
        if (commits > 0) return void left.push({ name, why: `${commits} commits are on no branch` });
        const rescue = dryRun ? null : await remove();
        return void removed.push({
          what,
          name,
          path: worktree.path,
          why: HOW.nothing,
          ...(rescue === null ? {} : { rescue }),
        });
      }
      if (guarded.includes(branch)) return void left.push({ name, why: `${branch} is protected` });
      const state = await care.stateOf(repository, branch, signal);
      const why = staysFor(state, uncommitted, isThere);
      if (why !== null) return void left.push({ name, why });
      const how = state === null ? 'its branch is gone' : state.merged === 'no' ? '' : HOW[state.merged];
      if (!dryRun && remote && !isOurName)
        notes.push(`${branch} stays at its remotes: it may be a person's.`);
      else if (!dryRun && remote && state !== null)
        await care.planRemoteDeletion(repository, { branch, tip: state.tip }, signal);
      const rescue = dryRun ? null : await remove();
      removed.push({
        what,
        name,
        branch,
        ...(isThere ? { path: worktree.path } : {}),
        why: how,
        ...(rescue === null ? {} : { rescue }),
      });
    }

    for (const candidate of candidatesOf(repository)) {
      await look(candidate).catch((error: unknown) => {
        signal.throwIfAborted();
        if (!(error instanceof MissionError)) throw error;
        left.push({ name: candidate.name, why: messageOf(error) });
      });
    }
    // Only what has gone here goes there as well: the other way round, a removal that fails would leave half of it.
    if (!dryRun && remote) notes.push(...(await care.deletePlannedAtRemotes(repository, signal)));
    for (const gone of await care.goneOf(repository, signal)) {
      const rescue = dryRun ? null : await care.forget(repository, gone, signal);
      removed.push({
        what: 'entry',
        name: gone.path,
        why: 'its folder is gone',
        ...(rescue === null ? {} : { rescue }),
      });
    }
    const rows = new Set(
      core.agents.list({ repository: repository.name, limit: MOST_LOOKED_AT }).map((row) => row.worktree),
    );
    for (const place of await care.strangeFolders(repository, repository.name, signal))
      left.push({
        name: place,
        why: rows.has(place)
          ? 'git does not know of it; look at what is in it'
          : 'neither git nor missiond knows of it; look at what is in it',
      });
    if (dryRun) notes.push('Nothing was changed, and the remote was not asked.');
    return { repository: repository.name, dryRun, removed, left, notes };
  }
  return cleanUp;
}
