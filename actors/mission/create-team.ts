import { createMessageLedger } from '../../services/ledger/message-ledger.ts';
import type { MissionCore } from '../core.ts';
import { createMessages } from '../messages/create-messages.ts';
import { createPost } from '../messages/post.ts';
import { slotsAsTeam } from '../messages/team.ts';
import type { Mission } from './api.ts';
import type { MissionDependencies } from './mission-dependencies.ts';

export interface TeamDependencies {
  readonly core: MissionCore;
  readonly dependencies: Pick<MissionDependencies, 'database'>;
}

/** What makes a team of slots: what they tell one another. `operations` are for the doors. */
export function createTeam({ core, dependencies: { database } }: TeamDependencies): {
  readonly operations: Pick<Mission, 'messages'>;
} {
  const ledger = createMessageLedger(database.db);
  const post = createPost({ core, ledger, team: slotsAsTeam(core), wake() {} });
  return { operations: { messages: createMessages({ core, ledger, post }) } };
}
