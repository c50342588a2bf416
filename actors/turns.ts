import type { Epoch, SlotId, TaskId } from '../db/ids.ts';
import type { MachineFailure } from '../machines/failure.ts';
import type { TaskEvent } from '../machines/task-events.ts';
import { apiTroubleOf } from '../services/claude/api-trouble.ts';
import type { SlotLedger } from '../services/ledger/slot-ledger.ts';
import type { TaskLedger, TaskRow } from '../services/ledger/task-ledger.ts';
import type { Transcripts } from './transcripts.ts';
import { createTurnLooks, type TurnEnd } from './turn-looks.ts';

export interface TurnsDependencies {
  readonly tasks: TaskLedger;
  readonly slots: SlotLedger;
  readonly now: () => number;
  readonly sameWords: (expected: string, heard: string) => boolean;
  readonly transcripts: Transcripts;
  readonly send: (taskId: TaskId, event: TaskEvent) => void;
  /** Writes in the next transaction, and again when that fails: no event waits for the disk. */
  readonly writeLater: (write: () => void) => void;
  /** True while the session is at its prompt, with no turn going on. */
  readonly isResting: (slotId: SlotId) => boolean;
  /** Why the words with which a turn ended are no result; null when they are. */
  readonly blockedBy: (task: TaskRow, slotId: SlotId, words: string) => MachineFailure | null;
  /** Why its task goes on although its turn has ended with these words; null when it does not. */
  readonly leftOpen: (task: TaskRow, slotId: SlotId, words: string) => TaskEvent | null;
  /** A turn ended with these words. */
  readonly told: (slotId: SlotId, taskId: TaskId | null, words: string) => void;
  /** Takes out of words of a slot what must not be stored. */
  readonly redact: (slotId: SlotId, text: string) => string;
  readonly onError: (error: unknown) => void;
}

type HistoryEntry = Parameters<SlotLedger['addHistory']>[0];

