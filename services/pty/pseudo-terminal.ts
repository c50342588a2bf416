import { accessSync, closeSync, constants, openSync, statSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import pty from 'node-pty';
import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import type { PtyExit, PtySpec, SpawnResult } from './pty-host.ts';
import { createSequenceJoiner } from './whole-sequences.ts';
import { createWriteQueue } from './write-queue.ts';

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

/** What node-pty 1.1.0 has and its types leave out: the descriptor, the name of the terminal, and the end of both. */
function insidesOf(child: pty.IPty, closed: () => void): { readonly master: number; readonly name: string } {
  if (
    !('fd' in child && typeof child.fd === 'number') ||
    !('ptsName' in child && typeof child.ptsName === 'string') ||
    !('on' in child && typeof child.on === 'function')
  ) {
    throw new Error('node-pty no longer shows its descriptor; version 1.1.0 is expected.');
  }
  child.on('close', closed);
  return { master: child.fd, name: child.ptsName };
}

/**
 * Keeps the program's side of the terminal open as well. When the last one closes it, Node 20 and 22 throw away what
 * was not read yet (node-pty#72): 43 of 150 short programs lost their last words, none with this.
 * node-pty closes the terminal 200 ms after the exit, and reports the exit then.
 */
function keepOpen(name: string): number | undefined {
  try {
    return openSync(name, constants.O_RDWR | constants.O_NOCTTY);
  } catch {
    // Then the last words may be lost, as they are without it.
    return undefined;
  }
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
    const message = messageOf(error);
    return { ok: false, reason: 'spawn_failed', message };
  }
  const decoder = new StringDecoder('utf8');
  const whole = createSequenceJoiner();
  let open = true;
  let listening = true;

  function close(): void {
    if (!open) return;
    open = false;
    writes.close(new MissionError('slot_not_running', 'The program in the terminal has ended.'));
    if (kept !== undefined) closeSync(kept);
  }
  // The number of a closed descriptor may be another terminal's: nothing is written once it is closed.
  const { master, name } = insidesOf(child, close);
  const kept = keepOpen(name);
  const writes = createWriteQueue((bytes) => writeSync(master, bytes));

  child.onData((data: unknown) => {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(String(data));
    if (listening) handlers.output(bytes, whole(decoder.write(bytes)));
  });
  child.onExit(({ exitCode, signal }) => {
    close();
    const signalled = signal !== undefined && signal !== 0;
    const exit = { code: signalled ? null : exitCode, signal: signalled ? signal : null, at: Date.now() };
    if (listening) handlers.exited(exit);
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
      listening = false;
      close();
    },
  };
}
