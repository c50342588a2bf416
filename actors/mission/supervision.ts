import type { SlotId, TaskId } from '../../db/ids.ts';
import type { MissionCore } from '../core.ts';
import type { Launcher } from '../launcher.ts';
import type { Questions } from '../questions/questions.ts';
import type { SlotCrash } from '../slot-runtime.ts';
import { heldPlan, type SlotSnapshot } from '../slot-view.ts';
import type { Turns } from '../turns.ts';
import { folderOfTask } from '../worktrees/workplaces.ts';
import { failTask } from './fail-task.ts';

/**
 * The slot that had this task may take another.
 * @returns the slot, when one had it
 */
export function freeSlotOf(core: MissionCore, taskId: TaskId): SlotId | undefined {
  const slotId = [...core.occupied].find(([, occupied]) => occupied === taskId)?.[0];
  if (slotId !== undefined) core.occupied.delete(slotId);
  return slotId;
}

/** The actor is gone, so its row is ended here. */
export function failCrashedTask(core: MissionCore, taskId: TaskId, message: string): void {
  freeSlotOf(core, taskId);
  try {
    failTask(core, taskId, `missiond failed on this task: ${message}`);
  } catch (error) {
    // Called by the root, which must not fail with it; the next daemon finds the row and ends it.
    core.logger.error({ taskId, error: String(error) }, 'the row of a crashed task could not be ended');
  }
}

export interface CrashedSlotDependencies {
  readonly core: MissionCore;
  readonly launcher: Pick<Launcher, 'abandon'>;
  readonly questions: Pick<Questions, 'drop'>;
  readonly turns: Pick<Turns, 'sessionEnded'>;
  /** Writes in the next transaction. */
  readonly writeLater: (write: () => void) => void;
}

/** Puts away what a slot held whose statechart has failed, and tells of it. The program is ended: nothing reads it any more. */
export async function putAwayCrashed(
  { core, launcher, questions, turns, writeLater }: CrashedSlotDependencies,
  slotId: SlotId,
  crash: SlotCrash,
): Promise<void> {
  const runtime = core.runtime(slotId);
  const { epoch } = runtime;
  runtime.crash = crash;
  questions.drop(slotId, 'missiond failed on the slot');
  writeLater(() => core.slots.update(slotId, { status: 'crashed', snapshot: null }));
  const ended = launcher.abandon(slotId);
  core.bus.publish({ type: 'slot_changed', at: core.now(), slot: core.view(slotId) });
  try {
    await ended;
  } finally {
    // Not before: nobody else takes up its task while the program may still work on it.
    if (epoch !== null) turns.sessionEnded(slotId, epoch, 'missiond failed on its slot');
  }
}

/** A slot that was put together again starts as it would with the daemon, and goes on with its conversation. */
export function startRespawned(core: MissionCore, slotId: SlotId): void {
  if (!core.runtime(slotId).configuration.autoStart || core.slots.get(slotId)?.desired === 'stopped') return;
  core.sendToSlot(slotId, {
    type: 'slot.start',
    by: 'daemon',
    autoRestart: true,
    resume: true,
    ...toTheTaskOf(core, slotId),
  });
}

/** Starts the slots that come up with the daemon: those that have a task with their conversations. */
export function startWithDaemon(core: MissionCore): void {
  for (const [slotId, { configuration }] of core.runtimes) {
    const slot = core.slotSnapshot(slotId);
    if (!configuration.autoStart || slot?.value !== 'stopped' || slot.context.killedAt !== null) continue;
    core.sendToSlot(slotId, {
      type: 'slot.start',
      by: 'daemon',
      autoRestart: true,
      resume: core.occupied.has(slotId),
      ...toTheTaskOf(core, slotId),
    });
  }
}

/** Where a slot starts: where its task is done, else in its own folder. */
export function toTheTaskOf(
  core: Pick<MissionCore, 'occupied' | 'tasks' | 'worktrees'>,
  slotId: SlotId,
): { readonly folder?: string | null } {
  const taskId = core.occupied.get(slotId);
  const folder = taskId === undefined ? null : folderOfTask(core, taskId);
  return folder === undefined ? {} : { folder };
}

/** Stops every slot and waits until each has let go of its terminal. That it was stopped is written in the next transaction. */
export async function endAll(core: MissionCore, writeLater: (write: () => void) => void): Promise<void> {
  const ending = [...core.runtimes.keys()].map((slotId) => {
    const actor = core.slotActor(slotId);
    const snapshot: SlotSnapshot | undefined = actor?.getSnapshot();
    if (actor === undefined || snapshot === undefined || snapshot.hasTag('down')) return Promise.resolve();
    const plan = heldPlan(snapshot);
    if (plan !== null) writeLater(() => core.slots.updateSession(plan.epoch, { endedByDaemon: true }));
    return new Promise<void>((resolve) => {
      const subscription = actor.subscribe((next: SlotSnapshot) => {
        if (!next.hasTag('down')) return;
        subscription.unsubscribe();
        resolve();
      });
      core.sendToSlot(slotId, { type: 'slot.stop', by: 'daemon', at: core.now() });
    });
  });
  await Promise.all(ending);
}
