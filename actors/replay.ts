import type { SessionStateName } from '../machines/session-view.ts';
import type { HookBody } from '../services/claude/hook-body.ts';
import type { SessionStatus } from '../services/claude/session-registry.ts';
import type { Recording } from '../services/recording/asciicast.ts';
import { createVirtualClock } from '../services/recording/virtual-clock.ts';
import type { Faces } from '../services/terminal/faces.ts';
import type { ScreenReading } from '../services/terminal/reading.ts';
import { createTerminalSession } from './terminal-session.ts';

/** After the last byte, time runs on so that everything that waits for quiet can settle. */
const SETTLE_MS = 3_000;

export interface ReplayChange {
  /** Seconds from the start of the recording. */
  readonly t: number;
  readonly state: Exclude<SessionStateName, 'unknown'>;
}

/** A signal beside the terminal, and when it came, in seconds from the start of the recording. */
export type Heard =
  | { readonly t: number; readonly hook: HookBody }
  | { readonly t: number; readonly register: SessionStatus | null };

export interface ReplayOptions {
  /** What else was heard while it was recorded, in order: the statechart then hears it too. */
  readonly heard?: readonly Heard[];
  /** How Claude Code draws itself; default: as this release knows it. */
  readonly faces?: Faces;
  /** Sees every reading, also those that move nothing. */
  readonly onReading?: (reading: ScreenReading) => void;
}

/**
 * Plays a recording through the same screen reader and the same statechart as a live session, on a virtual clock,
 * and yields each change of state. `unknown` has no name in the format: the state before it stands on.
 */
export async function* replay(
  recording: Recording,
  { heard = [], faces, onReading }: ReplayOptions = {},
): AsyncGenerator<ReplayChange> {
  const clock = createVirtualClock();
  const changes: ReplayChange[] = [];
  let last: ReplayChange['state'] | undefined;
  const sessionId = heard.flatMap((each) => ('hook' in each ? [each.hook.sessionId] : []))[0] ?? 'replay';
  const session = createTerminalSession({
    columns: recording.columns,
    rows: recording.rows,
    sessionId,
    clock,
    onChange({ state }) {
      if (state === 'unknown' || state === last) return;
      last = state;
      changes.push({ t: clock.now() / 1000, state });
    },
    ...(faces === undefined ? {} : { faces }),
    ...(onReading === undefined ? {} : { onReading }),
  });
  const edges = [...heard];
  const hear = (until: number) => {
    while ((edges[0]?.t ?? Number.POSITIVE_INFINITY) <= until) {
      const next = edges.shift();
      if (next === undefined) return;
      clock.moveTo(next.t * 1000);
      if ('hook' in next) session.hear(next.hook);
      else session.registered(next.register);
    }
  };
  try {
    for await (const event of recording.events) {
      hear(event.at);
      clock.moveTo(event.at * 1000);
      if (event.kind === 'o') await session.feed(event.data);
      const size = event.kind === 'r' ? /^(\d+)x(\d+)$/.exec(event.data) : null;
      if (size !== null) session.resize(Number(size[1]), Number(size[2]));
      yield* changes.splice(0);
    }
    hear(Number.POSITIVE_INFINITY);
    clock.moveTo(clock.now() + SETTLE_MS);
    yield* changes.splice(0);
  } finally {
    session.dispose();
  }
}
