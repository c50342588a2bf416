import { randomUUID } from 'node:crypto';
import { type Epoch, QuestionId, type SlotId, type TaskId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AuditLedger } from '../../services/ledger/audit-ledger.ts';
import { OWN_QUESTION, type PermissionLedger } from '../../services/ledger/permission-ledger.ts';
import { dialogIdentity } from '../../services/terminal/dialog-identity.ts';
import type { DialogReading } from '../../services/terminal/reading.ts';
import type { Bus } from '../bus.ts';
import type { QuestionView } from '../mission/views.ts';
import { whoMayAnswer } from './announced.ts';
import { createDialogTimers } from './dialog-timers.ts';
import { createExpiry } from './expiry.ts';
import {
  FROM_HOOK,
  FROM_SCREEN,
  type HookAnswer,
  type HookRequest,
  type OpenQuestion,
  openQuestion,
} from './open-question.ts';
import { knownOf, newRow, rememberedQuestion } from './question-rows.ts';
import { withRule } from './remember.ts';
import { isAskedBy, isAskedOn, mayBeOf, mayBeShownBy, wordingOf } from './same-question.ts';

export interface QuestionsDependencies {
  readonly ledger: PermissionLedger;
  readonly audit: Pick<AuditLedger, 'lastAsked'>;
  readonly bus: Bus;
  readonly now: () => number;
  /** The task that the slot works on, which waits while its question is open. */
  readonly activeTask: (slotId: SlotId) => TaskId | undefined;
  /** Takes known secrets out of what is stored or shown. */
  readonly redact: (slotId: SlotId, text: string) => string;
  readonly changed: (slotId: SlotId, taskId: TaskId | undefined, open: boolean) => void;
  /** How long a question of this kind waits before it is denied, in milliseconds; null for as long as it takes. */
  readonly waitsFor: (slotId: SlotId, kind: QuestionView['kind']) => number | null;
  /** Denies a question whose time is over. */
  readonly deny: (id: QuestionId) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** What became of a question whose dialog went while no daemon looked. */
const GONE_MEANWHILE = 'gone when the daemon came back';

/** Another call asked while a question stood: whether somebody had answered it on the screen is not known. */
const GAVE_WAY = 'gave way to another call';

/**
 * One queue for everything that waits: a PermissionRequest hook, a dialog on the screen, or both for the same thing.
 * A slot has at most one open question, since a terminal shows one dialog at a time. Each is a row before anybody is
 * told of it, and keeps its id when another daemon takes over while its dialog stands.
 */
export function createQuestions({
  ledger,
  audit,
  bus,
  now,
  activeTask,
  redact,
  changed,
  waitsFor,
  deny,
  onError,
}: QuestionsDependencies) {
  const open = new Map<SlotId, OpenQuestion>();
  /** Dialogs that were answered and may stand on the screen for some frames more. */
  const answered = new Map<SlotId, string | null>();
  const timers = createDialogTimers();
  const expiry = createExpiry({ now, deny, onError });

  type NewView = Omit<QuestionView, 'id' | 'slotId' | 'taskId' | 'askedAt' | 'expiresAt'>;

  function ask(slotId: SlotId, epoch: Epoch, asked: NewView): OpenQuestion {
    const askedAt = now();
    const waitMs = waitsFor(slotId, asked.kind);
    const taskId = activeTask(slotId);
    const view = withRule({
      id: QuestionId.parse(randomUUID()),
      slotId,
      ...(taskId === undefined ? {} : { taskId }),
      ...asked,
      askedAt,
      ...(waitMs === null ? {} : { expiresAt: askedAt + waitMs }),
    });
    const entry = openQuestion(view, epoch);
    open.set(slotId, entry);
    timers.losePatience(slotId);
    answered.delete(slotId);
    ledger.ask(newRow(entry));
    expiry.watch(view.id, view.expiresAt);
    bus.publish({ type: 'question_asked', at: askedAt, question: view });
    changed(slotId, view.taskId, true);
    return entry;
  }

  function close(slotId: SlotId, answer: string, answeredBy: string): void {
    const entry = open.get(slotId);
    if (entry === undefined) return;
    open.delete(slotId);
    expiry.forget(entry.view.id);
    answered.set(slotId, entry.signature);
    const closedAt = now();
    ledger.close(entry.view.id, { outcome: null, answer, answeredBy, closedAt });
    bus.publish({ type: 'question_closed', at: closedAt, question: entry.view, answer, answeredBy });
    changed(slotId, entry.view.taskId, false);
    entry.markClosed();
  }

  /** The question with all that is known of it now; its row follows. */
  function learn(entry: OpenQuestion, change: Partial<QuestionView>): void {
    entry.view = withRule({ ...entry.view, ...change });
    ledger.update(entry.view.id, knownOf(entry));
  }

  /** As they are shown and stored. */
  function labelsOf(slotId: SlotId, dialog: DialogReading): string[] {
    return dialog.options.map(({ label }) => redact(slotId, label));
  }

  function lookAt(entry: OpenQuestion, dialog: DialogReading): void {
    // Another dialog is in front: nothing of it is what the hook asks.
    if (entry.answerHook !== null && !mayBeOf(entry, dialog)) return;
    const signature = dialogIdentity(dialog);
    const isNews = !entry.seenOnScreen || entry.signature !== signature;
    entry.seenOnScreen = true;
    entry.isRemembered = false;
    entry.signature = signature;
    entry.dialog = dialog;
    if (entry.answering !== null || !isNews) return;
    const { slotId } = entry.view;
    const labels = labelsOf(slotId, dialog);
    const isReworded = labels.length > 0 && labels.join('\n') !== entry.view.options.join('\n');
    learn(entry, {
      evidence: entry.view.evidence.includes(FROM_SCREEN)
        ? entry.view.evidence
        : [...entry.view.evidence, FROM_SCREEN],
      ...(isReworded
        ? { options: labels, kind: dialog.kind, question: redact(slotId, wordingOf(dialog)) }
        : {}),
    });
    if (isReworded) changed(entry.view.slotId, entry.view.taskId, true);
  }

  function askFromScreen(slotId: SlotId, epoch: Epoch, dialog: DialogReading): void {
    const entry = ask(slotId, epoch, {
      kind: dialog.kind,
      ...(dialog.tool === undefined ? {} : { tool: dialog.tool }),
      ...(dialog.argument === undefined ? {} : { argument: redact(slotId, dialog.argument) }),
      question: redact(slotId, wordingOf(dialog)),
      options: labelsOf(slotId, dialog),
      answerBy: 'screen',
      evidence: [FROM_SCREEN],
      ...whoMayAnswer(dialog, audit.lastAsked(slotId, epoch)),
    });
    entry.called = dialog.argument;
    lookAt(entry, dialog);
  }

  function dialogHasGone(slotId: SlotId): void {
    const entry = open.get(slotId);
    if (entry === undefined || entry.answering !== null) return;
    if (entry.isRemembered) return close(slotId, GONE_MEANWHILE, 'unknown');
    if (!entry.seenOnScreen) return;
    // No verdict goes to the hook: if the dialog was only misread, it still waits for its own answer.
    entry.answerHook?.(null);
    close(slotId, 'answered at the terminal', 'terminal');
  }

  /** The next page of a question, or another question: the one before was answered by hand. */
  function giveWay(slotId: SlotId, entry: OpenQuestion, dialog: DialogReading): boolean {
    if (entry.answerHook !== null || entry.answering !== null || isAskedOn(entry, dialog)) return false;
    if (entry.isRemembered) close(slotId, GONE_MEANWHILE, 'unknown');
    else close(slotId, 'answered at the terminal', 'terminal');
    return true;
  }

  function dropOne(slotId: SlotId, reason: string): void {
    open.get(slotId)?.answerHook?.(null);
    close(slotId, reason, 'missiond');
  }

  return {
    /** The question that waits in this slot. */
    of: (slotId: SlotId): QuestionView | undefined => open.get(slotId)?.view,

    all: (): readonly QuestionView[] => [...open.values()].map(({ view }) => view),

    /** True while a PermissionRequest hook waits for the answer. */
    hookWaits: (slotId: SlotId): boolean => open.get(slotId)?.answerHook != null,

    /** Who presses keys to answer it just now. */
    answeredJustNowBy: (slotId: SlotId): string | null => open.get(slotId)?.answering ?? null,

    /**
     * A PermissionRequest hook asks. Resolves with the answer, or with null when the hook is given up:
     * the connection closed, the daemon stops, or the dialog was answered at the terminal.
     */
    async askByHook(request: HookRequest, signal: AbortSignal): Promise<HookAnswer | null> {
      const { slotId, epoch, tool, argument, called, manner, rule, personOnly } = request;
      // Two tools of one turn may ask at the same time: the second waits for its turn, as its dialog does.
      for (let first = open.get(slotId); first?.answerHook != null; first = open.get(slotId)) {
        await first.closed;
        if (signal.aborted) return null;
      }
      const before = open.get(slotId);
      const isSame = before !== undefined && isAskedBy(before, request);
      if (!isSame) close(slotId, GAVE_WAY, 'unknown');
      const entry = isSame
        ? before
        : ask(slotId, epoch, {
            kind: 'permission',
            tool,
            argument,
            question: `May ${slotId} use ${tool}${manner}?`,
            options: ['Yes', 'No'],
            answerBy: 'hook',
            evidence: [FROM_HOOK],
            personOnly,
            rule,
          });
      entry.called = called;
      learn(entry, {
        tool,
        argument,
        rule,
        // What only a person may allow does not become less by being asked twice.
        personOnly: personOnly || entry.view.personOnly,
        answerBy: 'hook',
        evidence: [FROM_HOOK, ...entry.view.evidence.filter((one) => one !== FROM_HOOK)],
      });
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
        timers.losePatience(slotId);
        answered.delete(slotId);
        timers.notSeen(slotId, () => dialogHasGone(slotId));
        return;
      }
      timers.seenAgain(slotId);
      const before = open.get(slotId);
      if (before !== undefined) giveWay(slotId, before, dialog);
      const entry = open.get(slotId);
      if (entry !== undefined) return lookAt(entry, dialog);
      const signature = dialogIdentity(dialog);
      const done = answered.get(slotId);
      if (done === null) answered.set(slotId, signature);
      if (done === null || done === signature) return;
      timers.awaitHook(slotId, signature, () => {
        if (!open.has(slotId)) askFromScreen(slotId, epoch, dialog);
      });
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
     * Answers a dialog by keys. `press` is told which dialog is meant, and the label as it stands there; when it succeeds that question is closed, and a
     * dialog that has followed it by then is asked.
     * @throws MissionError `question_gone` when no dialog was seen of it
     */
    async answerByKeys(
      slotId: SlotId,
      answer: { readonly label: string; readonly answeredBy: string },
      press: (expected: string, label: string) => Promise<void>,
    ): Promise<void> {
      const entry = open.get(slotId);
      const expected = entry?.signature ?? null;
      if (entry === undefined || expected === null || !mayBeShownBy(entry))
        throw new MissionError('question_gone', `No dialog of this question was seen in slot ${slotId}.`, {
          remedy: 'It may be drawn in a moment: look with mission_pty_status, and answer then.',
        });
      entry.answering = answer.answeredBy;
      try {
        const at = entry.view.options.indexOf(answer.label);
        await press(expected, entry.dialog?.options[at]?.label ?? answer.label);
      } finally {
        entry.answering = null;
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
      timers.losePatience(slotId);
      answered.set(slotId, null);
    },

    /** The session ended, or moved on: nothing waits any more. */
    drop(slotId: SlotId, reason: string): void {
      dropOne(slotId, reason);
      timers.losePatience(slotId);
      timers.seenAgain(slotId);
      answered.delete(slotId);
    },

    /** Stops every timer; hooks that wait are given up, so that the dialogs stay for a person or the next daemon. */
    dispose(): void {
      timers.dispose();
      expiry.dispose();
    },

    /**
     * At the start: what an earlier daemon left waiting waits on, under its id, until the screen has been looked at.
     * `epochOf`: the run that a slot goes on with; null when it has none.
     */
    remember(epochOf: (slotId: SlotId) => Epoch | null): void {
      for (const row of ledger.unanswered()) {
        if (row.kind === OWN_QUESTION) continue;
        const { id, slotId, epoch, expiresAt } = row;
        if (epochOf(slotId) !== epoch || open.has(slotId)) {
          ledger.close(id, {
            outcome: null,
            answer: 'the session ended',
            answeredBy: 'missiond',
            closedAt: now(),
          });
          continue;
        }
        open.set(slotId, rememberedQuestion(row));
        expiry.watch(id, expiresAt ?? undefined);
      }
    },
  };
}

export type Questions = ReturnType<typeof createQuestions>;
