import { accessSync, constants, statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import pty from 'node-pty';
import type { PtyExit, PtySpec, SpawnResult } from './pty-host.ts';

/** Output can arrive after the exit was reported: the end is told after this much silence. */
const DRAIN_SILENCE_MS = 250;
/** A grandchild that holds the terminal open could write for ever: the end is told after this at the latest. */
const DRAIN_AT_MOST_MS = 5_000;

export interface PseudoTerminal {
  readonly pid: number;
  write(data: string): void;
  resize(columns: number, rows: number): void;
  pause(): void;
  resume(): void;
  dispose(): void;
}

export interface PseudoTerminalHandlers {
  /** Bytes as they came, and the same as text: a character cut between two chunks comes whole with the second. */
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
    return {
      ok: false,
      reason: 'spawn_failed',
      message: error instanceof Error ? error.message : String(error),
    };
  }
  const decoder = new StringDecoder('utf8');
  let silence: NodeJS.Timeout | undefined;
  let latest: NodeJS.Timeout | undefined;
  let exit: PtyExit | undefined;
  let over = false;

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
    handlers.output(bytes, decoder.write(bytes));
    if (exit !== undefined) silence?.refresh();
  });
  child.onExit(({ exitCode, signal }) => {
    exit = { code: exitCode, signal: signal === undefined || signal === 0 ? null : signal, at: Date.now() };
    silence = setTimeout(finish, DRAIN_SILENCE_MS);
    latest = setTimeout(finish, DRAIN_AT_MOST_MS);
  });
  return {
    pid: child.pid,
    write(data) {
      if (exit === undefined) child.write(data);
    },
    resize(columns, rows) {
      // After the exit the descriptor is closed and node-pty throws EBADF.
      if (exit === undefined) child.resize(columns, rows);
    },
    pause: () => child.pause(),
    resume: () => child.resume(),
    dispose() {
      over = true;
      clearTimeout(silence);
      clearTimeout(latest);
    },
  };
}
