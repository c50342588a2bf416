import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { DeliveryId, type SlotId, type TaskId } from '../db/ids.ts';
import type { Assignment } from '../machines/task-events.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import type { Typed } from '../services/keyboard/keyboard-terminal.ts';
import type { AttemptLedger } from '../services/ledger/attempt-ledger.ts';
import type { DeliveryRow, TaskLedger } from '../services/ledger/task-ledger.ts';
import type { SlotRuntime } from './slot-runtime.ts';
import type { Transcripts } from './transcripts.ts';
import type { Turns } from './turns.ts';

export interface DeliveryDependencies {
  readonly tasks: TaskLedger;
  readonly attempts: Pick<AttemptLedger, 'last'>;
  readonly turns: Pick<Turns, 'onSubmitted'>;
  readonly transcripts: Transcripts;
  readonly now: () => number;
  readonly runtime: (assignment: Assignment) => SlotRuntime;
  /** The words as UserPromptSubmit will carry them. Throws MissionError when the prompt cannot be typed. */
  readonly expectedWords: (prompt: string, slotId: SlotId) => string;
  /** Resolves when no turn goes on in the session and its prompt box is open, whatever stands in it. */
  readonly untilResting: (assignment: Assignment, signal: AbortSignal) => Promise<void>;
  /** Resolves when the run has called a hook: before that, nothing proves that the policy holds in it. */
  readonly untilHooked: (assignment: Assignment, signal: AbortSignal) => Promise<void>;
  /** Tells the session that what stands in its prompt box from here on is ours, or no longer. */
  readonly typing: (assignment: Assignment, began: boolean) => void;
  /** Writes in the next transaction, and again when that fails. */
  readonly writeLater: (write: () => void) => void;
  /** Resolves when everything is written, so that the ledger is ahead of the keyboard; waits while the disk is full. */
  readonly written: (signal: AbortSignal) => Promise<void>;
}

/** How often a prompt is typed because it did not come as far as Enter: the ledger failed, or the box did not show it. */
const MOST_TRIES = 3;

const isUnseen = (typed: Typed): boolean => !typed.ok && typed.failure.code === 'delivery_failed';

/**
 * Carries a task's prompt into its session: queued ▸ typed ▸ submitted (the UserPromptSubmit hook) ▸ answered, or refused.
 * Each step is a row of the ledger before it is a key of the keyboard, so a daemon that comes back knows how far the
 * last one may have got, and asks the world about the rest before it types anything.
 */
