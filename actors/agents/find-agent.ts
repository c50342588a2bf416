import { AgentName, type RepositoryName, SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { MissionCore } from '../core.ts';

/** How many are named to whoever named none of them. */
const MOST_NAMED = 10;

type Rows = Pick<MissionCore, 'agents' | 'repositories'>;

/** An agent's name is one within its repository: with that before it, it is one everywhere. */
function candidates({ agents, repositories }: Rows, words: string, repository?: RepositoryName): AgentRow[] {
  const slotId = SlotId.safeParse(words.replace('/', '.')).data;
  const bySlot = slotId === undefined ? undefined : agents.get(slotId);
  if (bySlot !== undefined && (repository === undefined || bySlot.repository === repository)) return [bySlot];
  const name = AgentName.safeParse(words).data;
  if (name === undefined) return [];
  const where = repository === undefined ? repositories.list().map((row) => row.name) : [repository];
  return where.flatMap((one) => agents.named(one, name) ?? []);
}

/**
 * The agent that is meant by its name, by its name and repository (`repository/name`), or by its slot.
 * @param repository where it is looked for; the current one is preferred when nothing is said
 * @throws MissionError `agent_unknown`
 */
export function findAgent(core: Rows, words: string, repository?: RepositoryName): AgentRow {
  const found = candidates(core, words, repository);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const current = core.repositories.current()?.name;
  const ofCurrent = found.find((row) => row.repository === current);
  if (ofCurrent !== undefined) return ofCurrent;
  if (found.length > 1)
    throw new MissionError(
      'agent_unknown',
      `"${words}" is an agent of ${found.map((row) => row.repository).join(' and of ')}.`,
      { remedy: `Say which: ${found.map((row) => `${row.repository}/${row.name}`).join(', ')}.` },
    );
  const there = core.agents
    .list({ repository, statuses: ['active', 'hibernated', 'completed'], limit: MOST_NAMED })
    .map((row) => `${row.repository}/${row.name}`);
  throw new MissionError('agent_unknown', `There is no agent "${words}".`, {
    remedy: there.length === 0 ? 'Make one: missiond work "TASK".' : `There are: ${there.join(', ')}.`,
  });
}
