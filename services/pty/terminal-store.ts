import type { Epoch } from '../../db/ids.ts';
import { MissionError } from '../errors/mission-error.ts';
import type { ScreenReading } from '../terminal/reading.ts';
import { createScreenReader, type ScreenReader } from '../terminal/screen-reader.ts';
import { createOutputLog } from './output-log.ts';
import { isAlive, type ProcessMark, processTree, signalAll } from './process-tree.ts';
import { openPseudoTerminal, type PseudoTerminal } from './pseudo-terminal.ts';
import type {
  AttachHandlers,
  PtyAttachment,
  PtyExit,
  PtyHostEvent,
  PtyInfo,
  PtySpec,
  SpawnResult,
  TerminalSnapshot,
} from './pty-host.ts';
import { createViewer, type Viewer } from './viewer.ts';

/** Lines above the screen that `text` and a late viewer can see. About 1 MB a terminal. */
const SCROLLBACK_LINES = 1_000;
/** The terminal throws away what is pending beyond 50 MB; the program is held back long before. */
const HIGH_WATER = 1024 * 1024;
const LOW_WATER = 128 * 1024;
/** How often it is looked whether a process that was told to end has ended. */
const END_POLL_MS = 20;
/** A killed process is gone within this, unless the kernel itself is stuck on it. */
const KILL_GRACE_MS = 2_000;

interface Held {
  readonly spec: PtySpec;
  readonly pty: PseudoTerminal;
  readonly reader: ScreenReader;
  readonly log: ReturnType<typeof createOutputLog>;
  readonly viewers: Map<Viewer, AttachHandlers>;
  readonly startedAt: number;
  readonly mark: ProcessMark | undefined;
  columns: number;
  rows: number;
  reading: ScreenReading | null;
  exit: PtyExit | null;
  readonly ended: Promise<PtyExit>;
}

/**
 * The terminals of a host: one pseudo-terminal and one headless terminal an epoch. Nothing is read by polling:
 * bytes schedule a look, and only a reading that changed is told.
 */
