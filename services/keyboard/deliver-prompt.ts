import type { ScreenReading } from '../terminal/reading.ts';
import { clearOwnText, clearTyped } from './clear-own-text.ts';
import { composerHolds, glimpse, holdsBeginning, showsWhole } from './composer-text.ts';
import { drawsAgain, failed, type KeyboardTerminal, lookFor, type Typed } from './keyboard-terminal.ts';
import { ownTextStands } from './own-text.ts';
import type { PromptPlan } from './prompt-plan.ts';

export interface DeliveryOptions {
  readonly signal: AbortSignal;
  /** Resolves when a UserPromptSubmit hook carried the same words. Never rejects. */
  readonly submitted: Promise<void>;
  /** Called when the whole text stands in the box, before Enter. When it throws, the text is taken back and Enter is not pressed. */
  readonly typed?: () => void;
  /**
   * An earlier daemon had begun to type this very prompt, and nobody could type since: what stands in the box and reads
   * like it is ours. Whole, only Enter is missing; cut off, it is taken back and typed anew.
   */
  readonly ours?: boolean;
  /** Our last prompt: an interruption may still put it back into the box, in front of this one. */
  readonly restored: string;
}

/** After this much without a sign of the text in the box it is not there: a draw takes 30 ms, a busy machine seconds. */
const SHOWN_WITHIN_MS = 5_000;
/** From Enter to the hook 5 to 110 ms were measured; after this the box is looked at again. */
const CONFIRMED_SOON_MS = 800;
/** A long text is taken more slowly: 60,000 characters in 3 s (2.0.60). */
const TAKEN_PER_MS = 20;
/** Enter is sent again only while our text still stands in the box, and so often at most. */
const ENTERS_AT_MOST = 3;
/** After Enter was taken the hook is owed; hooks of the person run before ours and may be slow. */
const CONFIRMED_WITHIN_MS = 15_000;
/** A program that has drawn nothing since our keys is waited for so long; an idle one answers within 30 ms. */
const STANDS_STILL_MS = 60_000;
/** Whoever calls a delivery off waits for its end. */
const STANDS_STILL_AFTER_CANCEL_MS = 8_000;
/** What a person does about a box that could not be emptied; the slot takes no prompt until then. */
const SOME_IS_LEFT =
  'Nothing was sent, but some of it stands in the prompt box: delete it there (missiond attach), or restart the slot.';

/** The same when the delivery was called off meanwhile: whoever called it off wants to interrupt the turn. */
const CONFIRMED_AFTER_CANCEL_MS = 3_000;

/**
 * Levels at which no turn is going on and the prompt box stands; of an open list of commands the box tells more.
 * Whether a usage limit has ended the screen does not tell: who sends a prompt knows.
 */
const RESTING: ReadonlySet<ScreenReading['level']> = new Set([
  'idle',
  'interrupted',
  'error',
  'parked',
  'limited',
  'slashMenu',
]);

function whyNotNow({ level, composer }: ScreenReading): Typed | null {
  if (!RESTING.has(level)) {
    return failed(
      'slot_not_idle',
      `The session is not at its prompt (the screen says ${level}).`,
      'Wait until it is idle, or interrupt it.',
    );
  }
  if (composer.kind === 'draft' || composer.kind === 'menu') {
    return failed(
      'composer_occupied',
      `A draft stands in the prompt box: "${glimpse(composer)}".`,
      'Send or delete it in the terminal (missiond attach); nothing is typed over it.',
    );
  }
  if (composer.kind === 'absent') {
    return failed(
      'slot_not_idle',
      'There is no prompt box on the screen.',
      'See the screen of the slot; it may show a dialog.',
    );
  }
  return null;
}

