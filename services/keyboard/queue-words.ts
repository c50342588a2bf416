import type { ScreenReading } from '../terminal/reading.ts';
import { failed, type KeyboardTerminal, lookFor, type Typed } from './keyboard-terminal.ts';
import { boxIsFree, ownTextStands } from './own-text.ts';
import type { PromptPlan } from './prompt-plan.ts';

/** A draw takes 30 ms, a busy machine seconds. */
const SHOWN_WITHIN_MS = 5_000;
/** Enter takes the words out of the box at once; they are shown above it until the turn takes them. */
const TAKEN_WITHIN_MS = 2_000;

/** Levels in which words that are sent wait for the next step of the turn. */
const TAKES_WORDS: ReadonlySet<ScreenReading['level']> = new Set(['thinking', 'responding', 'toolRunning']);

/**
 * Sends words to a session at work: Claude Code keeps them and hands them to the model with the turn's next step.
 * Nothing is typed unless the prompt box is free. Words that Enter does not take are left in the box, since Ctrl-C, which
 * would take them back, interrupts a turn. Failures: `slot_not_idle` (not at work, or asking), `composer_occupied`,
 * `delivery_failed`, `cancelled`.
 */
export async function queueWords(
  terminal: KeyboardTerminal,
  plan: Extract<PromptPlan, { ok: true }>,
  signal: AbortSignal,
): Promise<Typed> {
  const reading = await terminal.read();
  if (!TAKES_WORDS.has(reading.level))
    return failed(
      'slot_not_idle',
      `The screen says ${reading.level}.`,
      'Words are queued only behind a turn.',
    );
  if (!boxIsFree(reading))
    return failed('composer_occupied', 'Something stands in the prompt box.', 'Nothing is typed over it.');
  if (signal.aborted) return failed('cancelled', 'It was called off.', 'Nothing was typed.');
  for (const { data, pauseMs } of plan.writes) {
    await terminal.write(data);
    await terminal.sleep(pauseMs);
  }
  const stands = (look: ScreenReading): Promise<boolean> => ownTextStands(terminal, plan.expected, look);
  if ((await lookFor(terminal, stands, SHOWN_WITHIN_MS)) === null)
    return failed('delivery_failed', 'The words did not appear in the prompt box.', 'Look at the terminal.');
  await terminal.sleep(plan.settleMs);
  await terminal.write(plan.submit);
  const taken = await lookFor(terminal, boxIsFree, TAKEN_WITHIN_MS);
  if (taken !== null) return { ok: true };
  return failed('delivery_failed', 'Claude Code did not take the words.', 'They stand in the prompt box.');
}
