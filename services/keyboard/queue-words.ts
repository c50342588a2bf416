import type { ScreenReading } from '../terminal/reading.ts';
import { failed, type KeyboardTerminal, lookFor, type Typed } from './keyboard-terminal.ts';
import { boxIsFree, ownTextStands } from './own-text.ts';
import type { PromptPlan } from './prompt-plan.ts';

/** A draw takes 30 ms, a busy machine seconds. */
const SHOWN_WITHIN_MS = 5_000;
/** Enter takes the words out of the box at once. */
const TAKEN_WITHIN_MS = 2_000;

/** Levels in which words that are sent wait for the next step of the turn. */
const TAKES_WORDS: ReadonlySet<ScreenReading['level']> = new Set(['thinking', 'responding', 'toolRunning']);
/** Levels in which a command runs at once. */
const TAKES_COMMANDS: ReadonlySet<ScreenReading['level']> = new Set([
  'idle',
  'parked',
  'error',
  'interrupted',
]);

type Keys = Pick<Extract<PromptPlan, { ok: true }>, 'writes' | 'settleMs' | 'submit' | 'expected'>;

export interface QueueOptions {
  readonly signal: AbortSignal;
  /** Called before the first key: from here on the words may stand in the box, also when they are not sent. */
  readonly begins: () => void;
}

/** Types into a free box, sees the words stand there, and presses Enter; what comes of them is not waited for. */
async function typeAndSend(
  terminal: KeyboardTerminal,
  keys: Keys,
  levels: ReadonlySet<ScreenReading['level']>,
  { signal, begins }: QueueOptions,
): Promise<Typed> {
  const reading = await terminal.read();
  if (!levels.has(reading.level))
    return failed('slot_not_idle', `The screen says ${reading.level}.`, 'Nothing was typed.');
  if (!boxIsFree(reading))
    return failed('composer_occupied', 'Something stands in the prompt box.', 'Nothing is typed over it.');
  if (signal.aborted) return failed('cancelled', 'It was called off.', 'Nothing was typed.');
  begins();
  for (const { data, pauseMs } of keys.writes) {
    await terminal.write(data);
    await terminal.sleep(pauseMs);
  }
  const stands = (look: ScreenReading): Promise<boolean> => ownTextStands(terminal, keys.expected, look);
  if ((await lookFor(terminal, stands, SHOWN_WITHIN_MS)) === null)
    return failed('delivery_failed', 'The words did not appear in the prompt box.', 'Look at the terminal.');
  await terminal.sleep(keys.settleMs);
  await terminal.write(keys.submit);
  const taken = await lookFor(terminal, boxIsFree, TAKEN_WITHIN_MS);
  if (taken !== null) return { ok: true };
  return failed('delivery_failed', 'Claude Code did not take the words.', 'They stand in the prompt box.');
}

/**
 * Sends words to a session at work: Claude Code keeps them and hands them to the model with the turn's next step.
 * Nothing is typed unless the prompt box is free. Words that Enter does not take are left in the box, since Ctrl-C, which
 * would take them back, interrupts a turn; they are taken back when the session rests. Failures: `slot_not_idle` (not at work, or asking), `composer_occupied`,
 * `delivery_failed`, `cancelled`.
 */
export function queueWords(
  terminal: KeyboardTerminal,
  plan: Extract<PromptPlan, { ok: true }>,
  options: QueueOptions,
): Promise<Typed> {
  return typeAndSend(terminal, plan, TAKES_WORDS, options);
}

/**
 * Runs a command of Claude Code's own, such as `/compact`, in a session at rest; no hook confirms it. One that Enter does not
 * take is left in the box.
 * Failures: `slot_not_idle`, `composer_occupied`, `delivery_failed`, `cancelled`.
 */
export function runCommand(
  terminal: KeyboardTerminal,
  command: string,
  options: QueueOptions,
): Promise<Typed> {
  // The blank closes the list of commands, where Enter would choose an entry.
  const writes = [{ data: `${command} `, pauseMs: 0 }];
  const keys: Keys = { writes, settleMs: 0, submit: '\r', expected: command };
  return typeAndSend(terminal, keys, TAKES_COMMANDS, options);
}
