import { createOverlapLedger } from '../../services/ledger/overlap-ledger.ts';
import type { AgentHolds } from '../agents/agent-holds.ts';
import type { MissionCore } from '../core.ts';
import type { Messages } from '../messages/api.ts';
import type { Mission } from '../mission/api.ts';
import type { MissionDependencies } from '../mission/mission-dependencies.ts';
import type { Repositories } from './api.ts';
import { createCleanUp } from './clean-up.ts';
import { createRepositories } from './create-repositories.ts';
import { createOverlapWatch } from './overlap-watch.ts';

/** More agents than that are not named to whoever wants to remove their repository. */
const MOST_NAMED = 200;

export interface RepositoriesPartDependencies {
  readonly core: MissionCore;
  readonly dependencies: Pick<
    MissionDependencies,
    'database' | 'repositories' | 'repositoryCare' | 'worktrees'
  >;
  readonly removeWorktree: Mission['removeWorktree'];
  readonly holds: AgentHolds;
  /** Of the agents' messages. */
  readonly send: Messages['send'];
  readonly report: (where: string) => (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/** The repositories of a team, for the doors, and what goes on by itself in them. */
export function lookAfterRepositories({
  core,
  dependencies: { database, repositories: disk, repositoryCare: care, worktrees },
  removeWorktree,
  holds,
  send,
  report,
  signal,
}: RepositoriesPartDependencies) {
  const { tidy, ...repositories } = createRepositories({
    core,
    disk,
    agentsOf: (repository) =>
      core.agents
        .list({
          repository,
          statuses: ['making', 'active', 'hibernated', 'completed'],
          limit: MOST_NAMED,
        })
        .map(({ name }) => name),
    signal,
  });
  const cleanUp = createCleanUp({ core, care, worktrees, removeWorktree, holds, signal });
  const overlaps = createOverlapWatch({
    core,
    ledger: createOverlapLedger(database.db),
    care,
    send,
    onError: report('agents at the same files could not be looked for'),
    signal,
  });
  const operations: Repositories = {
    ...repositories,
    cleanUp: async (which, options) => cleanUp(await repositories.resolve(which, signal), options),
    async overlaps(which, { look }) {
      const repository = await repositories.resolve(which, signal);
      return look ? overlaps.look(repository) : overlaps.open(repository);
    },
    allOverlaps: overlaps.allOpen,
    rescues: async (which) => care.rescues(await repositories.resolve(which, signal), signal),
    showRescue: async (which, name) =>
      care.showRescue(await repositories.resolve(which, signal), name, signal),
    dropRescue: async (which, name) =>
      care.dropRescue(await repositories.resolve(which, signal), name, signal),
  };
  const tidying = {
    start() {
      void tidy().catch(report('what is left of clones could not be tidied'));
      return () => {};
    },
  };
  return { repositories: operations, overlaps, watches: [tidying, overlaps] };
}
