import { setTimeout as sleep } from 'node:timers/promises';
import type { Epoch, SlotId } from '../db/ids.ts';
import type { Assignment } from '../machines/task-events.ts';
import { untilEvent } from './bus.ts';
import type { MissionCore } from './core.ts';
import { lookAtScreen } from './look-at-screen.ts';
import { hasSettled, isResting } from './slot-view.ts';

/** From Enter to UserPromptSubmit 5 to 110 ms were measured, to the line of the transcript half a second. */
const TURN_BEGINS_WITHIN_MS = 1_500;

/**
 * Resolves when no turn goes on in a run of a slot's session, nor is about to begin, and its prompt box is open, whatever
 * stands in it.
 */
export async function untilResting(
  core: MissionCore,
  { slotId, epoch }: Pick<Assignment, 'slotId' | 'epoch'>,
  signal: AbortSignal,
): Promise<void> {
  await sleep(TURN_BEGINS_WITHIN_MS, undefined, { signal });
  // What a restored session remembers is what the last daemon saw; only a look of this one counts.
  const since = core.now();
  const settled = (): boolean => {
    const snapshot = core.slotSnapshot(slotId);
    return snapshot === undefined || hasSettled(snapshot, since);
  };
  // One that rests draws nothing by itself. A host that does not answer shows the screen when it is back.
  await lookAtScreen(core, slotId, epoch).catch(() => undefined);
  await untilEvent(core.bus, settled, signal);
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
