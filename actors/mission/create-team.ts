import { createMessageLedger } from '../../services/ledger/message-ledger.ts';
import type { MissionCore } from '../core.ts';
import { createMessages } from '../messages/create-messages.ts';
import { createPost } from '../messages/post.ts';
import { slotsAsTeam } from '../messages/team.ts';
import { createRepositories } from '../repositories/create-repositories.ts';
import type { Mission } from './api.ts';
import type { MissionDependencies } from './mission-dependencies.ts';

export interface TeamDependencies {
  readonly core: MissionCore;
  readonly dependencies: Pick<MissionDependencies, 'database' | 'repositories'>;
  readonly report: (where: string) => (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/**
 * What makes a team of slots: the repositories it works on, and what its members tell one another. `operations` are for
 * the doors; `watches` move by themselves once they are started.
 */
export function createTeam({
  core,
  dependencies: { database, repositories: disk },
  report,
  signal,
}: TeamDependencies) {
  const ledger = createMessageLedger(database.db);
  const post = createPost({ core, ledger, team: slotsAsTeam(core), wake() {} });
  const { tidy, ...repositories } = createRepositories({ core, disk, agentsOf: () => [], signal });
  const tidying = {
    start() {
      void tidy().catch(report('what is left of clones could not be tidied'));
      return () => {};
    },
  };
  const operations: Pick<Mission, 'messages' | 'repositories'> = {
    messages: createMessages({ core, ledger, post }),
    repositories,
  };
  return { operations, watches: [tidying] };
}