/** Types the text and sees it stand in the box. Takes it back when it does not, or when the caller gives up. */
async function typeText(
  terminal: KeyboardTerminal,
  plan: Extract<PromptPlan, { ok: true }>,
  { signal, restored }: DeliveryOptions,
  { sequence }: ScreenReading,
): Promise<Typed> {
  let written = '';
  const looksForText = () =>
    lookFor(terminal, (reading) => ownTextStands(terminal, plan.expected, reading), SHOWN_WITHIN_MS, signal);
  try {
    for (const { data, pauseMs } of plan.writes) {
      signal.throwIfAborted();
      await terminal.write(data);
      written += data;
      await terminal.sleep(pauseMs, signal);
    }
    let shown = await looksForText();
    if (shown === null && (await terminal.read()).sequence === sequence) {
      await drawsAgain(terminal, sequence, STANDS_STILL_MS, signal);
      shown = await looksForText();
    }
    if (shown !== null) {
      if (plan.settleMs > 0) await terminal.sleep(plan.settleMs, signal);
      return { ok: true };
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    const awake = await drawsAgain(terminal, sequence, STANDS_STILL_AFTER_CANCEL_MS);
    const cleared = written === '' || (awake && (await clearTyped(terminal, written, restored)));
    return failed(
      'cancelled',
      'The delivery was called off before Enter.',
      cleared ? 'Submit it again when it is wanted.' : SOME_IS_LEFT,
    );
  }
  const { composer, level, sequence: last } = await terminal.read();
  const cleared = last !== sequence && (await clearTyped(terminal, written, restored));
  if (cleared && restored !== '' && composerHolds(composer, `${restored}\n${plan.expected}`)) {
    return failed(
      'composer_occupied',
      'An interrupted prompt came back into the box while this one was typed; both were taken back.',
      'Nothing was sent; deliver it again.',
    );
  }
  return failed(
    'delivery_failed',
    `The text did not appear in the prompt box (screen: ${level}, box: ${composer.kind} "${glimpse(composer)}").`,
    cleared ? 'Nothing was sent; submit it again.' : SOME_IS_LEFT,
  );
}

/** Presses Enter until Claude Code says that it has the prompt. */
async function submitText(
  terminal: KeyboardTerminal,
  plan: Extract<PromptPlan, { ok: true }>,
  { signal, submitted }: DeliveryOptions,
): Promise<Typed> {
  let confirmed = false;
  const confirmation = submitted.then(() => {
    confirmed = true;
  });
  const waitFor = async (ms: number, ...calledOff: readonly AbortSignal[]) => {
    const stop = new AbortController();
    await Promise.race([
      confirmation,
      terminal.sleep(ms, AbortSignal.any([...calledOff, stop.signal])).catch(() => undefined),
    ]);
    stop.abort();
  };
  const { sequence } = await terminal.read();
  const soonMs = CONFIRMED_SOON_MS + plan.expected.length / TAKEN_PER_MS;
  let enters = 0;
  let held = true;
  while (held && enters < ENTERS_AT_MOST && !confirmed && !signal.aborted) {
    await terminal.write(plan.submit);
    enters += 1;
    // Also when the delivery is called off now: a turn that begins must be known before anybody types again.
    await waitFor(soonMs);
    held = !confirmed && (await ownTextStands(terminal, plan.expected, await terminal.read()));
  }
  let awake = true;
  if (held && !confirmed && enters > 0 && (await terminal.read()).sequence === sequence) {
    awake = await drawsAgain(terminal, sequence, STANDS_STILL_MS);
    // What it reads first is our Enter: Ctrl-C after it would interrupt the turn that it begins.
    await waitFor(soonMs);
    held = !confirmed && (await ownTextStands(terminal, plan.expected, await terminal.read()));
  }
  if (!confirmed && !held) await waitFor(CONFIRMED_WITHIN_MS, signal);
  if (!confirmed && !held && signal.aborted) await waitFor(CONFIRMED_AFTER_CANCEL_MS);
  if (confirmed) return { ok: true };
  const { composer, level } = await terminal.read();
  const cleared = held && awake && (await clearOwnText(terminal, plan.expected));
  // An Enter that had not been read yet came before the keys that clear the box.
  if (cleared) await waitFor(soonMs);
  if (confirmed) return { ok: true };
  if (signal.aborted) {
    return failed(
      'cancelled',
      'The delivery was called off before it was confirmed.',
      cleared
        ? 'The text was taken back.'
        : enters === 0
          ? SOME_IS_LEFT
          : 'Look at the terminal: the prompt may be at work.',
    );
  }
  return failed(
    'delivery_failed',
    held
      ? `Claude Code did not take the prompt after ${enters} times Enter (screen: ${level}, box: ${composer.kind}).`
      : `Enter was pressed but Claude Code never confirmed the prompt (screen: ${level}, box: ${composer.kind}).`,
    cleared
      ? 'The text was taken back; submit it again.'
      : 'Look at the terminal (missiond attach) before you submit it again.',
  );
}

/**
 * Types a planned prompt into a resting session with an empty box, checks that it stands there, presses Enter,
 * and waits until `submitted`. Rejects with what `typed` throws. Failures: `slot_not_idle`, `composer_occupied`, `delivery_failed`, `cancelled`.
 */
export async function deliverPrompt(
  terminal: KeyboardTerminal,
  plan: Extract<PromptPlan, { ok: true }>,
  options: DeliveryOptions,
): Promise<Typed> {
  if (options.signal.aborted) {
    return failed(
      'cancelled',
      'The delivery was called off before it began.',
      'Submit it again when it is wanted.',
    );
  }
  let reading = await terminal.read();
  const standsThere = options.ours === true && showsWhole(reading.composer, plan.expected);
  if (!standsThere) {
    if (options.ours === true && holdsBeginning(reading.composer, plan.expected)) {
      await clearOwnText(terminal, reading.composer.text);
      reading = await terminal.read();
    }
    const refusal = whyNotNow(reading);
    if (refusal !== null) return refusal;
    const typed = await typeText(terminal, plan, options, reading);
    if (!typed.ok) return typed;
  }
  try {
    options.typed?.();
  } catch (error) {
    await clearOwnText(terminal, plan.expected);
    throw error;
  }
  return await submitText(terminal, plan, options);
}
