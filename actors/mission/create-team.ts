import type { SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { createMergeLedger } from '../../services/ledger/merge-ledger.ts';
import { createMessageLedger } from '../../services/ledger/message-ledger.ts';
import { createNudgeLedger } from '../../services/ledger/nudge-ledger.ts';
import { SHOWN_CHARACTERS } from '../../services/messages/frame.ts';
import { createAgentHolds } from '../agents/agent-holds.ts';
import { type AgentsDependencies, createAgents } from '../agents/create-agents.ts';
import { createRefreshAgents } from '../agents/refresh-agents.ts';
import { createLastingSessions } from '../agents/start-lasting.ts';
import { createMerging } from '../merging/create-merging.ts';
import { createMessages } from '../messages/create-messages.ts';
import { FROM_MISSIOND } from '../messages/from-missiond.ts';
import { createMail, type MailDependencies } from '../messages/mail.ts';
import { createPost, partyOfSlot } from '../messages/post.ts';
import { everybody } from '../messages/team.ts';
import { createNudger } from '../nudges/nudger.ts';
import { createPauses } from '../nudges/pauses.ts';
import {
  lookAfterRepositories,
  type RepositoriesPartDependencies,
} from '../repositories/look-after-repositories.ts';
import { createRoleOperations } from '../roles/create-role-operations.ts';
import type { MissionDependencies } from './mission-dependencies.ts';

export interface TeamDependencies
  extends Omit<AgentsDependencies, 'resolve' | 'send' | 'holds' | 'refreshing'>,
    Pick<MailDependencies, 'transcripts' | 'give' | 'holdsBack'> {
  readonly dependencies: AgentsDependencies['dependencies'] &
    RepositoriesPartDependencies['dependencies'] &
    Pick<
      MissionDependencies,
      'database' | 'lengthOf' | 'redact' | 'mergeGate' | 'roles' | 'rules' | 'runCheck'
    >;
  readonly removeWorktree: RepositoriesPartDependencies['removeWorktree'];
}

/**
 * What makes a team of slots: the repositories it works on, its agents, and what its members tell one another.
 * `operations` are for the doors; `watches` move by themselves once they are started.
 */
export function createTeam(given: TeamDependencies) {
  const { core, dependencies } = given;
  const ledger = createMessageLedger(dependencies.database.db);
  const nudges = createNudgeLedger(dependencies.database.db);
  const pauses = createPauses({ ...given, ledger: nudges });
  const merges = createMergeLedger(dependencies.database.db);
  const team = everybody(core);
  const holds = createAgentHolds();
  const post = createPost({ core, ledger, team, redact: dependencies.redact });
  const lasting = createLastingSessions(given);
  const mail = createMail({
    ...given,
    startLasting: lasting.startFor,
    ledger,
    post,
    team,
    lengthOf: dependencies.lengthOf,
    isPaused: (slotId) => pauses.of(slotId) !== null,
    onError: given.report('messages could not be delivered'),
  });
  const hasMail = (slotId: SlotId): boolean => ledger.hasMail(partyOfSlot(slotId));
  const nudger = createNudger({
    ...given,
    ledger: nudges,
    mergeRequests: merges.requested,
    unreadRests: (slotId) => ledger.unreadLonger(partyOfSlot(slotId), SHOWN_CHARACTERS),
    hasMail,
    mayStart: lasting.mayStart,
    onError: given.report('an agent could not be reminded of its work'),
  });
  const { repositories, overlaps, watches } = lookAfterRepositories({
    ...given,
    holds,
    send: (message, from) => messages.send(message, from),
  });
  const messages = createMessages({ core, ledger, post });
  const { start: startMerging, ...merging } = createMerging({
    core,
    ledger: merges,
    repositories,
    care: dependencies.repositoryCare,
    gate: {
      ...dependencies.mergeGate,
      policy: dependencies.rules.current,
      runCommand: dependencies.runCheck,
    },
    tell(to, body) {
      try {
        messages.send({ to, body, isState: true }, FROM_MISSIOND);
        return true;
      } catch (error) {
        if (!(error instanceof MissionError)) throw error;
        core.logger.warn({ to, error: error.message }, 'somebody could not be told of a merge');
        return false;
      }
    },
    onError: given.report('a merge could not go on'),
    signal: given.signal,
  });
  const roles = createRoleOperations({ ...dependencies.roles, repositories, signal: given.signal });
  const refreshing = createRefreshAgents({
    ...given,
    db: dependencies.database.db,
    care: dependencies.repositoryCare,
    holds,
    hasMail,
    isReviewed: ({ name }, commit) => merges.reviewsOf(name, commit).length > 0,
    send: messages.send,
  });
  const agents = createAgents({
    ...given,
    holds,
    refreshing,
    resolve: repositories.resolve,
    send: messages.send,
  });
  return {
    operations: { ...agents.operations, messages, repositories, merging, roles, pauses: pauses.operations },
    runtimeSlots: agents.runtimeSlots,
    mail,
    overlaps,
    /** Something is done to an agent as a whole: nothing is typed there. */
    isHeld: holds.isHeld,
    /** Who has put a slot aside; null when nobody has. */
    pauseOf: pauses.of,
    watches: [...watches, lasting, mail, nudger, { start: startMerging }, agents.watch],
  };
}
