import type { Conversation, Evidence, Level, SessionReading } from './session-events.ts';

/** What a session machine is started with. `at` is epoch milliseconds. */
export interface SessionInput {
  readonly epoch: string;
  readonly sessionId: string;
  readonly at: number;
}

/** Everything that a session machine remembers. Plain JSON, so that its snapshot is a row of the database. */
export interface SessionContext {
  readonly epoch: string;
  /** Claude Code's session id; follows SessionStart, since `/clear` begins another. */
  readonly sessionId: string;
  readonly conversation: Conversation;
  readonly level: Level;
  /** The level that the reconciler is waiting on. */
  readonly disputed: Level | null;
  readonly reading: SessionReading | null;
  readonly hooksHeard: boolean;
  /** Since the last edge of a hook the screen has shown what the hook told. */
  readonly caughtUp: boolean;
  /** Tools that the hooks say have begun and not ended. */
  readonly toolsRunning: number;
  /** Between the first key of a delivery and its end. */
  readonly delivering: boolean;
  readonly lastAt: number;
  readonly contextLeftPercent: number | null;
  readonly error: string | null;
  readonly exit: { readonly code: number | null; readonly signal: number | null } | null;
  readonly evidence: readonly Evidence[];
  /** How often the level had to correct the hooks. */
  readonly mismatches: number;
  /** Signals of another run that were dropped. */
  readonly dropped: number;
}

/** A session of which nothing has been seen yet. */
export function beginContext({ epoch, sessionId, at }: SessionInput): SessionContext {
  return {
    epoch,
    sessionId,
    conversation: 'starting',
    level: 'starting',
    disputed: null,
    reading: null,
    hooksHeard: false,
    caughtUp: false,
    toolsRunning: 0,
    delivering: false,
    lastAt: at,
    contextLeftPercent: null,
    error: null,
    exit: null,
    evidence: [],
    mismatches: 0,
    dropped: 0,
  };
}
