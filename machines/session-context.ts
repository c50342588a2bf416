import type { Conclusion } from './session-conclusions.ts';
import type {
  Conversation,
  Evidence,
  Level,
  Mismatch,
  RegistryStatus,
  SessionReading,
} from './session-events.ts';

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
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly conversation: Conversation;
  readonly level: Level;
  /** What the signals say against the belief, while the reconciler waits. */
  readonly disputed: Pick<Conclusion, 'to' | 'settles'> | null;
  readonly reading: SessionReading | null;
  /** Epoch milliseconds of the last look at the screen. */
  readonly readingAt: number | null;
  readonly hooksHeard: boolean;
  readonly lastHook: { readonly name: string; readonly at: number } | null;
  /** The last hook that told of a change. */
  readonly lastEdge: string | null;
  /** Stop was heard, and nothing else shows the rest yet. */
  readonly ending: 'idle' | 'parked' | null;
  /** Since when it works, rests or asks, epoch milliseconds. */
  readonly courseSince: number;
  readonly registry: {
    readonly sessionId: string;
    readonly status: RegistryStatus;
    readonly waitingFor: string | null;
    readonly at: number;
  } | null;
  readonly statusLineAt: number | null;
  /** Since the last edge of a hook the screen has shown what the hook told. */
  readonly caughtUp: boolean;
  /** Tools that the hooks say have begun and not ended. */
  readonly toolsRunning: number;
  /** Between the first key of a delivery and its end. */
  readonly delivering: boolean;
  readonly lastAt: number;
  readonly contextLeftPercent: number | null;
  readonly error: string | null;
  /** The words of the usage limit that stopped it, and when they came, epoch milliseconds; null since it worked again. */
  readonly limit: { readonly words: string; readonly at: number } | null;
  /** When the account's window that was used up at the last status line resets, epoch milliseconds. */
  readonly windowResetsAt: number | null;
  readonly exit: { readonly code: number | null; readonly signal: number | null } | null;
  readonly evidence: readonly Evidence[];
  /** How often the level had to correct the hooks. */
  readonly mismatches: number;
  /** The last of them, oldest first. */
  readonly lastMismatches: readonly Mismatch[];
  /** Signals of another run that were dropped. */
  readonly dropped: number;
}

/** A session of which nothing has been seen yet. */
export function beginContext({ epoch, sessionId, at }: SessionInput): SessionContext {
  return {
    epoch,
    sessionId,
    startedAt: at,
    conversation: 'starting',
    level: 'starting',
    disputed: null,
    reading: null,
    readingAt: null,
    hooksHeard: false,
    lastHook: null,
    lastEdge: null,
    ending: null,
    courseSince: 0,
    registry: null,
    statusLineAt: null,
    caughtUp: false,
    toolsRunning: 0,
    delivering: false,
    lastAt: at,
    contextLeftPercent: null,
    error: null,
    limit: null,
    windowResetsAt: null,
    exit: null,
    evidence: [],
    mismatches: 0,
    lastMismatches: [],
    dropped: 0,
  };
}
