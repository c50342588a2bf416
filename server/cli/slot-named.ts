import { MissionError } from '../../services/errors/mission-error.ts';
import { missionWorkerGet } from '../tools/agents.ts';
import type { CommandContext } from './command.ts';

/** What a call says that knows no slot of a name, or takes it for none. */
const NO_SLOT: ReadonlySet<string> = new Set(['slot_unknown', 'input_invalid']);

/** The slot of the agent that is called so, by its name or as `repository/name`; null when there is none. */
async function slotOfAgent(name: string, { call }: Pick<CommandContext, 'call'>): Promise<string | null> {
  try {
    return missionWorkerGet.output.parse(await call(missionWorkerGet.name, { name })).slotId;
  } catch (error) {
    // Of two repositories: whoever asks has to say of which.
    if (
      error instanceof MissionError &&
      error.code === 'agent_unknown' &&
      /is an agent of/.test(error.message)
    )
      throw error;
    return null;
  }
}

/**
 * Asks of a slot; when no slot is called so, of the slot of the agent that is.
 * @throws MissionError what the call says of a name that nobody has
 */
export async function askOfSlot<Output>(
  name: string,
  ask: (slotId: string) => Promise<Output>,
  context: Pick<CommandContext, 'call'>,
): Promise<Output> {
  try {
    return await ask(name);
  } catch (error) {
    if (!(error instanceof MissionError && NO_SLOT.has(error.code))) throw error;
    const slotId = await slotOfAgent(name, context);
    if (slotId === null || slotId === name) throw error;
    return ask(slotId);
  }
}

/** The slot that a name means, for calls that take any word for the name of one. */
export async function slotNamed(name: string, context: Pick<CommandContext, 'call'>): Promise<string> {
  return askOfSlot(
    name,
    async (slotId) => {
      await context.call('mission_pty_status', { slotId });
      return slotId;
    },
    context,
  ).catch(async (error: unknown) => {
    if (!(error instanceof MissionError && NO_SLOT.has(error.code))) throw error;
    // One that has ended has no slot any more, and what it did is there.
    return (await slotOfAgent(name, context)) ?? name;
  });
}
