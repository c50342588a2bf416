import { type Failure, MissionError } from '../errors/mission-error.ts';
import type { ScreenReading } from '../terminal/reading.ts';

/** A terminal as the keyboard needs it. Times are milliseconds; `sleep` rejects when the signal aborts. */
export interface KeyboardTerminal {
  /** Resolves when the kernel took the bytes. */
  write(data: string): Promise<void>;
  /** A fresh look. */
  read(): Promise<ScreenReading>;
  /** The visible rows as plain text. */
  text(): Promise<string>;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  now(): number;
}

/** What was typed, or why nothing was. */
export type Typed = { readonly ok: true } | { readonly ok: false; readonly failure: Failure };

/** A frame of the screen reader is 16 ms; looking more often shows nothing new. */
const LOOK_EVERY_MS = 16;

/** Looks until `wanted` holds and returns that reading; null when `withinMs` passed without it. */
export async function lookFor(
  terminal: KeyboardTerminal,
  wanted: (reading: ScreenReading) => boolean | Promise<boolean>,
  withinMs: number,
  signal?: AbortSignal,
): Promise<ScreenReading | null> {
  const until = terminal.now() + withinMs;
  for (;;) {
    const reading = await terminal.read();
    if (await wanted(reading)) return reading;
    if (terminal.now() >= until) return null;
    await terminal.sleep(LOOK_EVERY_MS, signal);
  }
}

/**
 * Waits until the program has drawn anything since `sequence`. False when it has not: a program that stands still reads
 * all its keys when it goes on, so nothing can be said of what was typed, and no further key is safe.
 */
export async function drawsAgain(
  terminal: KeyboardTerminal,
  sequence: number,
  withinMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  return (await lookFor(terminal, (reading) => reading.sequence !== sequence, withinMs, signal)) !== null;
}

export function failed(code: Failure['code'], message: string, remedy: string): Typed {
  return { ok: false, failure: { code, message, remedy } };
}

/** @throws MissionError what kept it from being typed */
export function must(typed: Typed): void {
  if (typed.ok) return;
  const { code, message, remedy } = typed.failure;
  throw new MissionError(code, message, remedy === undefined ? {} : { remedy });
}
