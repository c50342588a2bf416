import { createEmulator } from './emulator.ts';
import { FACES, type Faces } from './faces.ts';
import { bannerVersion, readScreen } from './read-screen.ts';
import type { ScreenReading } from './reading.ts';
import { readRows } from './screen-rows.ts';

/**
 * One look covers all bytes of this time: a frame often comes in several pieces, and half a frame misleads.
 * Short enough to stay well under the 60 ms in which a change should be seen.
 */
const FRAME_MS = 16;
/** A program that never closes its synchronized update (DEC 2026) is read all the same after this. */
const SYNCHRONIZED_AT_MOST_MS = 250;

/** Time as the reader needs it: real in the host, virtual in a replay. */
export interface ReaderClock {
  now(): number;
  /** Runs `task` after `ms`; returns the way to call it off. */
  schedule(task: () => void, ms: number): () => void;
}

export interface ScreenReaderOptions {
  readonly columns: number;
  readonly rows: number;
  /** Lines kept above the screen. */
  readonly scrollback: number;
  readonly clock: ReaderClock;
  /** How Claude Code draws itself; default: as this release knows it. */
  readonly faces?: Faces;
  /** Called only when something in the reading changed. */
  readonly onReading: (reading: ScreenReading) => void;
  /** The terminal's answers to the program; they must go back to the pseudo-terminal. */
  readonly onReply: (data: string) => void;
}

export interface ScreenReader {
  /** Takes bytes of the program; `parsed` is called when the terminal has them. */
  feed(data: Uint8Array | string, parsed?: () => void): void;
  resize(columns: number, rows: number): void;
  /** Looks anew, with other faces. */
  setFaces(faces: Faces): void;
  /** Looks now, whether or not something changed. */
  reading(): ScreenReading;
  /** Count of bytes that the terminal has parsed. */
  sequence(): number;
  serialize(): string;
  text(lines?: number): string;
  dispose(): void;
}

function sameReading(a: ScreenReading, b: ScreenReading): boolean {
  return JSON.stringify({ ...a, sequence: 0, at: 0 }) === JSON.stringify({ ...b, sequence: 0, at: 0 });
}

/** Keeps a headless terminal of a program's output and says what the session is doing whenever that changes. */
export function createScreenReader(options: ScreenReaderOptions): ScreenReader {
  const { clock } = options;
  const emulator = createEmulator(options);
  // xterm's own decoder loses a character that is cut behind a byte 0x80, such as the ellipsis of a spinner (6.0.0).
  const decoder = new TextDecoder();
  let { faces = FACES } = options;
  /** Remembered: the banner scrolls away. Nothing can stand before it that imitates it. */
  let version: string | undefined;
  let sequence = 0;
  let last: ScreenReading | null = null;
  let cancelLook: (() => void) | undefined;
  let synchronizedSince: number | undefined;

  function look(): ScreenReading {
    const { terminal } = emulator;
    const title = emulator.title();
    const rows = readRows(terminal);
    version ??= bannerVersion(rows, faces);
    return {
      ...readScreen(rows, title, faces, version),
      sequence,
      at: clock.now(),
      columns: terminal.cols,
      rows: terminal.rows,
      title,
    };
  }

  function lookSoon(): void {
    cancelLook ??= clock.schedule(() => {
      cancelLook = undefined;
      if (emulator.terminal.modes.synchronizedOutputMode) {
        synchronizedSince ??= clock.now();
        if (clock.now() - synchronizedSince < SYNCHRONIZED_AT_MOST_MS) {
          lookSoon();
          return;
        }
      }
      synchronizedSince = undefined;
      const next = look();
      if (last !== null && sameReading(last, next)) return;
      last = next;
      options.onReading(next);
    }, FRAME_MS);
  }

  return {
    feed(data, parsed) {
      const size = typeof data === 'string' ? Buffer.byteLength(data) : data.length;
      const text = typeof data === 'string' ? data : decoder.decode(data, { stream: true });
      emulator.terminal.write(text, () => {
        sequence += size;
        lookSoon();
        parsed?.();
      });
    },
    resize(columns, rows) {
      emulator.terminal.resize(columns, rows);
      lookSoon();
    },
    setFaces(next) {
      faces = next;
      lookSoon();
    },
    reading: look,
    sequence: () => sequence,
    serialize: () => emulator.serialize(),
    text: (lines) => emulator.text(lines),
    dispose() {
      cancelLook?.();
      emulator.dispose();
    },
  };
}
