import type { Epoch, SlotId, TaskId } from '../db/ids.ts';
import type { MachineFailure } from '../machines/failure.ts';
import type { TaskEvent } from '../machines/task.ts';
import type { SlotLedger } from '../services/ledger/slot-ledger.ts';
import type { TaskLedger, TaskRow } from '../services/ledger/task-ledger.ts';
import type { Transcripts } from './transcripts.ts';

/**
 * A session that rests while its task counts as running has either lost its Stop hook or was interrupted.
 * The hook, when there is one, comes before the screen settles; this is long enough for it to win.
 */
const SILENT_TURN_MS = 1_500;

/**
 * How often a resting session is looked at before its turn counts as interrupted although no record says so:
 * a transcript line can come late, and a screen can seem at rest while a slow answer is on its way.
 */
const MOST_LOOKS = 6;

export interface TurnsDependencies {
  readonly tasks: TaskLedger;
  readonly slots: SlotLedger;
  readonly now: () => number;
  readonly sameWords: (expected: string, heard: string) => boolean;
  readonly transcripts: Transcripts;
  readonly send: (taskId: TaskId, event: TaskEvent) => void;
  /** True while the session is at its prompt, with no turn going on. */
  readonly isResting: (slotId: SlotId) => boolean;
  readonly onError: (error: unknown) => void;
}

const INTERRUPTED: MachineFailure = {
  code: 'turn_interrupted',
  message: 'The turn was interrupted, or a dialog was refused, before Claude Code had answered.',
  remedy: 'Submit the task again; attach to the slot to see where it stopped.',
};

/** Joins what happens in a session (prompts, answers, silence) with the task that the session was given. */
export function createTurns({
  tasks,
  slots,
  now,
  sameWords,
  transcripts,
  send,
  isResting,
  onError,
}: TurnsDependencies) {
  const silences = new Map<SlotId, NodeJS.Timeout>();
  /** Resolved when the prompt of a delivery was heard, by task. */
  const listeners = new Map<TaskId, () => void>();

  function active(slotId: SlotId, epoch: Epoch): TaskRow | undefined {
    const row = tasks.activeOn(slotId);
    return row?.epoch === epoch ? row : undefined;
  }

  function quiet(slotId: SlotId): void {
    clearTimeout(silences.get(slotId));
    silences.delete(slotId);
  }

  function markAnswered(task: TaskRow): void {
    if (task.epoch === null) return;
    const delivery = tasks.deliveryOf(task.id, task.epoch);
    if (delivery !== undefined) tasks.updateDelivery(delivery.id, { status: 'answered', answeredAt: now() });
  }

  function answer(task: TaskRow, slotId: SlotId, result: string): void {
    markAnswered(task);
    slots.addHistory({ slotId, taskId: task.id, role: 'assistant', content: result, at: now() });
    send(task.id, { type: 'turn.ended', result, at: now() });
  }

  function lookLater(slotId: SlotId, epoch: Epoch, look: number): void {
    const timer = setTimeout(() => {
      silences.delete(slotId);
      judgeSilence(slotId, epoch, look).catch(onError);
    }, SILENT_TURN_MS);
    silences.set(slotId, timer);
  }

  async function judgeSilence(slotId: SlotId, epoch: Epoch, look: number): Promise<void> {
    const task = active(slotId, epoch);
    if (task === undefined || task.status === 'delivering' || !isResting(slotId)) return;
    const delivery = tasks.deliveryOf(task.id, epoch);
    const turn = delivery === undefined ? null : await transcripts.turnOf(delivery);
    const still = active(slotId, epoch);
    if (still?.id !== task.id || !isResting(slotId)) return;
    if (turn?.ended === true && !turn.interrupted && turn.lastAssistantMessage !== null) {
      answer(task, slotId, turn.lastAssistantMessage);
    } else if (turn?.interrupted === true || look >= MOST_LOOKS) {
      send(task.id, { type: 'turn.failed', failure: INTERRUPTED, at: now() });
    } else if (!silences.has(slotId)) {
      lookLater(slotId, epoch, look + 1);
    }
  }

  return {
    /** Calls `heard` once when UserPromptSubmit carries this task's words. Returns the way to stop listening. */
    onSubmitted(taskId: TaskId, heard: () => void): () => void {
      listeners.set(taskId, heard);
      return () => {
        listeners.delete(taskId);
      };
    },

    /** UserPromptSubmit: the prompt of our delivery, or something that a person typed. */
    promptHeard(slotId: SlotId, epoch: Epoch, prompt: string): void {
      quiet(slotId);
      const task = active(slotId, epoch);
      const delivery = task === undefined ? undefined : tasks.deliveryOf(task.id, epoch);
      const ours =
        task !== undefined &&
        delivery !== undefined &&
        (delivery.status === 'typed' || delivery.status === 'queued') &&
        sameWords(delivery.expected, prompt);
      slots.addHistory({ slotId, taskId: ours ? task.id : null, role: 'user', content: prompt, at: now() });
      if (!ours) return;
      tasks.updateDelivery(delivery.id, { status: 'submitted', submittedAt: now() });
      send(task.id, { type: 'prompt.submitted', at: now() });
      listeners.get(task.id)?.();
    },

    /** Stop: the turn ended, and these were its last words. Without words the transcript is asked. */
    turnEnded(slotId: SlotId, epoch: Epoch, lastAssistantMessage: string | null): void {
      quiet(slotId);
      const task = active(slotId, epoch);
      if (task === undefined || task.status === 'delivering') {
        if (lastAssistantMessage !== null)
          slots.addHistory({
            slotId,
            taskId: null,
            role: 'assistant',
            content: lastAssistantMessage,
            at: now(),
          });
        return;
      }
      if (lastAssistantMessage === null) this.restingSeen(slotId, epoch);
      else answer(task, slotId, lastAssistantMessage);
    },

    /** StopFailure: the turn ended with an error of the API. */
    turnFailed(slotId: SlotId, epoch: Epoch, reason: string): void {
      quiet(slotId);
      const task = active(slotId, epoch);
      if (task === undefined) return;
      markAnswered(task);
      const failure: MachineFailure = {
        code: 'turn_failed',
        message: `Claude Code ended the turn with an error: ${reason}`,
        remedy: 'Submit the task again when the cause is gone; the session is still usable.',
      };
      send(task.id, { type: 'turn.failed', failure, at: now() });
    },

    /** The program ended while it had a task. */
    sessionEnded(slotId: SlotId, epoch: Epoch, how: string): void {
      quiet(slotId);
      const task = active(slotId, epoch);
      if (task === undefined) return;
      const failure: MachineFailure = {
        code: 'session_exited',
        message: `Claude Code in slot ${slotId} ended (${how}) before the task was done.`,
        remedy: `See \`missiond logs ${slotId}\` and submit the task again.`,
      };
      send(task.id, { type: 'turn.failed', failure, at: now() });
    },

    /** The session stands at its prompt. If its task still counts as running, look closer after a while. */
    restingSeen(slotId: SlotId, epoch: Epoch): void {
      if (silences.has(slotId) || active(slotId, epoch) === undefined) return;
      lookLater(slotId, epoch, 1);
    },

    /** The session works, or asks. */
    workSeen: quiet,

    dispose(): void {
      for (const slotId of [...silences.keys()]) quiet(slotId);
    },
  };
}

export type Turns = ReturnType<typeof createTurns>;
