import { createActor } from 'xstate';
import { sessionMachine } from '../machines/session.ts';
import { type SessionView, viewSession } from '../machines/session-view.ts';
import type { HookBody } from '../services/claude/hook-body.ts';
import type { SessionStatus } from '../services/claude/session-registry.ts';
import type { VirtualClock } from '../services/recording/virtual-clock.ts';
import type { Faces } from '../services/terminal/faces.ts';
import type { ScreenReading } from '../services/terminal/reading.ts';
import { createScreenReader, type ReaderClock } from '../services/terminal/screen-reader.ts';
import { edgeOf } from './hook-edge.ts';
import { registrySignal } from './registry-signal.ts';

/** There is one run and one conversation: whoever feeds the terminal knows which. */
const EPOCH = 'terminal';

export interface TerminalSessionOptions {
  /** 140 by 45 when nothing is said. */
  readonly columns?: number;
  readonly rows?: number;
  /** Lines kept above the screen; none when nothing is said. */
  readonly scrollback?: number;
  /** Claude Code's id of the conversation whose hooks are heard. */
  readonly sessionId?: string;
  /** Glyphs and wordings; those that come with missiond when nothing is said. */
  readonly faces?: Faces;
  /** For recordings: time that only moves when told. Real time when nothing is said. */
  readonly clock?: VirtualClock;
  /** Called when the statechart or a reading has moved; the view may look as before. */
  readonly onChange?: (view: SessionView) => void;
  /** Sees every reading of the screen that differs from the one before. */
  readonly onReading?: (reading: ScreenReading) => void;
  /** The terminal's answers to the program; they must go back to it, or some programs wait for ever. */
  readonly onReply?: (data: string) => void;
}

/** A terminal that knows what the Claude Code in it is doing. */
export interface TerminalSession {
  /** Takes output of the program; resolves when the terminal has drawn it. The reading follows a frame (16 ms) later. */
  feed(data: Uint8Array | string): Promise<void>;
  resize(columns: number, rows: number): void;
  /** A hook of Claude Code was heard: an edge that the screen shows later, or never. */
  hear(hook: HookBody): void;
  /** Claude Code wrote this of itself into `sessions/<pid>.json`; null: it says nothing any more. */
  registered(status: SessionStatus | null): void;
  /** The program ended. */
  exited(code: number | null, signal: number | null): void;
  /** Looks at the screen now. */
  reading(): ScreenReading;
  /** What the statechart says. */
  view(): SessionView;
  /** The text of the screen, or the last lines with scrollback. */
  text(lines?: number): string;
  dispose(): void;
}

const REAL_TIME: ReaderClock = {
  now: () => Date.now(),
  schedule(task, ms) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

/** Joins a headless terminal, the reading of its screen and the statechart of the session. Dispose it when done. */
export function createTerminalSession({
  columns = 140,
  rows = 45,
  scrollback = 0,
  sessionId = EPOCH,
  faces,
  clock,
  onChange,
  onReading,
  onReply = () => {},
}: TerminalSessionOptions = {}): TerminalSession {
  const time = clock ?? REAL_TIME;
  const actor = createActor(sessionMachine, {
    input: { epoch: EPOCH, sessionId, at: time.now() },
    ...(clock === undefined ? {} : { clock }),
  });
  if (onChange !== undefined) actor.subscribe((snapshot) => onChange(viewSession(snapshot)));
  actor.start();
  const reader = createScreenReader({
    columns,
    rows,
    scrollback,
    clock: time,
    ...(faces === undefined ? {} : { faces }),
    onReading(reading) {
      onReading?.(reading);
      actor.send({ type: 'screen.read', epoch: EPOCH, at: reading.at, reading });
    },
    onReply,
  });
  return {
    feed: (data) => new Promise((parsed) => reader.feed(data, parsed)),
    resize: reader.resize,
    hear: (hook) => actor.send(edgeOf(hook, EPOCH, time.now())),
    registered: (status) => actor.send(registrySignal(status, EPOCH, time.now())),
    exited: (code, signal) => actor.send({ type: 'pty.exited', epoch: EPOCH, at: time.now(), code, signal }),
    reading: reader.reading,
    view: () => viewSession(actor.getSnapshot()),
    text: reader.text,
    dispose() {
      actor.stop();
      reader.dispose();
    },
  };
}
