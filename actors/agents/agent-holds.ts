import type { SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';

/**
 * What becomes of an agent as a whole, one thing at a time: whoever comes second is told so, and nothing is started in its
 * slot or typed there meanwhile.
 */
export function createAgentHolds() {
  const busy = new Map<SlotId, string>();

  /**
   * @param doing what is done to it, such as `ended`
   * @returns lets it go
   * @throws MissionError `agent_refused` while something else is done to it
   */
  function take({ slotId, name }: Pick<AgentRow, 'slotId' | 'name'>, doing: string): () => void {
    const other = busy.get(slotId);
    if (other !== undefined)
      throw new MissionError('agent_refused', `${name} is being ${other} already.`, {
        remedy: 'Wait a moment.',
      });
    busy.set(slotId, doing);
    return () => void busy.delete(slotId);
  }

  return {
    take,
    isHeld: (slotId: SlotId): boolean => busy.has(slotId),

    /** @throws MissionError `agent_refused` while something else is done to it */
    async during<T>(row: AgentRow, doing: string, act: () => Promise<T>): Promise<T> {
      const letGo = take(row, doing);
      try {
        return await act();
      } finally {
        letGo();
      }
    },
  };
}

export type AgentHolds = ReturnType<typeof createAgentHolds>;
