import { randomUUID } from 'node:crypto';
import { type Epoch, QuestionId, type SlotId, type TaskId } from '../db/ids.ts';
import { MissionError } from '../services/errors/mission-error.ts';
import type { PermissionLedger } from '../services/ledger/permission-ledger.ts';
import { dialogIdentity } from '../services/terminal/dialog-identity.ts';
import type { DialogReading } from '../services/terminal/reading.ts';
import type { Bus } from './bus.ts';
import type { QuestionView } from './mission/views.ts';

/** The answer that Claude Code's PermissionRequest hook is told. */
export type HookAnswer =
  | { readonly behavior: 'allow' }
  | { readonly behavior: 'deny'; readonly message: string };

/**
 * A dialog must stand this long before the screen alone asks: the PermissionRequest hook of the same dialog
 * comes within this time, and a dialog that a rule answers through the hook is gone again by then.
 */
const SCREEN_ALONE_MS = 500;

/** A dialog is gone when it stays away for so long: a frame in between may show none, or be misread. */
const DIALOG_AWAY_MS = 300;

interface OpenQuestion {
  view: QuestionView;
  readonly epoch: Epoch;
  /** Answers the hook that waits (null: no verdict); null itself when only the dialog on the screen is left. */
  answerHook: ((answer: HookAnswer | null) => void) | null;
  /** True once the dialog stood on the screen: from then on its going away closes the question. */
  seenOnScreen: boolean;
  /** Of the dialog on the screen; null until it was seen. */
  signature: string | null;
  /** The dialog as it stands on the screen now. */
  dialog: DialogReading | null;
  /** Keys answer it: what the screen shows meanwhile is theirs to explain. */
  answering: boolean;
  /** Resolves when nothing waits for this question any more. */
  readonly closed: Promise<void>;
  readonly markClosed: () => void;
}

export interface QuestionsDependencies {
  readonly ledger: PermissionLedger;
  readonly bus: Bus;
  readonly now: () => number;
  /** The task that the slot works on, which waits while its question is open. */
  readonly activeTask: (slotId: SlotId) => TaskId | undefined;
  readonly changed: (slotId: SlotId, taskId: TaskId | undefined, open: boolean) => void;
}

/** Whether two looks show one dialog: a window of another width wraps what is asked about in another way. */
function isSameDialog(a: DialogReading, b: DialogReading): boolean {
  const key = ({ kind, heading, question, options }: DialogReading): string =>
    JSON.stringify([kind, heading, question, options.map(({ label }) => label)]);
  return key(a) === key(b);
}

/** What a dialog asks, when it shows no question of its own. */
function wording(dialog: DialogReading): string {
  return dialog.question ?? dialog.heading ?? 'A dialog waits for an answer.';
}

/**
 * One queue for everything that waits: a PermissionRequest hook, a dialog on the screen, or both for the same thing.
 * A slot has at most one open question, since a terminal shows one dialog at a time.
 */
