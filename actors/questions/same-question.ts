import { dialogIdentity } from '../../services/terminal/dialog-identity.ts';
import type { DialogReading } from '../../services/terminal/reading.ts';
import type { HookRequest, OpenQuestion } from './open-question.ts';

/** What a window of another width wraps in another way. */
const unwrapped = (text: string): string => text.replace(/\s+/g, '');

/** A frame in between may lack a row, and long rows come bit by bit. */
function grows(before: string | undefined, now: string | undefined): boolean {
  return before === undefined || (now !== undefined && unwrapped(now).startsWith(unwrapped(before)));
}

/**
 * Whether two looks show one dialog. What is asked *about* counts as much as the question: `touch a` and `rm b` are
 * asked with the same words and the same options, and an answer to one is none to the other.
 */
function isSameDialog(before: DialogReading, now: DialogReading): boolean {
  const key = ({ kind, heading, question, options }: DialogReading): string =>
    JSON.stringify([kind, heading, question, options.map(({ label }) => label)]);
  return (
    key(before) === key(now) &&
    grows(before.argument, now.argument) &&
    grows(before.file, now.file) &&
    grows(before.diff, now.diff)
  );
}

/** Whether what a dialog shows of a call may be that call: it shortens and wraps what it shows. */
export function mayShow(shown: string | undefined, called: string | undefined): boolean {
  if (shown === undefined || called === undefined) return true;
  const [a, b] = [unwrapped(shown), unwrapped(called)];
  return a.includes(b) || b.includes(a);
}

/** Whether a dialog may be that of the call which a hook asks about. */
export function mayBeOf({ view, called }: OpenQuestion, dialog: DialogReading): boolean {
  if (dialog.kind !== 'permission') return false;
  const isTool = dialog.tool === undefined || view.tool === undefined || dialog.tool === view.tool;
  return isTool && mayShow(dialog.argument ?? dialog.file, called ?? view.argument);
}

/** Whether the dialog that was seen last may be that of the question: the hook of another may have come first. */
export function mayBeShownBy(question: OpenQuestion): boolean {
  const { view, dialog } = question;
  return dialog === null || view.kind !== 'permission' || mayBeOf(question, dialog);
}

/**
 * Whether a hook asks what is asked already: the very call. Who was told of `touch a` and says yes has not agreed to
 * `touch a; rm b`, so that what is known only in part is asked anew, under another id.
 */
export function isAskedBy(
  { view, epoch, answerHook, called, dialog }: OpenQuestion,
  request: HookRequest,
): boolean {
  if (answerHook !== null || epoch !== request.epoch || view.kind !== 'permission') return false;
  if (view.tool !== undefined && view.tool !== request.tool) return false;
  const wanted = unwrapped(request.called);
  if (called !== undefined) return unwrapped(called) === wanted;
  const shown = dialog?.argument ?? (dialog === null ? view.argument : undefined);
  // What an earlier daemon has left is known without the secrets that were taken out of it.
  if (shown !== undefined) return [wanted, unwrapped(request.argument)].includes(unwrapped(shown));
  return dialog?.file !== undefined && `/${wanted}`.endsWith(`/${unwrapped(dialog.file)}`);
}
/** Whether the dialog on the screen is the one that is asked about. */
export function isAskedOn(
  { view, dialog, signature, isRemembered }: OpenQuestion,
  seen: DialogReading,
): boolean {
  if (dialog !== null) return isSameDialog(dialog, seen);
  if (!isRemembered) return true;
  if (signature !== null) return signature === dialogIdentity(seen);
  return (
    seen.kind === view.kind &&
    (seen.tool === undefined || seen.tool === view.tool) &&
    mayShow(seen.argument ?? seen.file, view.argument)
  );
}

/** What a dialog asks, when it shows no question of its own. */
export function wordingOf(dialog: DialogReading): string {
  return dialog.question ?? dialog.heading ?? 'A dialog waits for an answer.';
}
