import { SlotId } from '../../db/ids.ts';
import type { SlotConfig, SlotsFile } from '../config/slots-file.ts';
import type { AgentLedger, AgentRow } from '../ledger/agent-ledger.ts';
import type { RepositoryLedger } from '../ledger/repository-ledger.ts';
import type { RoleStore } from '../roles/role-store.ts';
import { agentSlot } from './agent-slot.ts';

export interface SlotVariables {
  readonly id: string;
  readonly env: SlotConfig['env'];
}

/** What is configured of every slot: those of slots.yaml, and those of agents that are made while the daemon runs. */
export interface SlotBook {
  find(slotId: string): SlotConfig | undefined;
  /**
   * The variables of every slot that there is or has been, as slots.yaml has them. All agents have the same: what one has
   * learnt of their values holds for those that are gone, whose words may still be read.
   */
  variables(): readonly SlotVariables[];
  /** Those of one; none of a slot that there never was. */
  variablesOf(slotId: string): SlotConfig['env'];
  /** The slot of an agent. */
  ofAgent(row: AgentRow): SlotConfig;
}

const NO_VARIABLES: SlotConfig['env'] = {};

export function createSlotBook(
  file: Pick<SlotsFile, 'slots' | 'agents'>,
  agents: Pick<AgentLedger, 'get' | 'slotIds'>,
  repositories: Pick<RepositoryLedger, 'get'>,
  roles: Pick<RoleStore, 'of'>,
): SlotBook {
  /** What was an agent is one for ever: its row stays. */
  const ofAgents = new Set<string>();

  /** Asked for every word that a session says. */
  function isAgent(slotId: string): boolean {
    if (ofAgents.has(slotId)) return true;
    const id = SlotId.safeParse(slotId).data;
    if (id === undefined || agents.get(id) === undefined) return false;
    ofAgents.add(slotId);
    return true;
  }

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
    variables: () => [...file.slots, ...agents.slotIds().map((id) => ({ id, env: file.agents.env }))],
    variablesOf(slotId) {
      const slot = file.slots.find(({ id }) => id === slotId);
      if (slot !== undefined) return slot.env;
      return isAgent(slotId) ? file.agents.env : NO_VARIABLES;
    },
  };
}
