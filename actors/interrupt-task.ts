import type { SlotId, TaskId } from '../db/ids.ts';
import type { Assignment } from '../machines/task-events.ts';
import { untilEvent } from './bus.ts';
import type { MissionCore } from './core.ts';
import type { Questions } from './questions.ts';
import { isResting } from './slot-view.ts';

/** How long an interrupted turn may take to be seen ended before its session is ended. */
const INTERRUPT_AT_MOST_MS = 10_000;
/** From Enter to UserPromptSubmit 5 to 110 ms were measured. */
const TURN_BEGINS_WITHIN_MS = 1_500;
/** An interrupted turn is believed to be over within a second; when words had waited behind it, perhaps never. */
const REST_IS_SEEN_WITHIN_MS = 5_000;
/** From Esc to the turn of words that had waited behind it 0.3 s were measured (2.1.329). */
const QUEUED_WORDS_GO_WITHIN_MS = 2_000;
/** Ending a program takes at most 5 s; a machine with too much to do needs longer. */
const ENDED_WITHIN_MS = 30_000;

export interface InterruptDependencies {
  readonly core: MissionCore;
  readonly questions: Pick<Questions, 'drop'>;
}

/**
 * Ends the turn of a task: with Esc, and where that does not help by ending its session. When this resolves the session
 * does not work on the task any more, so that it can be given to another.
 */
export function createInterrupt({ core, questions }: InterruptDependencies) {
  const rests = (slotId: SlotId): boolean => {
    const snapshot = core.slotSnapshot(slotId);
    return snapshot !== undefined && isResting(snapshot);
  };
  const isOver = ({ slotId, epoch }: Assignment): boolean => core.runtime(slotId).epoch !== epoch;

  /** Words that wait in Claude Code's own queue are sent by itself when the turn before them is interrupted. */
  async function beginsAgain(assignment: Assignment, signal: AbortSignal): Promise<boolean> {
    const { slotId } = assignment;
    const within = (ms: number): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(ms)]);
    const until = (holds: () => boolean, ms: number): Promise<void> =>
      untilEvent(core.bus, () => isOver(assignment) || holds(), within(ms)).catch(() => undefined);
    await until(() => rests(slotId), REST_IS_SEEN_WITHIN_MS);
    await until(() => !rests(slotId), QUEUED_WORDS_GO_WITHIN_MS);
    return !isOver(assignment) && !rests(slotId);
  }

  async function pressEsc(assignment: Assignment, signal: AbortSignal): Promise<boolean> {
    const { keyboard } = core.runtime(assignment.slotId);
    if (keyboard === null || isOver(assignment)) return true;
    const ended = await keyboard
      .interrupt(AbortSignal.any([signal, AbortSignal.timeout(INTERRUPT_AT_MOST_MS)]))
      .catch(() => null);
    return ended?.ok === true;
  }

  /** The program is ended and started anew: what does not answer to Esc would go on working. */
  async function endSession(assignment: Assignment, signal: AbortSignal): Promise<void> {
    const { slotId } = assignment;
    core.logger.warn({ slotId }, 'the session did not leave its turn and is ended');
    core.sendToSlot(slotId, { type: 'slot.renew', resume: false });
    const ended = AbortSignal.any([signal, AbortSignal.timeout(ENDED_WITHIN_MS)]);
    await untilEvent(core.bus, () => isOver(assignment), ended).catch(() => undefined);
  }

  return async function interrupt(
    taskId: TaskId,
    assignment: Assignment | null,
    signal: AbortSignal,
  ): Promise<void> {
    if (assignment === null || isOver(assignment)) return;
    const { slotId, epoch } = assignment;
    if (core.runtime(slotId).keyboard === null) return;
    if (rests(slotId)) {
      if (core.tasks.deliveryOf(taskId, epoch)?.status !== 'typed') return;
      // Enter was pressed and the turn may be about to begin: it would go on although its task has ended.
      const soon = AbortSignal.any([signal, AbortSignal.timeout(TURN_BEGINS_WITHIN_MS)]);
      await untilEvent(core.bus, () => !rests(slotId), soon).catch(() => undefined);
      if (rests(slotId)) return;
    }
    questions.drop(slotId, 'the task was ended');
    const wordsWait = (core.runtime(slotId).reading?.queued ?? []).length > 0;
    let left = await pressEsc(assignment, signal);
    if (left && wordsWait && (await beginsAgain(assignment, signal)))
      left = await pressEsc(assignment, signal);
    if (!left && !signal.aborted && !isOver(assignment)) await endSession(assignment, signal);
  };
}
