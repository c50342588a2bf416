import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { MissionCore } from '../core.ts';

/** Of all roles together a repository has a handful. */
const MOST_LASTING = 100;

/**
 * Two supervisors would both be told of every end, two merge queues both be asked: a repository gets a second agent of a
 * role whose agents last only by a name that somebody chose for it.
 * @throws MissionError `agent_refused`
 */
export function requireFirstOfLastingRole(
  { agents }: Pick<MissionCore, 'agents'>,
  wanted: Pick<AgentRow, 'repository' | 'role' | 'kind'> & { readonly isNamed: boolean },
): void {
  if (wanted.kind !== 'persistent' || wanted.isNamed) return;
  const { repository, role } = wanted;
  const first = agents
    .list({
      repository,
      statuses: ['making', 'active', 'hibernated'],
      kinds: ['persistent'],
      limit: MOST_LASTING,
    })
    .find((row) => row.role === role);
  if (first === undefined) return;
  throw new MissionError('agent_refused', `${repository} has a ${role} already: ${first.name}.`, {
    remedy: `missiond attach ${first.name} shows it; missiond worker keep ${first.name} ends it. For a second one choose a name: --name NAME.`,
  });
}
