import type { ScreenReading } from '../terminal/reading.ts';
import { holdsOnly } from './composer-text.ts';
import { CTRL_C } from './exit-guard.ts';
import { type KeyboardTerminal, lookFor } from './keyboard-terminal.ts';
import { boxIsFree, ownTextStands } from './own-text.ts';

/**
 * Ctrl-C empties the box; Ctrl-U goes row by row, and old versions take several in one read for text. It is pressed a
 * second time only when text came after the first.
 */
const PRESSES_AT_MOST = 2;
/** An emptied box is drawn within 30 ms. A program that has not drawn it after so long may read the key yet: a second one would end it. */
const CLEARED_WITHIN_MS = 8_000;
/** What was typed is drawn within 30 ms; a busy machine takes longer. */
const TYPED_DRAWN_MS = 2_000;
/** Old versions hold back fast keys for 100 ms, in case they are a paste: a key that comes meanwhile overtakes them. */
const QUIET_MS = 300;
const QUIET_WITHIN_MS = 5_000;

/** Levels at which Ctrl-C would interrupt a turn. */
const AT_WORK: ReadonlySet<ScreenReading['level']> = new Set([
  'thinking',
  'responding',
  'toolRunning',
  'compacting',
]);

/** True when nothing on the screen speaks against the text being ours; a box taller than the screen cannot be read. */
function mayBeOurs({ level, composer, dialog }: ScreenReading, text: string): boolean {
  if (dialog !== undefined || AT_WORK.has(level)) return false;
  return composer.kind === 'absent' || holdsOnly(composer, text);
}

/** The reading after which the box has not changed for a while. */
export async function quietBox(terminal: KeyboardTerminal): Promise<ScreenReading> {
  const until = terminal.now() + QUIET_WITHIN_MS;
  for (;;) {
    const { composer } = await terminal.read();
    const moved = await lookFor(terminal, (later) => later.composer.text !== composer.text, QUIET_MS);
    if (moved === null || terminal.now() >= until) return await terminal.read();
  }
}

async function clearBox(terminal: KeyboardTerminal, text: string): Promise<boolean> {
  for (let presses = 0; presses < PRESSES_AT_MOST; presses++) {
    const before = await quietBox(terminal);
    if (boxIsFree(before)) return true;
    if (!mayBeOurs(before, text)) return false;
    await terminal.write(CTRL_C);
    const freed = await lookFor(terminal, boxIsFree, CLEARED_WITHIN_MS);
    if (freed === null) return false;
    if (boxIsFree(await quietBox(terminal))) return true;
  }
  return false;
}

/**
 * Takes back a text of ours that still stands in the prompt box. Resolves to false, and leaves the box alone,
 * as soon as something else stands there.
 */
export async function clearOwnText(terminal: KeyboardTerminal, text: string): Promise<boolean> {
  const first = await terminal.read();
  if (boxIsFree(first)) return true;
  if (!(await ownTextStands(terminal, text, first))) return false;
  return await clearBox(terminal, text);
}

/**
 * Takes back what was typed into a box that was free, however much of it has come to stand there and however it is
 * shown: nobody else writes to the terminal meanwhile. `restored` may have come back in front of it. Resolves to false when something is left, or is not ours after all.
 */
export async function clearTyped(
  terminal: KeyboardTerminal,
  typed: string,
  restored: string,
): Promise<boolean> {
  if (typed === '') return true;
  await lookFor(terminal, (reading) => !boxIsFree(reading), TYPED_DRAWN_MS);
  return await clearBox(terminal, `${restored}\n${typed}`);
}
