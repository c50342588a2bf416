import type { TaskId } from '../../db/ids.ts';
import type { MissionCore } from '../core.ts';
import type { SlotSnapshot } from '../slot-view.ts';

/** The slot that had this task may take another. */
export function freeSlotOf(core: MissionCore, taskId: TaskId): void {
  for (const [slotId, occupied] of core.occupied) if (occupied === taskId) core.occupied.delete(slotId);
}

/** The actor is gone, so its row is ended here. */
export function failCrashedTask(core: MissionCore, taskId: TaskId, message: string): void {
  core.tasks.update(taskId, {
    status: 'failed',
    errorCode: 'internal',
    error: `missiond failed on this task: ${message}`,
    finishedAt: core.now(),
  });
  freeSlotOf(core, taskId);
}

/** Stops every slot and waits until each has let go of its terminal. */
export async function endAll(core: MissionCore): Promise<void> {
  const ending = [...core.runtimes.keys()].map((slotId) => {
    const actor = core.slotActor(slotId);
    const snapshot: SlotSnapshot | undefined = actor?.getSnapshot();
    if (actor === undefined || snapshot === undefined || snapshot.value === 'stopped')
      return Promise.resolve();
    return new Promise<void>((resolve) => {
      const subscription = actor.subscribe((next: SlotSnapshot) => {
        if (next.value !== 'stopped') return;
        subscription.unsubscribe();
        resolve();
      });
      core.sendToSlot(slotId, { type: 'slot.stop' });
    });
  });
  await Promise.all(ending);
}
