import type { MissionCore } from '../core.ts';
import type { Mission } from '../mission/api.ts';
import type { MissionDependencies } from '../mission/mission-dependencies.ts';
import type { Repositories } from './api.ts';
import { createCleanUp } from './clean-up.ts';
import { createRepositories } from './create-repositories.ts';

/** More agents than that are not named to whoever wants to remove their repository. */
const MOST_NAMED = 200;

export interface RepositoriesPartDependencies {
  readonly core: MissionCore;
  readonly dependencies: Pick<MissionDependencies, 'repositories' | 'repositoryCare' | 'worktrees'>;
  readonly removeWorktree: Mission['removeWorktree'];
  readonly report: (where: string) => (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/** The repositories of a team, for the doors, and what goes on by itself in them. */
export function lookAfterRepositories({
  core,
  dependencies: { repositories: disk, repositoryCare: care, worktrees },
  removeWorktree,
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
  const cleanUp = createCleanUp({ core, care, worktrees, removeWorktree, signal });
  const operations: Repositories = {
    ...repositories,
    cleanUp: async (which, options) => cleanUp(await repositories.resolve(which, signal), options),
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
  return { repositories: operations, watches: [tidying] };
}
