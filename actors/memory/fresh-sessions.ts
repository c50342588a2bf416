import type { Role } from '../../db/ids.ts';
import type { MissionCore } from '../core.ts';
import { hasEndedATurn, personTypes, readinessOf, sessionOf } from '../slot-view.ts';

/**
 * Begins fresh sessions in the idle slots of a role that have worked already: what was read before would be paid for
 * again with each batch, and whatever in it has led a worker astray would go on doing so.
 */
export function beginFreshSessions(
  core: Pick<MissionCore, 'runtimes' | 'slotSnapshot' | 'occupied' | 'sendToSlot' | 'now'>,
  role: Role,
): void {
  for (const [slotId, { configuration }] of core.runtimes) {
    const slot = configuration.role === role ? core.slotSnapshot(slotId) : undefined;
    const session = slot === undefined ? undefined : sessionOf(slot);
    if (slot === undefined || session === undefined || !hasEndedATurn(session)) continue;
    // Whose turn goes on, or who has words of a person in its box, is left alone.
    const isFree =
      !core.occupied.has(slotId) && readinessOf(slot, core.now()) === 'ready' && !personTypes(slot);
    if (isFree) core.sendToSlot(slotId, { type: 'slot.renew', resume: false });
  }
}
