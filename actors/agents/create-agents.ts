import type { MissionDependencies } from '../mission/mission-dependencies.ts';
import { createRuntimeSlots, type RuntimeSlotsDependencies } from '../mission/runtime-slots.ts';
import { createSlotOperations, type SlotOperationsDependencies } from '../mission/slot-operations.ts';
import type { Workers } from './api.ts';
import { findAgent } from './find-agent.ts';
import { showAgent } from './show-agent.ts';

export interface AgentsDependencies
  extends SlotOperationsDependencies,
    Pick<RuntimeSlotsDependencies, 'written'> {
  readonly dependencies: Pick<MissionDependencies, 'slotOfAgent'>;
}

/**
 * Slots, those of slots.yaml and those of agents that are made meanwhile. Called before the root is put together: the
 * slots of agents are restored with the others.
 */
export function createAgents({ written, dependencies, ...rest }: AgentsDependencies) {
  const { core } = rest;
  const slotOperations = createSlotOperations(rest);
  const runtimeSlots = createRuntimeSlots({ ...rest, kill: slotOperations.kill, written });
  for (const row of core.agents.inStatus('active')) {
    if (core.runtimes.has(row.slotId))
      core.logger.error(
        { slotId: row.slotId },
        'a slot of slots.yaml has the name of an agent, which stays away',
      );
    else core.addRuntime(dependencies.slotOfAgent(row));
  }
  const workers: Workers = {
    list: ({ statuses = ['making', 'active', 'hibernated', 'completed'], ...filter }) =>
      core.agents.list({ ...filter, statuses }).map((row) => showAgent(core, row)),
    get: (name, repository) => showAgent(core, findAgent(core, name, repository)),
  };
  return { operations: { ...slotOperations, workers }, runtimeSlots };
}
