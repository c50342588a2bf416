import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import { isBranchName, tipOfBranch, uncommittedIn } from '../../services/merging/branches.ts';
import type { GateDependencies } from '../../services/merging/examine.ts';
import { named } from '../../services/merging/gate-rows.ts';
import { protectedAmong } from '../../services/merging/protected-files.ts';
import { type Destination, pullRequestSource } from '../../services/merging/pull-request-source.ts';
import { pushForward } from '../../services/merging/push-forward.ts';
import { globMatcher } from '../../services/permissions/glob.ts';
import { PROTECTED_FILE } from '../../services/permissions/repository-protection.ts';
import { pushRemoteOf } from '../../services/worktrees/fork-remotes.ts';
import { findAgent } from '../agents/find-agent.ts';
import type { MissionCore } from '../core.ts';
import type { MergingParty, PushRequest } from './api.ts';
import type { PushView } from './views.ts';

export interface PushWorkDependencies {
  readonly core: Pick<MissionCore, 'agents' | 'occupied' | 'repositories'>;
  readonly gate: Pick<GateDependencies, 'git' | 'gh' | 'alone' | 'policy'>;
  /** A repository as it is now: whether it is a fork may have changed. */
  readonly asItIs: (repository: RepositoryRow, signal: AbortSignal) => Promise<RepositoryRow>;
}

/** What an agent has named before it pushes, where others go on with it. */
const scratchOf = ({ slotId }: AgentRow): string => `refs/missiond/push/${slotId}`;

/** Brings the commits of an agent to the branch that others look at: that of its pull request, or one of its own name. */
export function createPushWork({ core, gate: { git, gh, alone, policy }, asItIs }: PushWorkDependencies) {
  /** A person, and the agent of a slot whose rules allow it: in its own repository, to where the work belongs. */
  function requireMayPush({ to, allowProtected }: PushRequest, row: AgentRow, by: MergingParty): void {
    if (by.kind === 'person') return;
    if (by.kind === 'program')
      throw new MissionError('person_only', 'Only a person pushes the work of an agent.', {
        remedy: 'missiond worker push NAME',
      });
    const own = core.agents.get(by.slotId)?.repository;
    if (own !== row.repository)
      throw new MissionError('not_permitted', `${row.slotId} is no agent of the repository of the caller.`);
    if (to !== undefined || allowProtected)
      throw new MissionError(
        'not_permitted',
        'Only a person says to which branch work is pushed, and agrees to a change of protected files.',
        { remedy: 'Leave both out, or ask a person: missiond worker push NAME.' },
      );
  }

  async function destinationOf(
    { to }: PushRequest,
    row: AgentRow & { readonly branch: string },
    repository: RepositoryRow,
    signal: AbortSignal,
  ): Promise<Destination> {
    const call = { cwd: repository.path, signal };
    if (to === undefined && row.pullRequest !== null)
      return pullRequestSource(git, gh, row.pullRequest, repository, call);
    const remote = await pushRemoteOf(git, repository.remote, call);
    if (remote === null)
      throw new MissionError('repository_refused', `${repository.name} has no remote.`, {
        remedy: 'Add one: git remote add origin ADDRESS.',
      });
    const branch = to ?? row.branch;
    if (!(await isBranchName(git, branch, call)))
      throw new MissionError('input_invalid', `${JSON.stringify(branch)} is no name of a branch.`);
    return { to: remote, branch, called: remote };
  }

  /** What everybody builds on is reached by the gate alone. */
  function requireNotProtected(
    { branch }: Destination,
    { defaultBranch, configuration }: RepositoryRow,
  ): void {
    const names = [
      ...(policy().protections?.branches ?? []),
      ...configuration.protectedBranches,
      ...(defaultBranch === null ? [] : [defaultBranch]),
    ];
    if (!names.some((name) => globMatcher(name.toLowerCase())(branch.toLowerCase()))) return;
    throw new MissionError(
      'not_permitted',
      `${branch} is a protected branch: work is merged into it, not pushed.`,
      {
        remedy: 'missiond merge NAME looks at everything and merges.',
      },
    );
  }

  return async function push(request: PushRequest, by: MergingParty, signal: AbortSignal): Promise<PushView> {
    const found = findAgent(core, request.name, request.repository);
    if (found.branch === null)
      throw new MissionError('agent_refused', `${found.name} has no branch: there is nothing of it to push.`);
    const row = { ...found, branch: found.branch };
    requireMayPush(request, row, by);
    const added = core.repositories.get(row.repository);
    if (added === undefined)
      throw new MissionError('repository_unknown', `The repository of ${row.name} was removed.`);
    const repository = await asItIs(added, signal);
    const call = { cwd: repository.path, signal };
    const commit = await tipOfBranch(git, row.branch, call);
    if (commit === null)
      throw new MissionError('worktree_refused', `The branch ${row.branch} is gone.`, {
        remedy: `missiond workers ${row.slotId} says where its work was saved, if there was any.`,
      });
    const loose =
      row.status === 'removed'
        ? []
        : await uncommittedIn(git, { ...call, cwd: row.worktree }, { untracked: true });
    if (loose.length > 0)
      throw new MissionError(
        'agent_refused',
        `Not everything of ${row.name} is committed: ${named(loose)}.`,
        {
          remedy: `missiond worker more ${row.name} "Commit what is to be pushed, and remove the rest."`,
        },
      );
    const destination = await destinationOf(request, row, repository, signal);
    requireNotProtected(destination, repository);
    const forwarded = await pushForward(
      git,
      {
        commit,
        destination,
        mayMake: row.pullRequest === null || request.to !== undefined,
        base: row.base,
        scratch: scratchOf(row),
        turn: (act) => alone(repository.gitFolder, act),
        async check(files) {
          if (request.allowProtected) return;
          const { defaultBranch } = repository;
          const list =
            defaultBranch === null
              ? null
              : await git.ask(
                  ['cat-file', 'blob', `refs/heads/${defaultBranch}:${PROTECTED_FILE}`],
                  call,
                  /./,
                );
          const guarded = protectedAmong(files, repository.path, policy(), list);
          if (guarded.length === 0) return;
          throw new MissionError(
            'person_only',
            `A person has to agree to ${named(guarded)}. Nothing was pushed.`,
            { remedy: `missiond worker push ${row.name} --repo ${row.repository} --protected` },
          );
        },
      },
      call,
    );
    const isAtWork = core.occupied.has(row.slotId);
    const isItself = by.kind === 'slot' && by.slotId === row.slotId;
    return {
      slotId: row.slotId,
      ...(row.pullRequest === null || request.to !== undefined ? {} : { pullRequest: row.pullRequest }),
      repository: destination.called,
      branch: destination.branch,
      ...(forwarded.before === null ? {} : { before: forwarded.before }),
      after: commit,
      commits: forwarded.commits,
      notes: [
        ...(forwarded.trouble === null ? [] : [forwarded.trouble]),
        ...(isAtWork && !isItself
          ? [`${row.name} is still at work: what it commits from now on is not pushed.`]
          : []),
      ],
    };
  };
}