/** What every hook of a turn says about it. */
export interface TurnHook {
  /** The prompt that began the turn; undefined where the version does not say (before 2.1.329). */
  readonly promptId?: string;
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
  writeLater,
  isResting,
  blockedBy,
  leftOpen,
  told,
  redact,
  onError,
}: TurnsDependencies) {
  /** Resolved when the prompt of a delivery was heard, by task. */
  const listeners = new Map<TaskId, () => void>();
  /**
   * The last words of a task's turn, until the session rests: hooks of the person, which run beside ours, may send
   * Claude Code back to work.
   */
  const lastWords = new Map<
    SlotId,
    { readonly taskId: TaskId; readonly words: string; readonly at: number }
  >();
  /** Tasks whose prompt was the last that was heard: where hooks name no prompt, the next Stop is theirs. */
  const lastHeard = new Map<SlotId, TaskId>();
  const looks = createTurnLooks({
    tasks,
    transcripts,
    isResting,
    onError,
    conclude: tellEnd,
  });

  function tellEnd(task: TaskRow, slotId: SlotId, end: TurnEnd): void {
    // It can end before anybody heard that it had begun.
    if (task.status === 'delivering') send(task.id, { type: 'prompt.submitted', at: now() });
    if (end.kind === 'answered') answer(task, slotId, end.words, now());
    else if (end.kind === 'failed') fail(task, end.error);
    else send(task.id, { type: 'turn.failed', failure: INTERRUPTED, at: now() });
  }

  function active(slotId: SlotId, epoch: Epoch): TaskRow | undefined {
    const row = tasks.activeOn(slotId);
    return row?.epoch === epoch ? row : undefined;
  }

  /** Claude Code's id of the task's prompt, also while words that are to follow it wait to be typed. */
  function promptIdOf(task: TaskRow, epoch: Epoch): string | undefined {
    return tasks.givenDeliveries(task.id, epoch)[0]?.promptId ?? undefined;
  }

  /** Whether the turn that a hook speaks of is the task's. `unsure` where only the transcript can tell. */
  function belongs(task: TaskRow, epoch: Epoch, { promptId }: TurnHook): 'yes' | 'no' | 'unsure' {
    const expected = promptIdOf(task, epoch);
    if (expected !== undefined && promptId !== undefined) {
      if (expected === promptId) return 'yes';
      // It was interrupted so that other words carry the task on, and such may be on their way already.
      return tasks.deliveryOf(task.id, epoch)?.status === 'queued' ? 'unsure' : 'no';
    }
    if (task.slotId !== null && lastHeard.get(task.slotId) === task.id) return 'yes';
    // What has not been submitted has no turn yet.
    return task.status === 'delivering' ? 'no' : 'unsure';
  }

  function remember(entry: Omit<HistoryEntry, 'at'>): void {
    const at = now();
    const content = redact(entry.slotId, entry.content);
    writeLater(() => slots.addHistory({ ...entry, content, at }));
  }

  function said(slotId: SlotId, taskId: TaskId | null, words: string): void {
    remember({ slotId, taskId, role: 'assistant', content: words });
    told(slotId, taskId, words);
  }

  function markAnswered(task: TaskRow, answeredAt: number): void {
    if (task.epoch === null) return;
    const delivery = tasks.givenDeliveries(task.id, task.epoch)[0] ?? tasks.deliveryOf(task.id, task.epoch);
    if (delivery !== undefined)
      writeLater(() => tasks.updateDelivery(delivery.id, { status: 'answered', answeredAt }));
  }

  function answer(task: TaskRow, slotId: SlotId, words: string, heardAt: number): void {
    const result = redact(slotId, words);
    const failure = blockedBy(task, slotId, result);
    const ended: TaskEvent =
      failure === null
        ? { type: 'turn.ended', result, at: now() }
        : { type: 'turn.failed', failure, result, at: now() };
    send(task.id, failure === null ? (leftOpen(task, slotId, result) ?? ended) : ended);
    markAnswered(task, heardAt);
    said(slotId, task.id, result);
  }

  function fail(task: TaskRow, words: string): void {
    const error = task.slotId === null ? words : redact(task.slotId, words);
    const trouble = apiTroubleOf(error);
    const failure: MachineFailure = {
      code: trouble ?? 'turn_failed',
      message: `Claude Code ended the turn with an error: ${error}`,
      remedy:
        trouble === 'needs_login'
          ? `Sign in (missiond attach ${task.slotId}, then /login), and submit the task again.`
          : 'Submit the task again when the cause is gone; the session is still usable.',
    };
    send(task.id, { type: 'turn.failed', failure, at: now() });
    markAnswered(task, now());
  }

  /** The turn is over, so what Stop said last is the answer. */
  function conclude(slotId: SlotId, epoch: Epoch): boolean {
    const last = lastWords.get(slotId);
    lastWords.delete(slotId);
    const task = active(slotId, epoch);
    if (last === undefined || task?.id !== last.taskId) return false;
    answer(task, slotId, last.words, last.at);
    return true;
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
    promptHeard(slotId: SlotId, epoch: Epoch, hook: TurnHook & { readonly prompt: string }): void {
      looks.quiet(slotId);
      const { prompt, promptId } = hook;
      conclude(slotId, epoch);
      const task = active(slotId, epoch);
      const delivery = task === undefined ? undefined : tasks.deliveryOf(task.id, epoch);
      const ours =
        task !== undefined &&
        delivery !== undefined &&
        (delivery.status === 'typed' || delivery.status === 'queued') &&
        sameWords(delivery.expected, prompt);
      remember({ slotId, taskId: ours ? task.id : null, role: 'user', content: prompt });
      if (ours) {
        const submittedAt = now();
        lastHeard.set(slotId, task.id);
        send(task.id, { type: 'prompt.submitted', at: submittedAt });
        listeners.get(task.id)?.();
        writeLater(() =>
          tasks.updateDelivery(delivery.id, {
            status: 'submitted',
            submittedAt,
            promptId: promptId ?? null,
          }),
        );
        return;
      }
      // What a person adds to a turn that goes on carries the id of its prompt.
      const added = promptId !== undefined && task !== undefined && promptIdOf(task, epoch) === promptId;
      if (added) return;
      lastHeard.delete(slotId);
      if (task !== undefined) looks.overtakenSeen(slotId, epoch);
    },

    /** Stop: a turn ended, and these were its last words. Without words the transcript is asked. */
    turnEnded(
      slotId: SlotId,
      epoch: Epoch,
      hook: TurnHook & { readonly lastAssistantMessage: string | null },
    ): void {
      looks.quiet(slotId);
      const { lastAssistantMessage: words } = hook;
      const task = active(slotId, epoch);
      const whose = task === undefined ? 'no' : belongs(task, epoch, hook);
      if (whose === 'no' && words !== null) said(slotId, null, words);
      if (task === undefined) return;
      if (whose !== 'yes') looks.overtakenSeen(slotId, epoch);
      else if (words === null) looks.restingSeen(slotId, epoch);
      else {
        lastWords.set(slotId, { taskId: task.id, words, at: now() });
        if (isResting(slotId)) conclude(slotId, epoch);
      }
    },

    /** StopFailure: a turn ended with an error of the API. `error` is one word for it, the last message its text. */
    turnFailed(
      slotId: SlotId,
      epoch: Epoch,
      hook: TurnHook & { readonly error: string; readonly lastAssistantMessage: string | null },
    ): void {
      looks.quiet(slotId);
      const task = active(slotId, epoch);
      if (task === undefined) return;
      if (belongs(task, epoch, hook) === 'yes') fail(task, hook.lastAssistantMessage ?? hook.error);
      else looks.overtakenSeen(slotId, epoch);
    },

    /** Its turn will not go on: what Stop said last is the task's answer. False when Stop had said nothing. */
    conclude,

    /** The program ended while it had a task. */
    sessionEnded(slotId: SlotId, epoch: Epoch, how: string): void {
      looks.quiet(slotId);
      if (conclude(slotId, epoch)) return;
      const task = active(slotId, epoch);
      if (task === undefined) return;
      const failure: MachineFailure = {
        code: 'session_exited',
        message: `Claude Code in slot ${slotId} ended (${how}) before the task was done.`,
        remedy: `See \`missiond logs ${slotId}\` and submit the task again.`,
      };
      // It may have ended before anybody heard its last words.
      looks.endedSeen(task, slotId, () => send(task.id, { type: 'session.lost', failure, at: now() }));
    },

    endFound: looks.endFound,

    /** False when the words of a task certainly never reached the run of the session. */
    async wasBegun(task: TaskRow, epoch: Epoch): Promise<boolean> {
      const given = tasks.givenDeliveries(task.id, epoch);
      if (given.some(({ status }) => status !== 'typed')) return true;
      for (const delivery of given) {
        if ((await transcripts.turnOf(delivery))?.found !== false) return true;
      }
      return false;
    },

    /** True when the transcript of the run shows the words of a task. */
    async hasTheWords(task: TaskRow, epoch: Epoch): Promise<boolean> {
      for (const delivery of tasks.givenDeliveries(task.id, epoch)) {
        if ((await transcripts.turnOf(delivery))?.found === true) return true;
      }
      return false;
    },

    /** A tool began, or Esc was pressed: the turn went on, and what Stop said before was not its end. */
    goingOn(slotId: SlotId): void {
      lastWords.delete(slotId);
    },

    /** The session stands at its prompt. */
    restingSeen(slotId: SlotId, epoch: Epoch): void {
      if (!conclude(slotId, epoch)) looks.restingSeen(slotId, epoch);
    },

    /** The session works, or asks. */
    workSeen: looks.quiet,

    dispose: looks.dispose,
  };
}

export type Turns = ReturnType<typeof createTurns>;