export function createQuestions({ ledger, bus, now, activeTask, changed }: QuestionsDependencies) {
  const open = new Map<SlotId, OpenQuestion>();
  /** Dialogs that were answered and may stand on the screen for some frames more. */
  const answered = new Map<SlotId, string | null>();
  /** Dialogs that wait for their hook before the screen alone asks. */
  const patience = new Map<SlotId, { readonly timer: NodeJS.Timeout; readonly signature: string }>();

  /** Dialogs that are not seen any more, for a moment or for good. */
  const away = new Map<SlotId, NodeJS.Timeout>();

  function seenAgain(slotId: SlotId): void {
    clearTimeout(away.get(slotId));
    away.delete(slotId);
  }

  function losePatience(slotId: SlotId): void {
    clearTimeout(patience.get(slotId)?.timer);
    patience.delete(slotId);
  }

  function ask(epoch: Epoch, view: QuestionView): OpenQuestion {
    let markClosed = (): void => {};
    const closed = new Promise<void>((resolve) => {
      markClosed = resolve;
    });
    const entry: OpenQuestion = {
      view,
      epoch,
      answerHook: null,
      seenOnScreen: false,
      signature: null,
      dialog: null,
      answering: false,
      closed,
      markClosed,
    };
    open.set(view.slotId, entry);
    losePatience(view.slotId);
    answered.delete(view.slotId);
    ledger.ask({
      id: view.id,
      slotId: view.slotId,
      epoch,
      taskId: view.taskId ?? null,
      kind: view.kind,
      tool: view.tool ?? null,
      argument: view.argument ?? null,
      question: view.question,
      options: view.options,
      askedAt: view.askedAt,
      closedAt: null,
      answer: null,
      answeredBy: null,
    });
    bus.publish({ type: 'question_asked', at: view.askedAt, question: view });
    changed(view.slotId, view.taskId, true);
    return entry;
  }

  function close(slotId: SlotId, answer: string, answeredBy: string): void {
    const entry = open.get(slotId);
    if (entry === undefined) return;
    open.delete(slotId);
    answered.set(slotId, entry.signature);
    const closedAt = now();
    ledger.close(entry.view.id, { answer, answeredBy, closedAt });
    bus.publish({ type: 'question_closed', at: closedAt, question: entry.view, answer, answeredBy });
    changed(slotId, entry.view.taskId, false);
    entry.markClosed();
  }

  function askFromScreen(slotId: SlotId, epoch: Epoch, dialog: DialogReading): void {
    const entry = ask(epoch, {
      id: newId(),
      slotId,
      ...taskOf(slotId),
      kind: dialog.kind,
      ...(dialog.tool === undefined ? {} : { tool: dialog.tool }),
      ...(dialog.argument === undefined ? {} : { argument: dialog.argument }),
      question: wording(dialog),
      options: dialog.options.map(({ label }) => label),
      askedAt: now(),
      answerBy: 'screen',
    });
    entry.seenOnScreen = true;
    entry.signature = dialogIdentity(dialog);
    entry.dialog = dialog;
  }

  function dialogHasGone(slotId: SlotId): void {
    const entry = open.get(slotId);
    if (entry?.seenOnScreen !== true || entry.answering) return;
    // No verdict goes to the hook: if the dialog was only misread, it still waits for its own answer.
    entry.answerHook?.(null);
    close(slotId, 'answered at the terminal', 'terminal');
  }

  function newId(): QuestionId {
    return QuestionId.parse(randomUUID());
  }

  return {
    /** The question that waits in this slot. */
    of: (slotId: SlotId): QuestionView | undefined => open.get(slotId)?.view,

    all: (): readonly QuestionView[] => [...open.values()].map(({ view }) => view),

    /** True while a PermissionRequest hook waits for the answer. */
    hookWaits: (slotId: SlotId): boolean => open.get(slotId)?.answerHook != null,

    /**
     * A PermissionRequest hook asks. Resolves with the answer, or with null when the hook is given up:
     * the connection closed, the daemon stops, or the dialog was answered at the terminal.
     */
    async askByHook(
      request: { slotId: SlotId; epoch: Epoch; tool: string; argument: string },
      signal: AbortSignal,
    ): Promise<HookAnswer | null> {
      const { slotId, epoch, tool, argument } = request;
      // Two tools of one turn may ask at the same time: the second waits for its turn, as its dialog does.
      for (let first = open.get(slotId); first?.answerHook != null; first = open.get(slotId)) {
        await first.closed;
        if (signal.aborted) return null;
      }
      const before = open.get(slotId);
      const entry =
        before !== undefined &&
        before.answerHook === null &&
        (before.view.tool === undefined || before.view.tool === tool)
          ? before
          : ask(epoch, {
              id: newId(),
              slotId,
              ...taskOf(slotId),
              kind: 'permission',
              tool,
              argument,
              question: `May ${slotId} use ${tool}?`,
              options: ['Yes', 'No'],
              askedAt: now(),
              answerBy: 'hook',
            });
      entry.view = { ...entry.view, tool, argument, answerBy: 'hook' };
      return new Promise((resolve) => {
        const giveUp = () => {
          if (entry.answerHook === null) return;
          entry.answerHook = null;
          if (open.get(slotId) === entry && entry.seenOnScreen)
            entry.view = { ...entry.view, answerBy: 'screen' };
          else if (open.get(slotId) === entry) close(slotId, 'given up', 'Claude Code');
          resolve(null);
        };
        entry.answerHook = (answer) => {
          entry.answerHook = null;
          signal.removeEventListener('abort', giveUp);
          resolve(answer);
        };
        if (signal.aborted) giveUp();
        else signal.addEventListener('abort', giveUp, { once: true });
      });
    },

    /** What the screen shows now: opens a question for a dialog, fills in its options, closes it when the dialog has gone. */
    see(slotId: SlotId, epoch: Epoch, dialog: DialogReading | undefined): void {
      if (dialog === undefined) {
        losePatience(slotId);
        answered.delete(slotId);
        if (away.has(slotId)) return;
        const timer = setTimeout(() => {
          away.delete(slotId);
          dialogHasGone(slotId);
        }, DIALOG_AWAY_MS);
        away.set(slotId, timer);
        return;
      }
      seenAgain(slotId);
      const before = open.get(slotId);
      // The next page of a question, or another question: the one before was answered by hand.
      if (
        before?.answerHook === null &&
        !before.answering &&
        before.dialog !== null &&
        !isSameDialog(before.dialog, dialog)
      ) {
        close(slotId, 'answered at the terminal', 'terminal');
      }
      const entry = open.get(slotId);
      const labels = dialog.options.map(({ label }) => label);
      const signature = dialogIdentity(dialog);
      if (entry === undefined) {
        const done = answered.get(slotId);
        if (done === null) answered.set(slotId, signature);
        if (done === null || done === signature || patience.get(slotId)?.signature === signature) return;
        losePatience(slotId);
        const timer = setTimeout(() => {
          patience.delete(slotId);
          if (!open.has(slotId)) askFromScreen(slotId, epoch, dialog);
        }, SCREEN_ALONE_MS);
        patience.set(slotId, { timer, signature });
        return;
      }
      entry.seenOnScreen = true;
      entry.signature = signature;
      entry.dialog = dialog;
      if (entry.answering) return;
      if (labels.length > 0 && labels.join('\n') !== entry.view.options.join('\n')) {
        entry.view = { ...entry.view, options: labels, kind: dialog.kind, question: wording(dialog) };
        ledger.setOptions(entry.view.id, labels);
        changed(slotId, entry.view.taskId, true);
      }
    },

    /**
     * Answers the hook that waits.
     * @throws MissionError `question_gone` when none does
     */
    answerHook(slotId: SlotId, answer: HookAnswer, label: string, answeredBy: string): void {
      const entry = open.get(slotId);
      if (entry?.answerHook == null) {
        throw new MissionError(
          'question_gone',
          `No permission request of slot ${slotId} waits for an answer any more.`,
        );
      }
      entry.answerHook(answer);
      close(slotId, label, answeredBy);
    },

    /**
     * Answers a dialog by keys. `press` is told which dialog is meant; when it succeeds that question is closed, and a
     * dialog that has followed it by then is asked.
     */
    async answerByKeys(
      slotId: SlotId,
      answer: { readonly label: string; readonly answeredBy: string },
      press: (expected: string | null) => Promise<void>,
    ): Promise<void> {
      const entry = open.get(slotId);
      if (entry === undefined) throw new MissionError('question_gone', `Nothing waits in slot ${slotId}.`);
      const expected = entry.signature;
      entry.answering = true;
      try {
        await press(expected);
      } finally {
        entry.answering = false;
      }
      if (open.get(slotId) !== entry) return;
      const { dialog, epoch } = entry;
      entry.answerHook?.(null);
      entry.signature = expected;
      close(slotId, answer.label, answer.answeredBy);
      if (dialog !== null && dialogIdentity(dialog) !== expected) askFromScreen(slotId, epoch, dialog);
    },

    /** A rule answered through the hook: the dialog that flashes up for it is not a question. */
    expectFlash(slotId: SlotId): void {
      if (open.has(slotId)) return;
      losePatience(slotId);
      answered.set(slotId, null);
    },

    /** The session ended, or moved on: nothing waits any more. */
    drop(slotId: SlotId, reason: string): void {
      open.get(slotId)?.answerHook?.(null);
      close(slotId, reason, 'missiond');
      losePatience(slotId);
      seenAgain(slotId);
      answered.delete(slotId);
    },

    /** Stops every timer; hooks that wait are given up, so that the dialogs stay for a person or the next daemon. */
    dispose(): void {
      for (const slotId of [...patience.keys()]) losePatience(slotId);
      for (const slotId of [...away.keys()]) seenAgain(slotId);
    },

    /** At the start: questions of an earlier daemon that still stand on a screen are asked again from there. */
    closeForgotten(): void {
      for (const row of ledger.unanswered()) {
        ledger.close(row.id, { answer: 'the daemon was restarted', answeredBy: 'missiond', closedAt: now() });
      }
    },
  };

  function taskOf(slotId: SlotId): { taskId: TaskId } | Record<string, never> {
    const taskId = activeTask(slotId);
    return taskId === undefined ? {} : { taskId };
  }
}

export type Questions = ReturnType<typeof createQuestions>;
