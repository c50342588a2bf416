import { MEMORY_ROLE } from '../../actors/memory/make-jobs.ts';
import type { Mission } from '../../actors/mission/api.ts';
import type { SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { Caller } from './caller.ts';

/**
 * Whether a caller may see the terminal of a slot, or what was said in it: a viewer reads no conversations, and what the
 * memory is learning from is conversations of everybody.
 * @throws MissionError `not_permitted`
 */
export function checkMayWatch(by: Caller, slotId: SlotId, mission: Pick<Mission, 'slots'>): void {
  if (by.role !== 'viewer') return;
  const slot = mission.slots().find((one) => one.slotId === slotId);
  if (slot?.role !== MEMORY_ROLE) return;
  throw new MissionError('not_permitted', `The token of a viewer does not show what ${slotId} reads.`, {
    remedy: 'A slot of the memory is given conversations: it needs the token of an orchestrator.',
  });
}
