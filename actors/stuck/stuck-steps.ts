import { randomUUID } from 'node:crypto';
import { DeliveryId, type Epoch, type SlotId, type TaskId } from '../../db/ids.ts';
import type { StuckReason, StuckStepTaken } from '../../machines/stuck.ts';
import type { HookBody } from '../../services/claude/hook-body.ts';
import { within } from '../../services/deadline/within.ts';
import { untilEvent } from '../bus.ts';
import type { MissionCore } from '../core.ts';
import type { SlotRuntime } from '../slot-runtime.ts';
import { isResting, personTypes } from '../slot-view.ts';
import type { Transcripts } from '../transcripts.ts';
import type { Turns } from '../turns.ts';
import { runRests } from '../until-resting.ts';
import { SAY_BLOCKED } from './blocked.ts';

/** Typing, Esc and Enter take some seconds together on a busy machine. */
const KEYS_WITHIN_MS = 60_000;
/** An interrupted turn is believed to be over within a second. */
const REST_IS_SEEN_WITHIN_MS = 5_000;
/** From Esc to the turn of words that had waited behind it 0.3 s were measured (2.1.329). */
const QUEUED_WORDS_GO_WITHIN_MS = 2_000;

const SEEN: Readonly<Record<StuckReason, string>> = {
  silent: 'nothing has been seen of you for a while',
  loop: 'your screen shows the same again and again',
  'failing tool': 'the same call of a tool has failed again and again',
};
const DONE: Readonly<Record<StuckStepTaken['step'], string>> = {
  nudge: 'it was told so',
  ask: 'its turn was interrupted and it was asked what blocks it',
  restart: 'its program is started anew, with its conversation',
  fail: 'nothing helped; the task fails',
};

const nudgeWords = (reason: StuckReason): string =>
  `A note of missiond, which watches this session: ${SEEN[reason]}. If you wait for something, do not wait for ever; if something fails, try another way. ${SAY_BLOCKED}`;
const askWords = (reason: StuckReason): string =>
  `You seemed stuck, so missiond interrupted you: ${SEEN[reason]}. Go on with the task in another way; what you were doing may be half done, so look before you do it again. ${SAY_BLOCKED}`;