export function createTerminalStore(publish: (event: PtyHostEvent) => void) {
  const terminals = new Map<Epoch, Held>();

  function get(epoch: Epoch): Held {
    const held = terminals.get(epoch);
    if (held === undefined)
      throw new MissionError('slot_not_running', `The pty host holds no terminal ${epoch}.`);
    return held;
  }

  /**
   * The screen as of now. Bytes that come while the terminal is still parsing are not in it,
   * so its sequence number is the one of the moment it was asked for.
   */
  function snapshot(held: Held, ready: (snapshot: TerminalSnapshot) => void): void {
    const sequence = held.log.sequence();
    held.reader.feed('', () => {
      ready({ sequence, columns: held.columns, rows: held.rows, data: held.reader.serialize() });
    });
  }

  /** What came after a snapshot, as one chunk. */
  function sendRest(held: Held, viewer: Viewer, from: number): void {
    const rest = held.log.since(from);
    if (rest !== null && rest !== '') viewer.output({ sequence: held.log.sequence(), data: rest });
  }

  function spawn(spec: PtySpec): SpawnResult {
    if (terminals.has(spec.epoch)) {
      return { ok: false, reason: 'epoch_exists', message: `A terminal ${spec.epoch} is already held.` };
    }
    const { epoch, slotId } = spec;
    const log = createOutputLog();
    const viewers = new Map<Viewer, AttachHandlers>();
    let pending = 0;
    let paused = false;
    let ended: (exit: PtyExit) => void = () => {};
    const endedPromise = new Promise<PtyExit>((resolve) => {
      ended = resolve;
    });
    const reader = createScreenReader({
      columns: spec.columns,
      rows: spec.rows,
      scrollback: SCROLLBACK_LINES,
      clock: {
        now: () => Date.now(),
        schedule(task, ms) {
          const timer = setTimeout(task, ms);
          return () => clearTimeout(timer);
        },
      },
      onReading(reading) {
        const held = terminals.get(epoch);
        if (held === undefined) return;
        held.reading = reading;
        publish({ type: 'reading', epoch, slotId, reading });
      },
      onReply: (data) => terminals.get(epoch)?.pty.write(data),
    });
    const opened = openPseudoTerminal(spec, {
      output(bytes, text) {
        pending += bytes.length;
        if (!paused && pending > HIGH_WATER) {
          paused = true;
          terminals.get(epoch)?.pty.pause();
        }
        reader.feed(bytes, () => {
          pending -= bytes.length;
          if (paused && pending < LOW_WATER) {
            paused = false;
            terminals.get(epoch)?.pty.resume();
          }
        });
        const sequence = log.append(bytes.length, text);
        for (const viewer of viewers.keys()) viewer.output({ sequence, data: text });
      },
      exited(exit) {
        const held = terminals.get(epoch);
        if (held === undefined) return;
        held.exit = exit;
        for (const handlers of viewers.values()) handlers.exited(exit);
        publish({ type: 'exit', epoch, slotId, exit });
        ended(exit);
      },
    });
    if ('ok' in opened) {
      reader.dispose();
      return opened;
    }
    terminals.set(epoch, {
      spec,
      pty: opened,
      reader,
      log,
      viewers,
      startedAt: Date.now(),
      mark: processTree(opened.pid).find(({ pid }) => pid === opened.pid),
      columns: spec.columns,
      rows: spec.rows,
      reading: null,
      exit: null,
      ended: endedPromise,
    });
    return { ok: true, pid: opened.pid };
  }

  /** Waits until none of them lives, or the time is over. */
  async function allGone(marks: readonly ProcessMark[], ms: number): Promise<boolean> {
    const deadline = Date.now() + ms;
    while (marks.some(isAlive)) {
      if (Date.now() > deadline) return false;
      await new Promise((resolve) => setTimeout(resolve, END_POLL_MS));
    }
    return true;
  }

  async function terminate(epoch: Epoch, graceMs: number): Promise<PtyExit> {
    const held = get(epoch);
    // A leader that has ended may have left children; its id may be somebody else's by now.
    const leaderLives = held.mark !== undefined && isAlive(held.mark);
    const marks = leaderLives
      ? processTree(held.pty.pid)
      : processTree(held.pty.pid).filter(({ pid }) => pid !== held.pty.pid);
    // A paused program could not end: nobody reads what it says last.
    held.pty.resume();
    signalAll(marks, 'SIGHUP');
    signalAll(marks, 'SIGTERM');
    if (!(await allGone(marks, graceMs))) {
      const late =
        leaderLives && held.mark !== undefined && isAlive(held.mark) ? processTree(held.pty.pid) : [];
      signalAll([...marks, ...late], 'SIGKILL');
      await allGone([...marks, ...late], KILL_GRACE_MS);
    }
    return held.exit ?? held.ended;
  }

  function forget(epoch: Epoch): void {
    const held = terminals.get(epoch);
    if (held === undefined) return;
    terminals.delete(epoch);
    held.pty.dispose();
    held.reader.dispose();
  }

  return {
    spawn,
    terminate,
    forget,
    list: (): readonly PtyInfo[] =>
      [...terminals.values()].map(({ spec, pty, startedAt, columns, rows, reading, exit }) => ({
        epoch: spec.epoch,
        slotId: spec.slotId,
        pid: pty.pid,
        startedAt,
        columns,
        rows,
        reading,
        exit,
      })),
    living: (): number => [...terminals.values()].filter(({ exit }) => exit === null).length,
    write: (epoch: Epoch, data: string): void => get(epoch).pty.write(data),
    resize(epoch: Epoch, columns: number, rows: number): void {
      const held = get(epoch);
      if (held.columns === columns && held.rows === rows) return;
      held.columns = columns;
      held.rows = rows;
      held.pty.resize(columns, rows);
      held.reader.resize(columns, rows);
      for (const handlers of held.viewers.values()) handlers.resized({ columns, rows });
    },
    signal(epoch: Epoch, signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void {
      const held = get(epoch);
      if (held.mark !== undefined && isAlive(held.mark)) signalAll(processTree(held.pty.pid), signal);
    },
    /** Everything that came before the call is parsed before the look. */
    read: (epoch: Epoch): Promise<ScreenReading> => {
      const { reader } = get(epoch);
      return new Promise((resolve) => reader.feed('', () => resolve(reader.reading())));
    },
    text: (epoch: Epoch, lines?: number): Promise<string> => {
      const { reader } = get(epoch);
      return new Promise((resolve) => reader.feed('', () => resolve(reader.text(lines))));
    },
    attach(epoch: Epoch, handlers: AttachHandlers, fromSequence?: number): PtyAttachment {
      const held = get(epoch);
      const missed = fromSequence === undefined ? null : held.log.since(fromSequence);
      let detached = false;
      const viewer: Viewer = createViewer({
        start: missed === null ? held.log.sequence() : (fromSequence ?? 0),
        send: (chunk) => handlers.output(chunk),
        resynchronise: (ready) =>
          snapshot(held, (fresh) => {
            ready(fresh);
            sendRest(held, viewer, fresh.sequence);
          }),
        snapshot: (fresh) => handlers.snapshot(fresh),
      });
      const join = (from: number): void => {
        if (detached) return;
        held.viewers.set(viewer, handlers);
        sendRest(held, viewer, from);
        if (held.exit !== null) handlers.exited(held.exit);
      };
      if (missed === null) {
        snapshot(held, (first) => {
          if (!detached) handlers.snapshot(first);
          join(first.sequence);
        });
      } else {
        join(fromSequence ?? 0);
      }
      return {
        acknowledge: (sequence) => viewer.acknowledge(sequence),
        detach: () => {
          detached = true;
          held.viewers.delete(viewer);
        },
      };
    },
    /** Ends every terminal. */
    async shutdown(graceMs: number): Promise<void> {
      await Promise.all([...terminals.keys()].map((epoch) => terminate(epoch, graceMs)));
      for (const epoch of [...terminals.keys()]) forget(epoch);
    },
  };
}

export type TerminalStore = ReturnType<typeof createTerminalStore>;