export function createDelivery({
  tasks,
  attempts,
  turns,
  transcripts,
  now,
  runtime,
  expectedWords,
  untilResting,
  untilHooked,
  typing,
  writeLater,
  written,
}: DeliveryDependencies) {
  function markSubmitted({ id }: DeliveryRow): void {
    const submittedAt = now();
    writeLater(() => tasks.updateDelivery(id, { status: 'submitted', submittedAt }));
  }

  /** Enter may have been pressed before the last daemon ended. Only a session at rest has decided what became of it. */
  async function hasArrived(
    delivery: DeliveryRow,
    assignment: Assignment,
    signal: AbortSignal,
  ): Promise<boolean> {
    if ((await transcripts.turnOf(delivery))?.found === true) return true;
    await untilResting(assignment, signal);
    const turn = await transcripts.turnOf(delivery);
    if (turn !== null) return turn.found;
    throw new MissionError(
      'delivery_failed',
      'The daemon ended while it delivered the prompt, and nothing says whether it arrived.',
      { remedy: `Look at the terminal (missiond attach ${assignment.slotId}) before you submit it again.` },
    );
  }

  async function begin(
    taskId: TaskId,
    { slotId, epoch }: Assignment,
    { expected, attempt }: Pick<DeliveryRow, 'expected' | 'attempt'>,
    signal: AbortSignal,
  ): Promise<DeliveryRow> {
    const place = await transcripts.endOf(epoch);
    const row: DeliveryRow = {
      id: DeliveryId.parse(randomUUID()),
      taskId,
      slotId,
      epoch,
      attempt,
      expected,
      status: 'queued',
      failure: null,
      transcriptPath: place?.path ?? null,
      transcriptOffset: place?.offset ?? 0,
      promptId: null,
      createdAt: now(),
      typedAt: null,
      submittedAt: null,
      answeredAt: null,
    };
    writeLater(() => tasks.startDelivery(row));
    await written(signal);
    return row;
  }

  return async function deliver(
    taskId: TaskId,
    assignment: Assignment | null,
    signal: AbortSignal,
  ): Promise<void> {
    const task = tasks.get(taskId);
    if (assignment === null || task === undefined)
      throw new MissionError('internal', `Task ${taskId} has no assignment.`);
    // An invoked actor begins inside the transition that invokes it; the journal hears of that only afterwards.
    await setImmediate();
    await written(signal);
    const { slotId, epoch } = assignment;
    const held = runtime(assignment);
    const { prompt, number: attempt } = attempts.last(taskId) ?? { prompt: task.prompt, number: 1 };
    const expected = expectedWords(prompt, slotId);
    const last = tasks.deliveryOf(taskId, epoch);
    // One that was refused was never typed: this is another.
    const before = last?.status === 'refused' ? undefined : last;
    if (before?.status === 'submitted' || before?.status === 'answered') return;
    if (held.keyboard === null || held.epoch !== epoch) {
      throw new MissionError('slot_not_running', `Slot ${slotId} has no running session any more.`, {
        remedy: 'Submit the task again; the slot is started when it is needed.',
      });
    }
    const { keyboard } = held;
    await untilHooked(assignment, signal);
    const delivery = before ?? (await begin(taskId, assignment, { expected, attempt }, signal));
    let mayBeSent = false;
    const markTyped = (): void => {
      mayBeSent = true;
      try {
        tasks.updateDelivery(delivery.id, { status: 'typed', typedAt: now() });
      } catch (cause) {
        throw new MissionError(
          'database_failed',
          'The prompt was not sent, since the database could not note that it was about to be.',
          { cause, remedy: 'Make room on the disk of MISSIOND_HOME, then submit the task again.' },
        );
      }
    };
    const type = async (tries = 1): Promise<Typed> => {
      try {
        const ours = before !== undefined || tries > 1;
        return await keyboard.deliver(prompt, { signal, submitted, ours, typed: markTyped });
      } catch (error) {
        const notNoted = error instanceof MissionError && error.code === 'database_failed';
        if (!notNoted || tries === MOST_TRIES) throw error;
        writeLater(() => tasks.updateDelivery(delivery.id, { status: 'queued' }));
        await written(signal);
        return await type(tries + 1);
      }
    };
    let stopListening = () => {};
    const submitted = new Promise<void>((resolve) => {
      stopListening = turns.onSubmitted(taskId, resolve);
    });
    typing(assignment, true);
    try {
      if (before?.status === 'typed' && (await hasArrived(before, assignment, signal)))
        return markSubmitted(before);
      let typed = await type();
      // At work: most likely on these very words. They are not typed again before that is known.
      while (before?.status === 'typed' && !typed.ok && typed.failure.code === 'slot_not_idle') {
        if (await hasArrived(before, assignment, signal)) return markSubmitted(before);
        typed = await type();
      }
      // The text did not come to stand in the box (a busy machine, a program that stood still), so nothing was sent.
      for (let tries = 2; tries <= MOST_TRIES && !mayBeSent && isUnseen(typed); tries += 1)
        typed = await type(tries);
      if (typed.ok) return;
      const { code, message, remedy } = typed.failure;
      // Hooks can be switched off or lost; the transcript then is the only proof that the words arrived.
      if (code === 'delivery_failed' && (await transcripts.turnOf(delivery))?.found === true)
        return markSubmitted(delivery);
      writeLater(() => tasks.updateDelivery(delivery.id, { status: 'refused', failure: message }));
      throw new MissionError(code, message, remedy === undefined ? {} : { remedy });
    } finally {
      stopListening();
      typing(assignment, false);
    }
  };
}
