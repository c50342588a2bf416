import { createMessageLedger } from '../../services/ledger/message-ledger.ts';
import { type AgentsDependencies, createAgents } from '../agents/create-agents.ts';
import { createMessages } from '../messages/create-messages.ts';
import { createMail, type MailDependencies } from '../messages/mail.ts';
import { createPost } from '../messages/post.ts';
import { everybody } from '../messages/team.ts';
import { createRepositories } from '../repositories/create-repositories.ts';
import type { MissionDependencies } from './mission-dependencies.ts';

export interface TeamDependencies
  extends AgentsDependencies,
    Pick<MailDependencies, 'transcripts' | 'enqueue' | 'give' | 'holdsBack'> {
  readonly dependencies: AgentsDependencies['dependencies'] &
    Pick<MissionDependencies, 'database' | 'lengthOf' | 'repositories'>;
  readonly report: (where: string) => (error: unknown) => void;
}

/**
 * What makes a team of slots: the repositories it works on, its agents, and what its members tell one another.
 * `operations` are for the doors; `watches` move by themselves once they are started.
 */
export function createTeam({ report, ...given }: TeamDependencies) {
  const { core, dependencies, signal } = given;
  const agents = createAgents(given);
  const ledger = createMessageLedger(dependencies.database.db);
  const team = everybody(core);
  const post = createPost({ core, ledger, team });
  const mail = createMail({
    ...given,
    ledger,
    post,
    team,
    lengthOf: dependencies.lengthOf,
    isPaused: () => false,
    onError: report('messages could not be delivered'),
  });
  const { tidy, ...repositories } = createRepositories({
    core,
    disk: dependencies.repositories,
    agentsOf: (repository) =>
      core.agents
        .list({ repository, statuses: ['making', 'active', 'hibernated', 'completed'], limit: 200 })
        .map(({ name }) => name),
    signal,
  });
  const tidying = {
    start() {
      void tidy().catch(report('what is left of clones could not be tidied'));
      return () => {};
    },
  };
  const messages = createMessages({ core, ledger, post });
  return {
    operations: { ...agents.operations, messages, repositories },
    runtimeSlots: agents.runtimeSlots,
    mail,
    watches: [tidying, mail],
  };
}
