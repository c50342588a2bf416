import type { Epoch, SlotId } from '../db/ids.ts';
import { untilEvent } from './bus.ts';
import type { MissionCore } from './core.ts';
import { hasSettled, isResting } from './slot-view.ts';

/** Resolves when no turn goes on in the session of a slot and its prompt box is open, whatever stands in it. */
export function untilResting(
  core: Pick<MissionCore, 'bus' | 'now' | 'slotSnapshot'>,
  slotId: SlotId,
  signal: AbortSignal,
): Promise<void> {
  // What a restored session remembers is what the last daemon saw; only a look of this one counts.
  const since = core.now();
  const settled = (): boolean => {
    const snapshot = core.slotSnapshot(slotId);
    return snapshot === undefined || hasSettled(snapshot, since);
  };
  return untilEvent(core.bus, settled, signal);
}

/** Resolves to true when this run of the slot's session rests; to false when it ends before, or the signal aborts. */
export function runRests(
  core: Pick<MissionCore, 'bus' | 'runtime' | 'slotSnapshot'>,
  slotId: SlotId,
  epoch: Epoch,
  signal: AbortSignal,
): Promise<boolean> {
  const hasEnded = (): boolean => core.runtime(slotId).epoch !== epoch;
  const isAtRest = (): boolean => {
    const snapshot = core.slotSnapshot(slotId);
    return snapshot !== undefined && isResting(snapshot);
  };
  return untilEvent(core.bus, () => hasEnded() || isAtRest(), signal).then(
    () => !hasEnded(),
    () => false,
  );
}
