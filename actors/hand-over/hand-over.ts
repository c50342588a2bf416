import type { SnapshotFrom } from 'xstate';
import type { Epoch, SlotId, TaskId } from '../../db/ids.ts';
import type { HandOverEvent, handOverMachine } from '../../machines/hand-over.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import type { MissionCore } from '../core.ts';
import { wordsOfSlot } from '../messages/words-of-slot.ts';
import type { SlotRuntime } from '../slot-runtime.ts';
import { personTypes, readinessOf, sessionOf } from '../slot-view.ts';
import { runRests } from '../until-resting.ts';
import { requireFewHandOvers } from './few-hand-overs.ts';
import { ASK_FOR_HAND_OVER, behindHandOver, withoutHandOver } from './hand-over-words.ts';

/** A compaction takes a minute; what it left is not seen before the next answer. */
const COMPACTS_AGAIN_AFTER_MS = 5 * 60_000;

export interface HandOverDependencies {
  readonly core: MissionCore;
  /** Queues a message for the slot. */
  readonly ask: (slotId: SlotId, prompt: string) => TaskId;
  /** False while the slot is to begin nothing: a budget is spent, or the daemon stops when what runs has ended. */
  readonly mayBegin: (slotId: SlotId) => boolean;
  /** Gives a queued task to a slot that is ready for it. */
  readonly give: (taskId: TaskId, slotId: SlotId) => void;
  /** Takes known secrets out of what is stored or shown. */
  readonly redact: (slotId: SlotId, text: string) => string;
  /** Writes in the next transaction. */
  readonly writeLater: (write: () => void) => void;
  readonly onError: (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/** How a message ends without an answer, or with none. */
const OVER: ReadonlySet<TaskRow['status']> = new Set(['done', 'failed', 'cancelled']);

type Snapshot = SnapshotFrom<typeof handOverMachine>;

/** Sees that the context of a session is used up, and brings what it knows into a fresh one; `machines/hand-over.ts` remembers how far that has come. */
export function createHandOver({
  core,
  ask,
  mayBegin,
  give,
  redact,
  writeLater,
  onError,
  signal,
}: HandOverDependencies) {
  const compactedAt = new Map<SlotId, number>();

  function stateOf(slotId: SlotId): Snapshot | undefined {
    return core.slotSnapshot(slotId)?.children.handOver?.getSnapshot();
  }

  function send(slotId: SlotId, event: HandOverEvent): void {
    const from = stateOf(slotId)?.value ?? 'none';
    core.sendToSlot(slotId, { type: 'slot.handsOver', event });
    const to = stateOf(slotId)?.value ?? 'none';
    if (from === to) return;
    const { epoch } = core.runtime(slotId);
    const at = core.now();
    writeLater(() =>
      core.slots.addTransition({ epoch, slotId, at, region: 'handOver', from, to, evidence: [event.type] }),
    );
    core.logger.info({ slotId, from, to }, 'the context of a slot is handed over');
  }

  function hasCompacted(slotId: SlotId): boolean {
    const at = compactedAt.get(slotId);
    return at !== undefined && core.now() - at < COMPACTS_AGAIN_AFTER_MS;
  }

  /** The context of a session that does tasks is nearly used up. One that only a person talks to is left to them. */
  function isUsedUp({ configuration, lastUsedAt }: SlotRuntime): boolean {
    const slot = core.slotSnapshot(configuration.id);
    const left = (slot === undefined ? undefined : sessionOf(slot))?.context.contextLeftPercent ?? null;
    const { by, handOverBelowPercent } = configuration.context;
    if (by === 'nothing' || (by === 'compact' && hasCompacted(configuration.id))) return false;
    return lastUsedAt > 0 && left !== null && left < handOverBelowPercent;
  }

  function isReady(slotId: SlotId): boolean {
    const slot = core.slotSnapshot(slotId);
    return slot !== undefined && !core.occupied.has(slotId) && readinessOf(slot, core.now()) === 'ready';
  }

  function compact({ configuration, keyboard, epoch }: SlotRuntime): void {
    if (keyboard === null || epoch === null) return;
    compactedAt.set(configuration.id, core.now());
    keyboard
      .command('/compact', signal, () => runRests(core, configuration.id, epoch, signal))
      .then((typed) => {
        if (!typed.ok)
          core.logger.warn({ slotId: configuration.id, failure: typed.failure }, 'not compacted');
      })
      .catch(onError);
  }

  /** Between two tasks, so that no turn is cut. */
  function begin(runtime: SlotRuntime): void {
    const slotId = runtime.configuration.id;
    if (runtime.epoch === null || !mayBegin(slotId) || !isUsedUp(runtime) || !isReady(slotId)) return;
    if (runtime.configuration.context.by === 'compact') return compact(runtime);
    const askedIn = ask(slotId, ASK_FOR_HAND_OVER);
    send(slotId, { type: 'handOver.asked', epoch: runtime.epoch, askedIn });
    give(askedIn, slotId);
  }

  /** The session that was asked has ended: no other can write its hand-over. */
  function isGone(slotId: SlotId, epoch: Epoch | null): boolean {
    const slot = core.slotSnapshot(slotId);
    return slot?.hasTag('down') === true || (slot?.value === 'live' && slot.context.plan?.epoch !== epoch);
  }

  function followWriting(slotId: SlotId, { askedIn, epoch }: Snapshot['context']): void {
    const task = askedIn === null ? undefined : core.tasks.get(askedIn);
    if (task?.status === 'done' && task.result !== null)
      return send(slotId, { type: 'handOver.written', words: task.result });
    const isOver = task === undefined || OVER.has(task.status);
    if (!isOver && isGone(slotId, epoch)) core.sendToTask(task.id, { type: 'task.cancel', at: core.now() });
    else if (!isOver) return task.status === 'queued' && isReady(slotId) ? give(task.id, slotId) : undefined;
    const words = withoutHandOver(core.runtime(slotId).transcriptPath);
    send(slotId, { type: 'handOver.written', words });
  }

  /** The turn in which it was written has ended, and so has the attempt. */
  function followLeaving(slotId: SlotId): void {
    const slot = core.slotSnapshot(slotId);
    if (core.occupied.has(slotId)) return;
    if (slot?.hasTag('down') === true) return send(slotId, { type: 'run.ended' });
    const { epoch } = core.runtime(slotId);
    if (epoch !== null && isReady(slotId)) send(slotId, { type: 'turn.over', epoch });
  }

  function followRenewal(slotId: SlotId, epoch: Epoch | null): void {
    const slot = core.slotSnapshot(slotId);
    if (slot?.hasTag('down') === true) return send(slotId, { type: 'run.ended' });
    if (slot?.value !== 'live' || slot.context.plan === null) return;
    if (slot.context.plan.epoch !== epoch)
      return send(slotId, { type: 'run.began', epoch: slot.context.plan.epoch });
    // A person who types there, or has a draft, is not interrupted.
    if (!personTypes(slot)) core.sendToSlot(slotId, { type: 'slot.renew', resume: false });
  }

  function followCarrier(slotId: SlotId, carriedBy: TaskId | null): void {
    const task = carriedBy === null ? undefined : core.tasks.get(carriedBy);
    if (task === undefined || task.epoch === null) return;
    const status = core.tasks.deliveryOf(task.id, task.epoch)?.status;
    if (status === 'submitted' || status === 'answered') send(slotId, { type: 'handOver.arrived' });
  }

  function follow(runtime: SlotRuntime): void {
    const slotId = runtime.configuration.id;
    const state = stateOf(slotId);
    if (state === undefined) return;
    const { epoch, carriedBy } = state.context;
    switch (state.value) {
      case 'none':
        return begin(runtime);
      case 'leaving':
        return followLeaving(slotId);
      case 'writing':
        return followWriting(slotId, state.context);
      case 'renewing':
        return followRenewal(slotId, epoch);
      case 'carrying':
        return followCarrier(slotId, carriedBy);
    }
  }

  return {
    /** Looks how far each hand-over has come, and begins those that are due. */
    sweep(): void {
      for (const runtime of core.runtimes.values()) {
        try {
          follow(runtime);
        } catch (error) {
          onError(error);
        }
      }
    },

    /** True while the slot takes no task, since its session is about to hand over. */
    holds(slotId: SlotId): boolean {
      const state = stateOf(slotId)?.value ?? 'none';
      if (state === 'none') return isUsedUp(core.runtime(slotId));
      return state === 'leaving' || state === 'writing' || state === 'renewing';
    },

    /**
     * What the agent of a slot leaves to the session that goes on in its place, once its turn has ended. Said again before
     * that, the last words count.
     * @throws MissionError `agent_refused`, `secret_unresolved`
     */
    offer(slotId: SlotId, words: string): void {
      const state = stateOf(slotId)?.value;
      if (state === 'writing' || state === 'renewing')
        throw new MissionError('agent_refused', 'The context of this session is being handed over already.', {
          remedy: 'Answer what you were asked.',
        });
      const taskId = core.occupied.get(slotId);
      if (taskId !== undefined) requireFewHandOvers(core.attempts.of(taskId));
      send(slotId, { type: 'handOver.offered', words: wordsOfSlot(redact, slotId, words) });
    },

    /** Whether the agent of the slot leaves when its turn has ended. */
    isLeaving: (slotId: SlotId): boolean => stateOf(slotId)?.value === 'leaving',

    /** The prompt of an attempt that begins in the slot, behind the hand-over that waits there. */
    behind(slotId: SlotId, taskId: TaskId, prompt: string): string {
      const state = stateOf(slotId);
      if (state?.value !== 'carrying' || state.context.words === null) return prompt;
      send(slotId, { type: 'handOver.taken', taskId });
      return behindHandOver(state.context.words, prompt);
    },
  };
}

export type HandOver = ReturnType<typeof createHandOver>;
