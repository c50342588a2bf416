import { SlotId } from '../../db/ids.ts';
import type { SlotConfig, SlotsFile } from '../config/slots-file.ts';
import type { AgentLedger, AgentRow } from '../ledger/agent-ledger.ts';
import type { RepositoryLedger } from '../ledger/repository-ledger.ts';
import type { RoleStore } from '../roles/role-store.ts';
import { agentSlot } from './agent-slot.ts';

/** Statuses in which an agent has a slot, or may have one again. */
const WITH_SLOT = ['making', 'active', 'hibernated', 'completed'] as const;

/** What is configured of every slot: those of slots.yaml, and those of agents that are made while the daemon runs. */
export interface SlotBook {
  find(slotId: string): SlotConfig | undefined;
  all(): readonly SlotConfig[];
  /** The slot of an agent. */
  ofAgent(row: AgentRow): SlotConfig;
}

export function createSlotBook(
  file: Pick<SlotsFile, 'slots' | 'agents'>,
  agents: Pick<AgentLedger, 'get' | 'inStatus'>,
  repositories: Pick<RepositoryLedger, 'get'>,
  roles: Pick<RoleStore, 'of'>,
): SlotBook {
  function ofAgent(row: AgentRow): SlotConfig {
    const place = repositories.get(row.repository)?.path;
    return agentSlot(row, file, place, roles.of(place ?? null).roles.get(row.role));
  }
  return {
    ofAgent,
    find(slotId) {
      const slot = file.slots.find(({ id }) => id === slotId);
      if (slot !== undefined) return slot;
      const id = SlotId.safeParse(slotId).data;
      const row = id === undefined ? undefined : agents.get(id);
      return row === undefined || row.status === 'removed' ? undefined : ofAgent(row);
    },
    all: () => [...file.slots, ...agents.inStatus(...WITH_SLOT).map(ofAgent)],
  };
}
