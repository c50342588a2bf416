import { accessSync, constants, statSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import pty from 'node-pty';
import { MissionError } from '../errors/mission-error.ts';
import type { PtyExit, PtySpec, SpawnResult } from './pty-host.ts';
import { createSequenceJoiner } from './whole-sequences.ts';
import { createWriteQueue } from './write-queue.ts';

/** Output can arrive after the exit was reported (node-pty#72): the end is told after this much silence. */
const DRAIN_SILENCE_MS = 250;
/** A grandchild that holds the terminal open could write for ever: the end is told after this at the latest. */
const DRAIN_AT_MOST_MS = 5_000;

export interface PseudoTerminal {
  readonly pid: number;
  /** Resolves when the kernel took the bytes; rejects with `slot_not_running` when the program ended before. */
  write(data: string): Promise<void>;
  resize(columns: number, rows: number): void;
  pause(): void;
  resume(): void;
  /** Stops listening. The processes are the caller's to end. */
  dispose(): void;
}

export interface PseudoTerminalHandlers {
  /**
   * Bytes as they came, and text for viewers: a character or a control sequence that was cut between two chunks
   * comes whole with the second.
   */
  output(bytes: Buffer, text: string): void;
  /** After the last output. */
  exited(exit: PtyExit): void;
}

type Refusal = Extract<SpawnResult, { ok: false }>;

/** node-pty reports a bad program or folder as output of the child, so both are looked at first. */
function refusal(spec: PtySpec): Refusal | null {
  try {
    if (!statSync(spec.cwd).isDirectory()) throw new Error('not a folder');
  } catch {
    return { ok: false, reason: 'cwd_missing', message: `The folder ${spec.cwd} does not exist.` };
  }
  try {
    accessSync(spec.file, constants.X_OK);
    if (!statSync(spec.file).isFile()) throw new Error('not a file');
  } catch {
    return { ok: false, reason: 'file_missing', message: `${spec.file} is not a program that can be run.` };
  }
  return null;
}

/** The descriptor, and a way to hear that it is closed: node-pty has both, and its types leave them out. */
function descriptorOf(child: pty.IPty, closed: () => void): number {
  if (
    !('fd' in child) ||
    typeof child.fd !== 'number' ||
    !('on' in child) ||
    typeof child.on !== 'function'
  ) {
    throw new Error('node-pty no longer shows its descriptor; version 1.1.0 is expected.');
  }
  child.on('close', closed);
  return child.fd;
}

/** Starts a program in a pseudo-terminal. A launch that fails is a value. The only place that knows node-pty. */
export function openPseudoTerminal(
  spec: PtySpec,
  handlers: PseudoTerminalHandlers,
): PseudoTerminal | Refusal {
  const refused = refusal(spec);
  if (refused !== null) return refused;
  let child: pty.IPty;
  try {
    child = pty.spawn(spec.file, [...spec.args], {
      name: 'xterm-256color',
      cols: spec.columns,
      rows: spec.rows,
      cwd: spec.cwd,
      env: { ...spec.env },
      encoding: null,
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, reason: 'spawn_failed', message };
  }
  const decoder = new StringDecoder('utf8');
  const whole = createSequenceJoiner();
  let silence: NodeJS.Timeout | undefined;
  let latest: NodeJS.Timeout | undefined;
  let exit: PtyExit | undefined;
  let open = true;
  let over = false;

  function close(): void {
    open = false;
    writes.close(new MissionError('slot_not_running', 'The program in the terminal has ended.'));
  }
  // The number of a closed descriptor may be another terminal's: nothing is written once it is closed.
  const descriptor = descriptorOf(child, close);
  const writes = createWriteQueue((bytes) => writeSync(descriptor, bytes));

  function finish(): void {
    clearTimeout(silence);
    clearTimeout(latest);
    if (over || exit === undefined) return;
    over = true;
    handlers.exited(exit);
  }

  child.onData((data: unknown) => {
    if (over) return;
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(String(data));
    handlers.output(bytes, whole(decoder.write(bytes)));
    if (exit !== undefined) silence?.refresh();
  });
  child.onExit(({ exitCode, signal }) => {
    close();
    const signalled = signal !== undefined && signal !== 0;
    exit = { code: signalled ? null : exitCode, signal: signalled ? signal : null, at: Date.now() };
    silence = setTimeout(finish, DRAIN_SILENCE_MS);
    latest = setTimeout(finish, DRAIN_AT_MOST_MS);
  });
  return {
    pid: child.pid,
    write: (data) => writes.write(data),
    resize(columns, rows) {
      // After the exit the descriptor is closed and node-pty throws EBADF.
      if (open) child.resize(columns, rows);
    },
    pause: () => child.pause(),
    resume: () => child.resume(),
    dispose() {
      over = true;
      close();
      clearTimeout(silence);
      clearTimeout(latest);
    },
  };
}