export interface StuckStepsDependencies {
  readonly core: MissionCore;
  readonly turns: Pick<Turns, 'onSubmitted'>;
  readonly transcripts: Transcripts;
  readonly expectedWords: (prompt: string, slotId: SlotId) => string;
  readonly writeLater: (write: () => void) => void;
  readonly written: (signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/** Does what the ladder of a stuck slot has decided, and writes it down. */
export function createStuckSteps({
  core,
  turns,
  transcripts,
  expectedWords,
  writeLater,
  written,
  onError,
  signal: stopping,
}: StuckStepsDependencies) {
  /** Slots that have used a tool or ended a turn since they were interrupted: the interrupted turn does neither. */
  const wentOn = new Set<SlotId>();

  function record(slotId: SlotId, { step, at, taskId, reason }: StuckStepTaken): void {
    const { epoch } = core.runtime(slotId);
    const task = core.tasks.get(taskId);
    writeLater(() => {
      core.slots.addTransition({
        epoch,
        slotId,
        at,
        region: 'stuck',
        from: reason,
        to: step,
        evidence: [taskId],
      });
      if (task === undefined || task.kind === 'message') return;
      const content = `stuck: ${slotId} seems stuck on this task (${reason}); ${DONE[step]}.`;
      core.inbox.add({ taskId, fromRole: task.role, content, createdAt: at });
    });
    core.bus.publish({ type: 'slot_stuck', at, slotId, taskId, step, reason });
    core.logger.warn({ slotId, taskId, step, reason }, 'the slot seems stuck');
  }

  /** The note that the session was sent before it is asked: it may wait in Claude Code's own queue. */
  function noteBefore(slotId: SlotId, taskId: TaskId): string | null {
    const { steps } = core.slotSnapshot(slotId)?.children.stuck?.getSnapshot().context ?? {};
    const sent = steps?.findLast((taken) => taken.step === 'nudge' && taken.taskId === taskId);
    return sent === undefined ? null : nudgeWords(sent.reason);
  }

  /** From here on these words are the task's: its interrupted turn is not its end. */
  async function beginAsk(
    id: DeliveryId,
    taskId: TaskId,
    slotId: SlotId,
    epoch: Epoch,
    words: string,
    signal: AbortSignal,
  ): Promise<void> {
    const place = await transcripts.endOf(epoch);
    const createdAt = core.now();
    writeLater(() =>
      core.tasks.startDelivery({
        id,
        taskId,
        slotId,
        epoch,
        attempt: core.attempts.last(taskId)?.number ?? 1,
        expected: expectedWords(words, slotId),
        status: 'queued',
        failure: null,
        transcriptPath: place?.path ?? null,
        transcriptOffset: place?.offset ?? 0,
        promptId: null,
        createdAt,
        typedAt: null,
        submittedAt: null,
        answeredAt: null,
      }),
    );
    await written(signal);
  }

  /** Whether the interrupted session begins another turn by itself, with words that waited behind the one before. */
  async function goesOnByItself(slotId: SlotId, taskId: TaskId, signal: AbortSignal): Promise<boolean> {
    const until = (holds: () => boolean, ms: number): Promise<void> =>
      untilEvent(core.bus, holds, within(ms, signal)).catch(() => undefined);
    const isAtRest = (): boolean => {
      const snapshot = core.slotSnapshot(slotId);
      return snapshot !== undefined && isResting(snapshot);
    };
    // The turn of such words may be over before anybody has seen that it rested in between.
    const hasGoneOn = (): boolean => core.occupied.get(slotId) !== taskId || wentOn.has(slotId);
    await until(() => hasGoneOn() || isAtRest(), REST_IS_SEEN_WITHIN_MS);
    await until(() => hasGoneOn() || !isAtRest(), QUEUED_WORDS_GO_WITHIN_MS);
    return hasGoneOn() || !isAtRest();
  }

  /** Interrupts the turn and asks in a new one, whose answer is the task's. A session that takes no keys is restarted. */
  async function ask(
    { configuration, keyboard, epoch }: SlotRuntime,
    { taskId, reason }: StuckStepTaken,
    signal: AbortSignal,
  ): Promise<void> {
    if (keyboard === null || epoch === null) return;
    const slotId = configuration.id;
    const words = askWords(reason);
    const id = DeliveryId.parse(randomUUID());
    /** Why its words never stood in the session; null once they have. */
    let untyped: string | null = 'It was not typed.';
    let stop = (): void => {};
    const submitted = new Promise<void>((resolve) => {
      stop = turns.onSubmitted(taskId, resolve);
    });
    const note = noteBefore(slotId, taskId);
    try {
      await beginAsk(id, taskId, slotId, epoch, note ?? words, signal);
      core.signal(slotId, { type: 'delivery.began', epoch, at: core.now() });
      wentOn.delete(slotId);
      const interrupted = await keyboard.interrupt(signal);
      if (interrupted.ok && (await goesOnByItself(slotId, taskId, signal))) {
        untyped = 'It went on by itself.';
        // Claude Code sends a note that waited when its turn is interrupted (2.1.329): it is the question then.
        if (note === null) return;
        const at = core.now();
        writeLater(() =>
          core.tasks.updateDelivery(id, { status: 'submitted', typedAt: at, submittedAt: at }),
        );
        untyped = null;
        return;
      }
      if (note !== null) {
        writeLater(() => core.tasks.updateDelivery(id, { expected: expectedWords(words, slotId) }));
        await written(signal);
      }
      const typed = interrupted.ok
        ? await keyboard.deliver(words, {
            signal,
            submitted,
            ours: false,
            typed: () => {
              core.tasks.updateDelivery(id, { status: 'typed', typedAt: core.now() });
              untyped = null;
            },
          })
        : interrupted;
      if (typed.ok) return;
      if (untyped !== null) untyped = typed.failure.message;
      core.logger.warn({ slotId, taskId, failure: typed.failure }, 'the stuck session could not be asked');
      renew(slotId, true);
    } finally {
      stop();
      const failure = untyped;
      // The task's own turn is its turn again.
      if (failure !== null) writeLater(() => core.tasks.updateDelivery(id, { status: 'refused', failure }));
      core.signal(slotId, { type: 'delivery.ended', epoch, at: core.now() });
    }
  }

  async function nudge(
    { configuration, keyboard, epoch }: SlotRuntime,
    { reason }: StuckStepTaken,
  ): Promise<void> {
    if (epoch === null) return;
    const untilRest = (): Promise<boolean> => runRests(core, configuration.id, epoch, stopping);
    const typed = await keyboard?.queue(nudgeWords(reason), stopping, untilRest);
    if (typed?.ok === false)
      core.logger.info({ slotId: configuration.id, failure: typed.failure }, 'the slot was not nudged');
  }

  /** Not while a person types there: they have seen it, and the ladder goes on when they are done. */
  function renew(slotId: SlotId, resume: boolean): void {
    const slot = core.slotSnapshot(slotId);
    if (slot !== undefined && !personTypes(slot)) core.sendToSlot(slotId, { type: 'slot.renew', resume });
  }

  function perform(runtime: SlotRuntime, taken: StuckStepTaken): Promise<void> | void {
    const slotId = runtime.configuration.id;
    switch (taken.step) {
      case 'nudge':
        return nudge(runtime, taken);
      case 'ask':
        return ask(runtime, taken, within(KEYS_WITHIN_MS, stopping));
      case 'restart':
        return renew(slotId, true);
      case 'fail':
        core.sendToTask(taken.taskId, {
          type: 'task.stop',
          at: core.now(),
          failure: {
            code: 'stuck',
            message: `The session in slot ${slotId} was stuck on this task (${taken.reason}); a note, a question and a restart did not help.`,
            remedy: `See what it did: \`missiond logs ${slotId}\`. Split the task, or say what to do where it stopped.`,
          },
        });
        // What did not answer to Esc would hold up the next task, too.
        return renew(slotId, false);
    }
  }

  return {
    /** Called within a transition: what it does comes after it. */
    takeStep(slotId: SlotId, taken: StuckStepTaken): void {
      setImmediate(() => {
        if (stopping.aborted) return;
        try {
          record(slotId, taken);
          Promise.resolve(perform(core.runtime(slotId), taken)).catch(onError);
        } catch (error) {
          onError(error);
        }
      });
    },

    /** A hook of the slot's run was heard. */
    hookHeard(slotId: SlotId, { name }: HookBody): void {
      if (name === 'PreToolUse' || name === 'Stop' || name === 'StopFailure') wentOn.add(slotId);
    },
  };
}
