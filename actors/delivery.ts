import { randomUUID } from 'node:crypto';
import { DeliveryId, type Epoch, type SlotId, type TaskId } from '../db/ids.ts';
import type { Assignment } from '../machines/task.ts';
import { MISSION_ERRORS, MissionError, type MissionErrorCode } from '../services/errors/mission-error.ts';
import type { TaskLedger } from '../services/ledger/task-ledger.ts';
import type { SlotRuntime } from './slot-runtime.ts';
import type { TurnRecord, Turns } from './turns.ts';

export interface DeliveryDependencies {
  readonly tasks: TaskLedger;
  readonly turns: Turns;
  readonly now: () => number;
  readonly runtime: (assignment: Assignment) => SlotRuntime;
  /** The words as UserPromptSubmit will carry them. Throws MissionError when the prompt cannot be typed. */
  readonly expectedWords: (prompt: string, slotId: SlotId) => string;
  readonly readTurn: (epoch: Epoch, expected: string) => Promise<TurnRecord>;
  /** Tells the session that what stands in its prompt box from here on is ours, or no longer. */
  readonly typing: (assignment: Assignment, began: boolean) => void;
  /** Writes everything that is pending, so that the ledger is ahead of the keyboard. */
  readonly flush: () => void;
}

function isCode(code: string): code is MissionErrorCode {
  return code in MISSION_ERRORS;
}

/**
 * Carries a task's prompt into its session. The ledger is written before the keys are pressed:
 * a daemon that comes back looks there, and in the transcript, before it types anything again.
 */
export function createDelivery({
  tasks,
  turns,
  now,
  runtime,
  expectedWords,
  readTurn,
  typing,
  flush,
}: DeliveryDependencies) {
  return async function deliver(
    taskId: TaskId,
    assignment: Assignment | null,
    signal: AbortSignal,
  ): Promise<void> {
    const task = tasks.get(taskId);
    if (assignment === null || task === undefined)
      throw new MissionError('internal', `Task ${taskId} has no assignment.`);
    flush();
    const { slotId, epoch } = assignment;
    const held = runtime(assignment);
    const expected = expectedWords(task.prompt, slotId);
    const last = tasks.deliveryOf(taskId, epoch);
    // One that was refused was never typed: this is another.
    const before = last?.status === 'refused' ? undefined : last;
    if (before?.status === 'submitted' || before?.status === 'answered') return;
    if (before?.status === 'typed' && (await readTurn(epoch, expected)).found) {
      // Claude Code took it while no daemon listened to its hooks.
      tasks.updateDelivery(before.id, { status: 'submitted', submittedAt: now() });
      return;
    }
    if (held.keyboard === null || held.epoch !== epoch) {
      throw new MissionError('slot_not_running', `Slot ${slotId} has no running session any more.`, {
        remedy: 'Submit the task again; the slot is started when it is needed.',
      });
    }
    const id = before?.id ?? DeliveryId.parse(randomUUID());
    if (before === undefined) {
      tasks.startDelivery({
        id,
        taskId,
        slotId,
        epoch,
        expected,
        status: 'queued',
        failure: null,
        createdAt: now(),
        typedAt: null,
        submittedAt: null,
        answeredAt: null,
      });
    }
    let stopListening = () => {};
    const submitted = new Promise<void>((resolve) => {
      stopListening = turns.onSubmitted(taskId, resolve);
    });
    typing(assignment, true);
    try {
      const typed = await held.keyboard.deliver(task.prompt, {
        signal,
        submitted,
        ours: before?.status === 'typed',
        typed: () => tasks.updateDelivery(id, { status: 'typed', typedAt: now() }),
      });
      if (typed.ok) return;
      tasks.updateDelivery(id, { status: 'refused', failure: typed.failure.message });
      const { code, message, remedy } = typed.failure;
      throw new MissionError(
        isCode(code) ? code : 'delivery_failed',
        message,
        remedy === undefined ? {} : { remedy },
      );
    } finally {
      stopListening();
      typing(assignment, false);
    }
  };
}
