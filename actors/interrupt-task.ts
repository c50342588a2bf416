import type { SlotId, TaskId } from '../db/ids.ts';
import type { Assignment } from '../machines/task-events.ts';
import { within } from '../services/deadline/within.ts';
import { untilEvent } from './bus.ts';
import { createEndRun, type EndRunDependencies } from './end-run.ts';
import { lookAtScreen } from './look-at-screen.ts';
import type { Questions } from './questions/questions.ts';
import { isResting } from './slot-view.ts';
import { wasTold } from './stuck/blocked.ts';

/** How long Esc may take before the session is ended. */
const INTERRUPT_AT_MOST_MS = 10_000;
/** From Enter to UserPromptSubmit 5 to 110 ms were measured. */
const TURN_BEGINS_WITHIN_MS = 1_500;
/** From Esc to the rest that is believed 60 to 900 ms were measured (2.0.60 to 2.1.329); when words had waited behind the turn, perhaps never. */
const REST_IS_SEEN_WITHIN_MS = 5_000;
/** From Esc to the turn of words that had waited behind it 0.3 s were measured (2.1.329). */
const QUEUED_WORDS_GO_WITHIN_MS = 2_000;
/** The first may have met words that waited, or a screen that nobody could read. */
const MOST_ESCS = 2;

export interface InterruptDependencies extends EndRunDependencies {
  readonly questions: Pick<Questions, 'drop'>;
}

/**
 * Ends the turn of a task: with Esc, and where no rest is seen after it by ending its session. When this resolves the
 * session does not work on the task any more, so that it can be given to another.
 */
export function createInterrupt({ core, launcher, questions }: InterruptDependencies) {
  const endRun = createEndRun({ core, launcher });
  const rests = (slotId: SlotId): boolean => {
    const snapshot = core.slotSnapshot(slotId);
    return snapshot !== undefined && isResting(snapshot);
  };
  const isOver = ({ slotId, epoch }: Assignment): boolean => core.runtime(slotId).epoch !== epoch;

  async function until(holds: () => boolean, ms: number, signal: AbortSignal): Promise<boolean> {
    return await untilEvent(core.bus, holds, within(ms, signal)).then(
      () => true,
      () => false,
    );
  }

  /** Whether a session that seems to rest may work on the task all the same, or is about to. */
  async function mayBegin(
    taskId: TaskId,
    { slotId, epoch }: Assignment,
    signal: AbortSignal,
  ): Promise<boolean> {
    const status = core.tasks.deliveryOf(taskId, epoch)?.status;
    // Enter was pressed: a turn that begins now would go on although its task has ended.
    if (status === 'typed') return await until(() => !rests(slotId), TURN_BEGINS_WITHIN_MS, signal);
    // A turn of which nobody has told that it is over: 2.1.30 draws nothing of some for half a second.
    return status === 'submitted';
  }

  /** Presses Esc while the screen shows work. True when the session is seen to rest then. */
  async function leavesTurn(taskId: TaskId, assignment: Assignment, signal: AbortSignal): Promise<boolean> {
    const { slotId, epoch } = assignment;
    const { keyboard } = core.runtime(slotId);
    if (keyboard === null || isOver(assignment)) return false;
    const pressed = await keyboard.interrupt(within(INTERRUPT_AT_MOST_MS, signal)).catch(() => null);
    if (pressed?.ok !== true) return false;
    // The screen that shows it may be on its way.
    await lookAtScreen(core, slotId, epoch).catch(() => undefined);
    await until(() => isOver(assignment) || rests(slotId), REST_IS_SEEN_WITHIN_MS, signal);
    // Words that wait in Claude Code's own queue are sent by itself when the turn before them is interrupted. Not every
    // version shows them, but whether we have put some there is known.
    const task = core.tasks.get(taskId);
    if (pressed.wordsWaited === true || (task !== undefined && wasTold(core, task, slotId)))
      await until(() => isOver(assignment) || !rests(slotId), QUEUED_WORDS_GO_WITHIN_MS, signal);
    return !isOver(assignment) && rests(slotId);
  }

  return async function interrupt(
    taskId: TaskId,
    assignment: Assignment | null,
    signal: AbortSignal,
  ): Promise<void> {
    if (assignment === null) return;
    const { slotId, epoch } = assignment;
    if (!isOver(assignment)) {
      if (rests(slotId) && !(await mayBegin(taskId, assignment, signal))) return;
      questions.drop(slotId, 'the task was ended');
      for (let escs = 0; escs < MOST_ESCS && !isOver(assignment); escs++)
        if (await leavesTurn(taskId, assignment, signal)) return;
      core.logger.warn({ slotId, epoch, taskId }, 'the session did not leave its turn and is ended');
    }
    await endRun(assignment, signal);
  };
}
