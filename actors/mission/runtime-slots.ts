import type { SlotId } from '../../db/ids.ts';
import { within } from '../../services/deadline/within.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { untilEvent } from '../bus.ts';
import type { MissionCore } from '../core.ts';
import type { SlotConfiguration } from '../slot-runtime.ts';
import { isResting, personTypes } from '../slot-view.ts';
import type { Mission } from './api.ts';

/** A slot whose last state cannot be stored stays, with nothing in it; its closing is tried again by whoever wants it. */
const STORED_WITHIN_MS = 10_000;

export interface RuntimeSlotsDependencies {
  readonly core: MissionCore;
  readonly kill: Mission['kill'];
  readonly questions: { drop(slotId: SlotId, why: string): void };
  /** Resolves when everything that is pending is stored. */
  readonly written: (signal: AbortSignal) => Promise<void>;
  readonly dispatchSoon: () => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/** What becomes of tasks that wait for a slot which is closed: they end with these words, or wait until it is opened again. */
export type QueuedWork = { readonly endWith: string } | 'stays';

/** Slots that are made and removed while the mission runs. */
export function createRuntimeSlots({
  core,
  kill,
  questions,
  written,
  dispatchSoon,
  signal,
}: RuntimeSlotsDependencies) {
  const closings = new Map<SlotId, Promise<void>>();

  /** The run that the slot had when it was closed: with it, its conversation is gone on with. */
  function lastPlan(slotId: SlotId) {
    const epoch = core.slots.get(slotId)?.epoch;
    const session = epoch == null ? undefined : core.slots.session(epoch);
    if (session === undefined) return null;
    return { epoch: session.epoch, sessionId: session.sessionId, resume: false, cwd: session.cwd };
  }

  function endQueued(slotId: SlotId, words: string): void {
    for (const taskId of core.tasks.openFor(slotId))
      core.sendToTask(taskId, {
        type: 'task.refuse',
        at: core.now(),
        failure: { code: 'slot_unknown', message: words, remedy: 'Give the work to another agent.' },
      });
  }

  async function perform(slotId: SlotId, by: string, queued: QueuedWork): Promise<void> {
    core.closing.add(slotId);
    try {
      // Of a slot whose statechart has failed nothing is left to end.
      if (core.slotSnapshot(slotId) !== undefined) await kill(slotId, by);
      questions.drop(slotId, 'the slot was closed');
      if (queued !== 'stays') endQueued(slotId, queued.endWith);
      // Its last state is a row before its actor goes.
      await written(within(STORED_WITHIN_MS, signal));
      core.root().send({ type: 'slot.close', slotId });
      core.occupied.delete(slotId);
      core.removeRuntime(slotId);
      core.bus.publish({ type: 'slot_closed', at: core.now(), slotId });
    } finally {
      core.closing.delete(slotId);
      closings.delete(slotId);
    }
    dispatchSoon();
  }

  /**
   * Ends the session of a slot as `mission_kill` does, and removes the slot: no process, timer or task is left of it.
   * Its rows stay, so that one of the same name goes on with its conversation. One that is not there is no error.
   * @param by who closes it, for the audit
   */
  function close(slotId: SlotId, by: string, queued: QueuedWork): Promise<void> {
    const underWay = closings.get(slotId);
    if (underWay !== undefined) return underWay;
    if (!core.runtimes.has(slotId)) return Promise.resolve();
    const closing = perform(slotId, by, queued);
    closings.set(slotId, closing);
    return closing;
  }

  return {
    /**
     * Adds a slot. Nothing is started in it before somebody has work for it; a conversation that it had is gone on with.
     * @throws MissionError `input_invalid` when there is one of that name
     */
    open(configuration: SlotConfiguration): void {
      const { id: slotId, role } = configuration;
      if (core.runtimes.has(slotId))
        throw new MissionError('input_invalid', `There is a slot "${slotId}" already.`, {
          remedy: 'Choose another name.',
        });
      const plan = lastPlan(slotId);
      core.addRuntime(configuration);
      core.root().send({ type: 'slot.open', slot: { slotId, role, plan } });
      dispatchSoon();
    },

    close,

    /**
     * The same, once the turn that its session is in has come to its end and no person has words in its prompt box. Until
     * then it takes nothing more.
     */
    async closeWhenResting(slotId: SlotId, by: string, queued: QueuedWork): Promise<void> {
      if (!core.runtimes.has(slotId)) return;
      core.closing.add(slotId);
      const isLeft = (): boolean => {
        const slot = core.slotSnapshot(slotId);
        return slot === undefined || slot.value !== 'live' || (isResting(slot) && !personTypes(slot));
      };
      const rests = (): boolean => !core.closing.has(slotId) || (!core.occupied.has(slotId) && isLeft());
      await untilEvent(core.bus, rests, signal);
      // It was wanted again meanwhile.
      if (core.closing.has(slotId)) await close(slotId, by, queued);
    },

    /** What is to be closed stays. False when it is being closed already. */
    keepOpen(slotId: SlotId): boolean {
      if (closings.has(slotId)) return false;
      core.closing.delete(slotId);
      dispatchSoon();
      return core.runtimes.has(slotId);
    },
  };
}

export type RuntimeSlots = ReturnType<typeof createRuntimeSlots>;
