import { AgentStatus } from '../../actors/agents/agent-views.ts';
import type { Mission } from '../../actors/mission/api.ts';
import type { SlotId } from '../../db/ids.ts';
import { closestOf } from '../../services/errors/closest-of.ts';
import { MissionError, toFailure } from '../../services/errors/mission-error.ts';

/** As many as are compared with a name that nobody has. */
const MOST_AGENTS = 1_000;

type Names = Pick<Mission, 'slots' | 'workers'>;

/** The slot of an agent that is there; of one that is not, the failure says what to do. */
function slotOfAgent({ slots, workers }: Names, words: SlotId): SlotId {
  const { slotId, name, repository, status } = workers.get({ name: words });
  if (slots().some((slot) => slot.slotId === slotId)) return slotId;
  throw new MissionError('slot_not_running', `${name} is ${status}: it has no session.`, {
    remedy:
      status === 'hibernated'
        ? `Wake it: missiond hibernate ${name} --repo ${repository} --wake.`
        : `missiond workers ${name} --repo ${repository} says what has become of its work.`,
  });
}

/**
 * The slot that somebody means who names it, or the agent in it by its name.
 * @throws MissionError `slot_unknown`, `slot_not_running`, `agent_unknown` where several have that name
 */
export function slotMeant(mission: Names, words: SlotId): SlotId {
  const slots = mission.slots().map(({ slotId }) => slotId);
  if (slots.includes(words)) return words;
  try {
    return slotOfAgent(mission, words);
  } catch (error) {
    const agents = mission.workers.list({ statuses: AgentStatus.options, limit: MOST_AGENTS });
    const isNobody = !agents.some(({ name }) => String(name) === words);
    if (toFailure(error).code !== 'agent_unknown' || !isNobody) throw error;
    const close = closestOf(words, [...slots, ...agents.map(({ name }) => name)]);
    const guess = close.length === 0 ? '' : `Did you mean ${close.join(' or ')}? `;
    throw new MissionError('slot_unknown', `There is no slot and no agent "${words}".`, {
      remedy: `${guess}\`missiond status\` and \`missiond workers\` name all of them.`,
    });
  }
}
