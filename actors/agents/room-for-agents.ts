import { RepositoryConfiguration } from '../../db/repository-configuration.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { RepositoryRow } from '../../services/ledger/repository-ledger.ts';
import type { MissionCore } from '../core.ts';

/** They are made for a task and go with it; of the others a team has few. */
const COUNTED: readonly AgentRow['kind'][] = ['worker', 'reviewer'];

/**
 * Each has a program of its own and costs money: agents that make agents come to an end here.
 * @throws MissionError `too_many`
 */
export function requireRoom(
  { agents }: Pick<MissionCore, 'agents'>,
  { name: repository, configuration }: RepositoryRow,
  kind: AgentRow['kind'],
): void {
  if (!COUNTED.includes(kind)) return;
  const { mostAgents: limit } = RepositoryConfiguration.parse(configuration);
  const working = agents.list({
    repository,
    statuses: ['making', 'active'],
    kinds: COUNTED,
    limit,
  });
  if (working.length < limit) return;
  throw new MissionError('too_many', `${limit} agents work on ${repository} already.`, {
    remedy: `Wait until one is done, or end one: missiond workers. A person allows more: missiond repo config mostAgents=${limit * 2} --repo ${repository}.`,
  });
}
