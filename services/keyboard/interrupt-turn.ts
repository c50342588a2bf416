import type { Failure } from '../errors/mission-error.ts';
import type { ScreenReading } from '../terminal/reading.ts';
import { failed, type KeyboardTerminal, lookFor } from './keyboard-terminal.ts';

const ESC = '\u001b';
/** Claude Code needs up to a second to end a turn; a tool that ignores its signal takes longer. */
const ENDED_WITHIN_MS = 5_000;

/** A turn that a hook has announced is on the screen within some frames. */
const SHOWN_WITHIN_MS = 500;

/** Levels in which a turn goes on, or waits for a person. */
const AT_WORK: ReadonlySet<ScreenReading['level']> = new Set([
  'thinking',
  'responding',
  'toolRunning',
  'confirming',
  'compacting',
  'dialog',
]);

/** What came of an interruption. */
export type Interrupted =
  | {
      readonly ok: true;
      /** Words stood in Claude Code's own queue: it begins a turn with them by itself (2.1.329). */
      readonly wordsWaited?: true;
    }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Presses Esc once and waits until the screen shows no turn any more. Esc is never pressed at a prompt: there, twice
 * opens the list of earlier prompts. A screen that shows no turn to begin with is a success, too, also one that nobody
 * can read: whether the session rests, others must know. Failures: `timeout`, `cancelled`.
 */
export async function interruptTurn(terminal: KeyboardTerminal, signal: AbortSignal): Promise<Interrupted> {
  const calledOff = failed('cancelled', 'The interrupt was called off.', 'Interrupt again if it is wanted.');
  if (signal.aborted) return calledOff;
  let wordsWaited = false;
  const look = (wanted: (reading: ScreenReading) => boolean, withinMs: number) =>
    lookFor(
      terminal,
      (reading) => {
        wordsWaited ||= AT_WORK.has(reading.level) && (reading.queued ?? []).length > 0;
        return wanted(reading);
      },
      withinMs,
      signal,
    );
  const working = await look(({ level }) => AT_WORK.has(level), SHOWN_WITHIN_MS);
  if (working === null) return { ok: true };
  await terminal.write(ESC);
  const rested = await look(({ level }) => !AT_WORK.has(level), ENDED_WITHIN_MS);
  if (rested !== null) return { ok: true, ...(wordsWaited ? { wordsWaited } : {}) };
  return failed(
    'timeout',
    `The session is still at work ${ENDED_WITHIN_MS / 1_000} s after Esc.`,
    'Attach to the slot and see what holds it up, or kill the slot.',
  );
}
