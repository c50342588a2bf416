import type { ScreenReading } from '../terminal/reading.ts';
import { failed, type KeyboardTerminal, lookFor, type Typed } from './keyboard-terminal.ts';

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

/**
 * Presses Esc once and waits until the session has left its turn. Esc is never pressed at a prompt: there, twice opens
 * the list of earlier prompts. A session that rests already is a success. Failures: `timeout`, `cancelled`.
 */
export async function interruptTurn(terminal: KeyboardTerminal, signal: AbortSignal): Promise<Typed> {
  if (signal.aborted) {
    return failed('cancelled', 'The interrupt was called off.', 'Interrupt again if it is wanted.');
  }
  const working = await lookFor(terminal, ({ level }) => AT_WORK.has(level), SHOWN_WITHIN_MS, signal);
  if (working === null) return { ok: true };
  await terminal.write(ESC);
  const rested = await lookFor(terminal, (reading) => !AT_WORK.has(reading.level), ENDED_WITHIN_MS, signal);
  if (rested !== null) return { ok: true };
  return failed(
    'timeout',
    `The session is still at work ${ENDED_WITHIN_MS / 1_000} s after Esc.`,
    'Attach to the slot and see what holds it up, or kill the slot.',
  );
}
