import { dialogIdentity } from '../terminal/dialog-identity.ts';
import type { DialogReading, ScreenReading } from '../terminal/reading.ts';
import { failed, type KeyboardTerminal, lookFor, type Typed } from './keyboard-terminal.ts';

const UP = '\u001b[A';
const DOWN = '\u001b[B';
const ENTER = '\r';

/** One step of the highlight is drawn within 50 ms; a busy machine takes longer. */
const STEP_WITHIN_MS = 2_000;
/** A dialog that took Enter is gone within 50 ms; one that is still there, unchanged, after this did not take it. */
const ANSWERED_SOON_MS = 800;
/** A dialog that has just come up does not take Enter for some 150 ms (2.1.329), and its first frame can lack a row. */
const DIALOG_SETTLES_MS = 300;
const LOOK_EVERY_MS = 50;
/** A dialog that goes on changing is taken as it stands; every key is checked all the same. */
const SETTLES_WITHIN_MS = 3_000;
/** Should it not have taken Enter all the same, it is pressed again. */
const ENTERS_AT_MOST = 4;

function isSame(reading: ScreenReading, known: string): boolean {
  return dialogIdentity(reading.dialog) === known;
}

/** The option that is meant: the exact label, else the only one that starts so, else the only one that holds it. */
function findOption(dialog: DialogReading, wanted: string): number | 'unknown' | 'ambiguous' {
  const lower = wanted.trim().toLowerCase();
  const labels = dialog.options.map(({ label }) => label.trim().toLowerCase());
  const ways = [
    (label: string) => label === lower,
    (label: string) => label.startsWith(lower),
    (label: string) => label.includes(lower),
  ];
  for (const fits of ways) {
    const found = labels.flatMap((label, index) => (fits(label) ? [index] : []));
    if (found.length > 1) return 'ambiguous';
    if (found[0] !== undefined) return found[0];
  }
  return 'unknown';
}

const highlightOf = (dialog: DialogReading | undefined) =>
  dialog?.options.findIndex(({ highlighted }) => highlighted) ?? -1;

/** Whether it is the dialog that was seen first, of which more is drawn now; not another that has taken its place. */
function isMoreOf(first: DialogReading, now: DialogReading): boolean {
  const rows = ['kind', 'heading', 'argument', 'question'] as const;
  return rows.every((row) => first[row] === undefined || first[row] === now[row]);
}

/** The dialog once it has stood unchanged for a while; `changed` when it gave way to another. */
async function settledDialog(
  terminal: KeyboardTerminal,
  signal: AbortSignal,
): Promise<DialogReading | 'changed' | undefined> {
  const begun = terminal.now();
  let { dialog } = await terminal.read();
  const first = dialog;
  let since = begun;
  while (
    dialog !== undefined &&
    terminal.now() - since < DIALOG_SETTLES_MS &&
    terminal.now() - begun < SETTLES_WITHIN_MS
  ) {
    await terminal.sleep(LOOK_EVERY_MS, signal);
    const next = await terminal.read();
    if (!isSame(next, dialogIdentity(dialog))) since = terminal.now();
    dialog = next.dialog;
  }
  return first !== undefined && dialog !== undefined && !isMoreOf(first, dialog) ? 'changed' : dialog;
}

function changed(): Typed {
  return failed(
    'question_gone',
    'The dialog changed or was answered before the choice was made.',
    'Look at the pending questions again.',
  );
}

export interface ChooseOptions {
  readonly signal: AbortSignal;
  /** `dialogIdentity` of the dialog that was asked about; when another one stands on the screen nothing is pressed. */
  readonly expected?: string;
}

/**
 * Answers the dialog on the screen by the label of an option: moves the highlight step by step, sees every step,
 * and presses Enter only when the highlight stands on the option. Nothing is pressed once the dialog has changed.
 * Failures: `question_gone`, `option_unknown`, `option_ambiguous`, `delivery_failed`, `cancelled`.
 */
export async function chooseOption(
  terminal: KeyboardTerminal,
  label: string,
  { signal, expected }: ChooseOptions,
): Promise<Typed> {
  if (signal.aborted)
    return failed('cancelled', 'The answer was called off.', 'Answer again if it is wanted.');
  const settled = await settledDialog(terminal, signal);
  if (settled === 'changed') return changed();
  let dialog = settled;
  if (dialog === undefined) {
    return failed(
      'question_gone',
      'There is no dialog on the screen.',
      'Look at the pending questions again.',
    );
  }
  const target = findOption(dialog, label);
  const offered = dialog.options.map((option) => `"${option.label}"`).join(', ');
  if (target === 'unknown') {
    return failed('option_unknown', `The dialog has no option "${label}".`, `Choose one of ${offered}.`);
  }
  if (target === 'ambiguous') {
    return failed('option_ambiguous', `"${label}" fits several options.`, `Choose one of ${offered}.`);
  }
  const known = dialogIdentity(dialog);
  if (expected !== undefined && known !== expected) return changed();
  for (let steps = 0; highlightOf(dialog) !== target; steps++) {
    const at = highlightOf(dialog);
    if (at < 0 || steps > dialog.options.length) {
      return failed(
        'delivery_failed',
        `The highlight of the dialog could not be moved to "${label}".`,
        'Attach to the slot and answer there.',
      );
    }
    await terminal.write(at < target ? DOWN : UP);
    const moved = await lookFor(
      terminal,
      (reading) => !isSame(reading, known) || highlightOf(reading.dialog) !== at,
      STEP_WITHIN_MS,
      signal,
    );
    if (moved === null) {
      return failed(
        'delivery_failed',
        'An arrow key did not move the highlight of the dialog.',
        'Attach to the slot and answer there.',
      );
    }
    if (!isSame(moved, known) || moved.dialog === undefined) return changed();
    dialog = moved.dialog;
  }
  for (let enters = 0; enters < ENTERS_AT_MOST; enters++) {
    const last = await terminal.read();
    if (!isSame(last, known) || highlightOf(last.dialog) !== target) return changed();
    await terminal.write(ENTER);
    const gone = await lookFor(terminal, (reading) => !isSame(reading, known), ANSWERED_SOON_MS, signal);
    if (gone !== null) return { ok: true };
  }
  return failed(
    'delivery_failed',
    'Enter was pressed on the option but the dialog still stands.',
    'Attach to the slot and look; a second dialog with the same words may have followed.',
  );
}
