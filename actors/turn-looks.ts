import type { Epoch, SlotId } from '../db/ids.ts';
import type { TaskLedger, TaskRow } from '../services/ledger/task-ledger.ts';
import type { Transcripts, TurnRecord } from './transcripts.ts';

/**
 * A session that rests while its task counts as running has either lost its Stop hook or was interrupted.
 * The hook, when there is one, comes before the screen settles; this is long enough for it to win.
 */
const SILENT_TURN_MS = 1_500;

/** A transcript line is written up to half a second after the hook (2.1.329 on a busy machine). */
const NEXT_LOOK_MS = 250;

/**
 * How often a resting session is looked at before its turn counts as interrupted although no record says so:
 * a transcript line can come late, and a screen can seem at rest while a slow answer is on its way.
 */
const MOST_LOOKS = 6;

/** How a turn ended, where no hook has said it. */
export type TurnEnd =
  | { readonly kind: 'answered'; readonly words: string }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'interrupted' };

export interface TurnLooksDependencies {
  readonly tasks: TaskLedger;
  readonly transcripts: Transcripts;
  /** True while the session is at its prompt, with no turn going on. */
  readonly isResting: (slotId: SlotId) => boolean;
  readonly conclude: (task: TaskRow, slotId: SlotId, end: TurnEnd) => void;
  readonly onError: (error: unknown) => void;
}

function endOf(turn: TurnRecord | null): TurnEnd | null {
  if (turn?.ended !== true) return null;
  if (turn.interrupted) return { kind: 'interrupted' };
  if (turn.error !== null) return { kind: 'failed', error: turn.error };
  return turn.lastAssistantMessage === null ? null : { kind: 'answered', words: turn.lastAssistantMessage };
}

/** Looks at the transcript for the end of a task's turn, where hooks leave it open, and again when it is late. */
export function createTurnLooks({ tasks, transcripts, isResting, conclude, onError }: TurnLooksDependencies) {
  /** Looks because the session rests; called off when it works. */
  const silences = new Map<SlotId, NodeJS.Timeout>();
  /** Looks because another prompt was heard; what the session does meanwhile is not the task's. */
  const overtaken = new Map<SlotId, NodeJS.Timeout>();
  let disposed = false;

  function open(slotId: SlotId, epoch: Epoch): TaskRow | undefined {
    const task = tasks.activeOn(slotId);
    return task?.epoch === epoch && task.status !== 'delivering' ? task : undefined;
  }

  function cancel(timers: Map<SlotId, NodeJS.Timeout>, slotId: SlotId): void {
    clearTimeout(timers.get(slotId));
    timers.delete(slotId);
  }

  function later(
    timers: Map<SlotId, NodeJS.Timeout>,
    slotId: SlotId,
    afterMs: number,
    look: () => Promise<void>,
  ): void {
    cancel(timers, slotId);
    const timer = setTimeout(() => {
      timers.delete(slotId);
      look().catch(onError);
    }, afterMs);
    timers.set(slotId, timer);
  }

  async function endOfTurn({ id }: TaskRow, epoch: Epoch): Promise<TurnEnd | null> {
    const [given] = tasks.givenDeliveries(id, epoch);
    const end = endOf(given === undefined ? null : await transcripts.turnOf(given));
    // It was interrupted so that other words can be typed: these carry the task on.
    const isFollowed = tasks.deliveryOf(id, epoch)?.status === 'queued';
    return end?.kind === 'interrupted' && isFollowed ? null : end;
  }

  /** Ends the task when the transcript says how. False when it does not, and the task still waits for it. */
  async function ask(task: TaskRow, slotId: SlotId, epoch: Epoch): Promise<boolean> {
    const end = await endOfTurn(task, epoch);
    if (open(slotId, epoch)?.id !== task.id) return true;
    if (end !== null) conclude(task, slotId, end);
    return end !== null;
  }

  async function lastWordsOf(task: TaskRow): Promise<TurnEnd | null> {
    if (task.epoch === null) return null;
    const end = await endOfTurn(task, task.epoch);
    return end?.kind === 'interrupted' ? null : end;
  }

  async function lookBack(task: TaskRow, slotId: SlotId, without: () => void): Promise<void> {
    // What is open then, the next daemon takes up.
    if (disposed) return;
    const end = await lastWordsOf(task).catch((error: unknown) => {
      onError(error);
      return null;
    });
    if (disposed || tasks.activeOn(slotId)?.id !== task.id) return;
    if (end === null) without();
    else conclude(task, slotId, end);
  }

  async function lookAtSilence(slotId: SlotId, epoch: Epoch, look: number): Promise<void> {
    const task = open(slotId, epoch);
    if (task === undefined || !isResting(slotId)) return;
    if ((await ask(task, slotId, epoch)) || !isResting(slotId)) return;
    if (look >= MOST_LOOKS) conclude(task, slotId, { kind: 'interrupted' });
    else if (!silences.has(slotId))
      later(silences, slotId, SILENT_TURN_MS, () => lookAtSilence(slotId, epoch, look + 1));
  }

  /** Finds nothing where a person only added to the turn that goes on: then it is left to its own end. */
  async function lookBehind(slotId: SlotId, epoch: Epoch, look: number): Promise<void> {
    const task = open(slotId, epoch);
    if (task === undefined || (await ask(task, slotId, epoch))) return;
    if (look < MOST_LOOKS && !overtaken.has(slotId))
      later(overtaken, slotId, NEXT_LOOK_MS, () => lookBehind(slotId, epoch, look + 1));
  }

  return {
    /** The session stands at its prompt. If its task still counts as running, look closer after a while. */
    restingSeen(slotId: SlotId, epoch: Epoch): void {
      if (silences.has(slotId) || open(slotId, epoch) === undefined) return;
      later(silences, slotId, SILENT_TURN_MS, () => lookAtSilence(slotId, epoch, 1));
    },

    /** A hook spoke of another prompt than the task's: its turn may be over without a hook of its own. */
    overtakenSeen(slotId: SlotId, epoch: Epoch): void {
      cancel(overtaken, slotId);
      lookBehind(slotId, epoch, 1).catch(onError);
    },

    /**
     * The program has ended, perhaps before anybody heard its last words: they are in its transcript. Otherwise the task
     * ends as `without`.
     */
    endedSeen(task: TaskRow, slotId: SlotId, without: () => void): void {
      lookBack(task, slotId, without).catch(onError);
    },

    /** True when the transcript of an ended program says how the task's turn ended: the task is told. */
    async endFound(task: TaskRow, slotId: SlotId): Promise<boolean> {
      const end = await lastWordsOf(task);
      if (end !== null) conclude(task, slotId, end);
      return end !== null;
    },

    /** The session works, or a hook has come: its silence is over. */
    quiet: (slotId: SlotId): void => cancel(silences, slotId),

    dispose(): void {
      disposed = true;
      for (const timers of [silences, overtaken]) {
        for (const slotId of [...timers.keys()]) cancel(timers, slotId);
      }
    },
  };
}
