import type { Faces } from '../terminal/faces.ts';
import type { ScreenReading } from '../terminal/reading.ts';
import { createScreenReader, type ReaderClock } from '../terminal/screen-reader.ts';
import { createOutputLog } from './output-log.ts';
import { markOf, type ProcessMark } from './process-tree.ts';
import { openPseudoTerminal, type PseudoTerminal } from './pseudo-terminal.ts';
import type {
  AttachHandlers,
  PtyAttachment,
  PtyExit,
  PtyInfo,
  PtySpec,
  SpawnResult,
  TerminalSnapshot,
} from './pty-host.ts';
import { createTerminalModes } from './terminal-modes.ts';
import { createViewer, type Viewer } from './viewer.ts';

/** Lines above the screen that `text` and a late viewer can see. About 1 MB a terminal. */
const SCROLLBACK_LINES = 1_000;
/** The headless terminal throws away what is pending beyond 50 MB; the program is held back long before. */
const HIGH_WATER_BYTES = 1024 * 1024;
const LOW_WATER_BYTES = 128 * 1024;
/**
 * Every process of a terminal carries its epoch here, so that one that left its session and its parent is found
 * when the terminal is ended.
 */
export const EPOCH_VARIABLE = 'MISSIOND_EPOCH';

const REAL_CLOCK: ReaderClock = {
  now: () => Date.now(),
  schedule(task, ms) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

export interface HeldTerminal {
  readonly pid: number;
  readonly mark: ProcessMark | undefined;
  readonly ended: Promise<PtyExit>;
  info(): PtyInfo;
  write(data: string): Promise<void>;
  resize(columns: number, rows: number): void;
  /** Reads on even when the screen is behind: a program that nobody reads could not end. */
  resume(): void;
  setFaces(faces: Faces): void;
  /** Everything that came before the call is parsed before the look. */
  read(): Promise<ScreenReading>;
  text(lines?: number): Promise<string>;
  attach(handlers: AttachHandlers, fromSequence?: number): PtyAttachment;
  dispose(): void;
}

export interface TerminalWatcher {
  reading(reading: ScreenReading): void;
  exit(exit: PtyExit): void;
}

/**
 * One program in a pseudo-terminal, the headless terminal that keeps its screen, and whoever watches it.
 * Viewers, the log and the screen move together, when bytes have been parsed: a snapshot is always exact.
 */
export function holdTerminal(
  spec: PtySpec,
  watcher: TerminalWatcher,
  faces?: Faces,
): HeldTerminal | Extract<SpawnResult, { ok: false }> {
  const log = createOutputLog();
  const modes = createTerminalModes();
  const viewers = new Map<Viewer, AttachHandlers>();
  const startedAt = Date.now();
  let { columns, rows } = spec;
  let reading: ScreenReading | null = null;
  let exit: PtyExit | null = null;
  let pending = 0;
  let paused = false;
  let pty: PseudoTerminal | undefined;
  let tellEnd: (exit: PtyExit) => void = () => {};
  const ended = new Promise<PtyExit>((resolve) => {
    tellEnd = resolve;
  });

  const reader = createScreenReader({
    columns,
    rows,
    scrollback: SCROLLBACK_LINES,
    clock: REAL_CLOCK,
    ...(faces === undefined ? {} : { faces }),
    onReading(next) {
      reading = next;
      // The exit is the last that is told of a terminal.
      if (exit === null) watcher.reading(next);
    },
    // An answer that the program did not live to read is of no use to anybody.
    onReply: (data) => void pty?.write(data).catch(() => {}),
  });

  function parsed(): Promise<void> {
    return new Promise((resolve) => reader.feed('', resolve));
  }

  function snapshot(): TerminalSnapshot {
    return { sequence: log.sequence(), columns, rows, data: reader.serialize() + modes.restore() };
  }

  function output(bytes: Buffer, text: string): void {
    pending += bytes.length;
    if (!paused && pending > HIGH_WATER_BYTES) {
      paused = true;
      pty?.pause();
    }
    reader.feed(bytes, () => {
      pending -= bytes.length;
      modes.follow(text);
      const sequence = log.append(bytes.length, text);
      if (text !== '') for (const viewer of viewers.keys()) viewer.output({ sequence, data: text });
      if (paused && pending < LOW_WATER_BYTES) {
        paused = false;
        pty?.resume();
      }
    });
  }

  async function exited(how: PtyExit): Promise<void> {
    await parsed();
    reading = reader.reading();
    exit = how;
    watcher.exit(how);
    for (const handlers of viewers.values()) handlers.exited(how);
    tellEnd(how);
  }

  const opened = openPseudoTerminal(
    { ...spec, env: { ...spec.env, [EPOCH_VARIABLE]: spec.epoch } },
    { output, exited: (how) => void exited(how) },
  );
  if ('ok' in opened) {
    reader.dispose();
    return opened;
  }
  pty = opened;
  const { pid } = opened;

  return {
    pid,
    mark: markOf(pid),
    ended,
    info: () => ({
      epoch: spec.epoch,
      slotId: spec.slotId,
      pid,
      startedAt,
      columns,
      rows,
      reading,
      exit,
    }),
    write: (data) => opened.write(data),
    resize(nextColumns, nextRows) {
      if (columns === nextColumns && rows === nextRows) return;
      columns = nextColumns;
      rows = nextRows;
      opened.resize(columns, rows);
      reader.resize(columns, rows);
      for (const handlers of viewers.values()) handlers.resized({ columns, rows });
    },
    resume: () => opened.resume(),
    setFaces: (next) => reader.setFaces(next),
    async read() {
      await parsed();
      return reader.reading();
    },
    async text(lines) {
      await parsed();
      return reader.text(lines);
    },
    attach(handlers, fromSequence) {
      const missed = fromSequence === undefined ? null : log.since(fromSequence);
      const viewer = createViewer({
        start: missed === null || fromSequence === undefined ? log.sequence() : fromSequence,
        output: (chunk) => handlers.output(chunk),
        snapshot: (fresh) => handlers.snapshot(fresh),
        takeSnapshot: snapshot,
      });
      if (missed === null) handlers.snapshot(snapshot());
      else if (missed !== '') viewer.output({ sequence: log.sequence(), data: missed });
      if (exit !== null) handlers.exited(exit);
      viewers.set(viewer, handlers);
      return {
        acknowledge: (sequence) => viewer.acknowledge(sequence),
        detach: () => void viewers.delete(viewer),
      };
    },
    dispose() {
      viewers.clear();
      opened.dispose();
      reader.dispose();
    },
  };
}
