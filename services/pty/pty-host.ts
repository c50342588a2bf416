import type { Epoch, SlotId } from '../../db/ids.ts';
import type { ScreenReading } from '../terminal/reading.ts';

/** What is started in a pseudo-terminal. An argument vector, never a shell string. */
export interface PtySpec {
  readonly epoch: Epoch;
  readonly slotId: SlotId;
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly columns: number;
  readonly rows: number;
}

/** A launch that failed is a value: the caller decides what it means. */
export type SpawnResult =
  | { readonly ok: true; readonly pid: number }
  | {
      readonly ok: false;
      readonly reason: 'file_missing' | 'cwd_missing' | 'spawn_failed' | 'epoch_exists';
      readonly message: string;
    };

export interface PtyExit {
  readonly code: number | null;
  readonly signal: number | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface PtyInfo {
  readonly epoch: Epoch;
  readonly slotId: SlotId;
  readonly pid: number;
  readonly startedAt: number;
  readonly columns: number;
  readonly rows: number;
  readonly reading: ScreenReading | null;
  readonly exit: PtyExit | null;
}

/** A terminal as bytes that redraw it, and the sequence number up to which they count. */
export interface TerminalSnapshot {
  readonly sequence: number;
  readonly columns: number;
  readonly rows: number;
  readonly data: string;
}

export interface OutputChunk {
  /** Sequence number after this chunk. */
  readonly sequence: number;
  readonly data: string;
}

export interface PtyAttachment {
  /** Tells the host that chunks up to here were taken; a viewer that never does is paused, then re-synchronised by a snapshot. */
  acknowledge(sequence: number): void;
  detach(): void;
}

export interface AttachHandlers {
  /** Called first, and again whenever the viewer fell too far behind. */
  snapshot(snapshot: TerminalSnapshot): void;
  output(chunk: OutputChunk): void;
  resized(size: { readonly columns: number; readonly rows: number }): void;
  exited(exit: PtyExit): void;
}

export type PtyHostEvent =
  | {
      readonly type: 'reading';
      readonly epoch: Epoch;
      readonly slotId: SlotId;
      readonly reading: ScreenReading;
    }
  | { readonly type: 'exit'; readonly epoch: Epoch; readonly slotId: SlotId; readonly exit: PtyExit }
  | { readonly type: 'disconnected'; readonly reason: string };

/**
 * The daemon's side of the pty host. The host is a detached process: it and its terminals outlive the daemon.
 * Every method rejects with `MissionError('pty_host_unreachable')` when the connection is lost,
 * and with `MissionError('slot_not_running')` for an epoch the host does not hold.
 */
export interface PtyHost {
  spawn(spec: PtySpec): Promise<SpawnResult>;
  /** Every terminal the host holds, those that exited and were not forgotten included. */
  list(): Promise<readonly PtyInfo[]>;
  /** Writes bytes in the order of the calls; resolves when the kernel took them. */
  write(epoch: Epoch, data: string): Promise<void>;
  resize(epoch: Epoch, columns: number, rows: number): Promise<void>;
  signal(epoch: Epoch, signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /**
   * Ends everything that runs in the terminal: TERM, HUP at half of `graceMs`, KILL after it. Resolves when it is gone.
   * For an epoch that is not held, what an earlier host left of it is ended before the refusal (Linux only).
   */
  terminate(epoch: Epoch, graceMs: number): Promise<PtyExit>;
  /** The last reading, taken fresh. */
  read(epoch: Epoch): Promise<ScreenReading>;
  /** Plain text: the visible rows, or the last `lines` lines with scrollback. */
  text(epoch: Epoch, lines?: number): Promise<string>;
  attach(epoch: Epoch, handlers: AttachHandlers, fromSequence?: number): Promise<PtyAttachment>;
  /** Drops a terminal that has exited. */
  forget(epoch: Epoch): Promise<void>;
  subscribe(listener: (event: PtyHostEvent) => void): () => void;
  /** Closes the connection; the host and its terminals stay. */
  disconnect(): Promise<void>;
  /** Ends every terminal and the host itself. */
  shutdown(graceMs: number): Promise<void>;
}
