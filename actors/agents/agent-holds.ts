import type { SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';

/** What becomes of an agent as a whole, one thing at a time: whoever comes second is told so. */
export function createAgentHolds() {
  const busy = new Map<SlotId, string>();
  return {
    /**
     * @param doing what is done to it, such as `ended`
     * @throws MissionError `agent_refused` while something else is
     */
    async during<T>({ slotId, name }: AgentRow, doing: string, act: () => Promise<T>): Promise<T> {
      const other = busy.get(slotId);
      if (other !== undefined)
        throw new MissionError('agent_refused', `${name} is being ${other} already.`, {
          remedy: 'Wait a moment.',
        });
      busy.set(slotId, doing);
      try {
        return await act();
      } finally {
        busy.delete(slotId);
      }
    },
  };
}

export type AgentHolds = ReturnType<typeof createAgentHolds>;
