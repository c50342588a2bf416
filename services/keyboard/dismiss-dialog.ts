import { dialogIdentity } from '../terminal/dialog-identity.ts';
import { failed, type KeyboardTerminal, lookFor, type Typed } from './keyboard-terminal.ts';

const ESC = '\u001b';
/** A dialog that took Esc is gone within 50 ms; a busy machine takes longer. */
const GONE_WITHIN_MS = 5_000;

/**
 * Refuses the dialog that stands on the screen with Esc, and only that one. Failures: `question_gone`, `delivery_failed`,
 * `cancelled`.
 * @param expected `dialogIdentity` of the dialog that is meant
 */
export async function dismissDialog(
  terminal: KeyboardTerminal,
  expected: string,
  signal: AbortSignal,
): Promise<Typed> {
  if (signal.aborted)
    return failed('cancelled', 'The answer was called off.', 'Answer again if it is wanted.');
  if (dialogIdentity((await terminal.read()).dialog) !== expected)
    return failed(
      'question_gone',
      'The dialog changed or was answered.',
      'Look at the pending questions again.',
    );
  await terminal.write(ESC);
  const gone = await lookFor(
    terminal,
    ({ dialog }) => dialogIdentity(dialog) !== expected,
    GONE_WITHIN_MS,
    signal,
  );
  return gone === null
    ? failed(
        'delivery_failed',
        'Esc was pressed but the dialog still stands.',
        'Attach to the slot and look.',
      )
    : { ok: true };
}
