import type { SlotId } from '../../db/ids.ts';
import type { MissionCore } from '../core.ts';

const WORKSPACE_ROLE = 'workspace';

/** True of a slot where a person sits: nothing is typed there by itself, and no task goes there that does not name it. */
export function isWorkspace(core: Pick<MissionCore, 'runtimes' | 'agents'>, slotId: SlotId): boolean {
  const agent = core.agents.get(slotId);
  return agent === undefined
    ? core.runtimes.get(slotId)?.configuration.role === WORKSPACE_ROLE
    : agent.kind === 'workspace';
}
