import { createOneByOne } from '../lock/one-by-one.ts';
import type { ScreenReading } from '../terminal/reading.ts';
import { type ChooseOptions, chooseOption } from './choose-option.ts';
import { clearOwnText, quietBox } from './clear-own-text.ts';
import { type DeliveryOptions, deliverPrompt } from './deliver-prompt.ts';
import { dismissDialog } from './dismiss-dialog.ts';
import { guardAgainstExit } from './exit-guard.ts';
import { type Interrupted, interruptTurn } from './interrupt-turn.ts';
import type { KeyboardTerminal, Typed } from './keyboard-terminal.ts';
import { ownTextStands } from './own-text.ts';
import { planPrompt } from './prompt-plan.ts';
import { queueWords, runCommand } from './queue-words.ts';

export interface KeyboardOptions extends KeyboardTerminal {
  /** Claude Code's version, once it is known; it decides what can be typed safely. */
  readonly version: () => string;
}

/** The one writer of a pseudo-terminal: every call waits for those before it, so nothing is typed into another's words. */
export interface Keyboard {
  /** See `planPrompt` and `deliverPrompt`. */
  deliver(prompt: string, options: Omit<DeliveryOptions, 'restored'>): Promise<Typed>;
  /** See `runCommand`. What is left of it in the box is taken back as words of `queue` are. */
  command(command: string, signal: AbortSignal, rests: () => Promise<boolean>): Promise<Typed>;
  /**
   * See `queueWords`. Words that are left in the box are taken back when `rests` resolves to true: the session has come
   * to rest. To false: it has ended.
   */
  queue(words: string, signal: AbortSignal, rests: () => Promise<boolean>): Promise<Typed>;
  /** See `chooseOption`. */
  choose(label: string, options: ChooseOptions): Promise<Typed>;
  /** See `dismissDialog`. */
  dismiss(expected: string, signal: AbortSignal): Promise<Typed>;
  /** See `interruptTurn`. */
  interrupt(signal: AbortSignal): Promise<Interrupted>;
  /** Bytes of a person who is attached: they go between deliveries, never into one. */
  passThrough(data: string): Promise<void>;
}

/** A key is drawn within 30 ms, on a busy machine within some hundred: before that the box only looks empty. */
const KEY_IS_DRAWN_MS = 500;

/** Makes the keyboard of one terminal. It holds nothing that must be closed. */
export function createKeyboard({ version, ...door }: KeyboardOptions): Keyboard {
  const enqueue = createOneByOne();
  const guard = guardAgainstExit(door);
  const { terminal } = guard;
  /**
   * What we typed last. It may stand in the box: Claude Code puts a prompt back there when its turn is interrupted before
   * the first word, and words that were not drawn in time, or not taken, come to stand there later.
   */
  let lastTyped: string | null = null;
  /** When a person typed last. */
  let lastKeyAt = Number.NEGATIVE_INFINITY;

  async function untilKeysAreDrawn(): Promise<void> {
    const undrawnMs = lastKeyAt + KEY_IS_DRAWN_MS - terminal.now();
    if (undrawnMs > 0) await terminal.sleep(undrawnMs);
  }

  async function takeBackOwnPrompt(look: () => Promise<ScreenReading>): Promise<void> {
    if (lastTyped === null) return;
    if (await ownTextStands(terminal, lastTyped, await look())) {
      await clearOwnText(terminal, lastTyped);
    }
  }

  /** Types `text`; when it was not taken, it is taken back once the session rests. */
  async function leaveNothing(
    text: string,
    rests: () => Promise<boolean>,
    type: (begins: () => void) => Promise<Typed>,
  ): Promise<Typed> {
    let begun = false;
    const typed = await enqueue(async () => {
      await untilKeysAreDrawn();
      return await type(() => {
        begun = true;
        lastTyped = text;
      });
    });
    if (!typed.ok && begun && (await rests())) {
      await enqueue(async () => {
        if (lastTyped === text) await takeBackOwnPrompt(() => quietBox(terminal));
      });
    }
    return typed;
  }

  return {
    deliver(prompt, options) {
      return enqueue(async () => {
        const plan = planPrompt(prompt, { version: version() });
        if (!plan.ok) return plan;
        await untilKeysAreDrawn();
        await takeBackOwnPrompt(() => terminal.read());
        const typed = await deliverPrompt(terminal, plan, {
          ...options,
          // Once a person has typed here, what stands in the box may be theirs.
          ours: options.ours === true && lastKeyAt === Number.NEGATIVE_INFINITY,
          restored: lastTyped ?? '',
        });
        if (typed.ok) lastTyped = plan.expected;
        return typed;
      });
    },
    command: (command, signal, rests) =>
      leaveNothing(command, rests, (begins) => runCommand(terminal, command, { signal, begins })),
    async queue(words, signal, rests) {
      const plan = planPrompt(words, { version: version() });
      if (!plan.ok) return plan;
      // Until the turn takes them, an interruption puts them into the box (2.1.329 sends them by itself).
      return await leaveNothing(plan.expected, rests, (begins) =>
        queueWords(terminal, plan, { signal, begins }),
      );
    },
    choose: (label, options) => enqueue(() => chooseOption(terminal, label, options)),
    dismiss: (expected, signal) => enqueue(() => dismissDialog(terminal, expected, signal)),
    interrupt: (signal) =>
      enqueue(async () => {
        await untilKeysAreDrawn();
        const interrupted = await interruptTurn(terminal, signal);
        // The prompt comes back some frames after the turn has gone.
        if (interrupted.ok) await takeBackOwnPrompt(() => quietBox(terminal));
        return interrupted;
      }),
    passThrough: (data) =>
      enqueue(async () => {
        // What a person types from here on is theirs, also when it reads like our last prompt.
        lastTyped = null;
        await guard.passThrough(data);
        lastKeyAt = terminal.now();
      }),
  };
}
