/** What one look at the screen says: a level (what stands there now), never an edge. Structurally `ScreenReading`. */
export interface SessionReading {
  readonly level: Level;
  readonly composer: {
    readonly kind: 'absent' | 'empty' | 'ghost' | 'draft' | 'menu';
    readonly text: string;
  };
  readonly title: string;
  readonly activity?: string | undefined;
  readonly errorText?: string | undefined;
  readonly limitText?: string | undefined;
  readonly stopFollowsError?: true | undefined;
  readonly contextLeftPercent?: number | undefined;
  readonly evidence: readonly string[];
}

export const CONVERSATION_STATES = [
  'starting',
  'idle',
  'thinking',
  'responding',
  'toolRunning',
  'confirming',
  'error',
  'slashMenu',
  'trust',
  'dialog',
  'interrupted',
  'compacting',
  'parked',
  'limited',
  'unknown',
  'exited',
] as const;
export type Conversation = (typeof CONVERSATION_STATES)[number];
/** What a screen can show: everything but the end of the program. */
export type Level = Exclude<Conversation, 'exited'>;

/** Every signal names the run of the program that it comes from and when it was seen (epoch milliseconds). */
interface Signal {
  readonly epoch: string;
  readonly at: number;
}

/** A hook of Claude Code: an edge. `sessionId` is Claude Code's own. */
interface Hook extends Signal {
  readonly sessionId: string;
}

export type SessionEvent =
  | (Signal & { readonly type: 'screen.read'; readonly reading: SessionReading })
  /** `source` as Claude Code says it: startup, resume, clear, compact. */
  | (Hook & { readonly type: 'hook.sessionStarted'; readonly source: string })
  | (Hook & { readonly type: 'hook.promptSubmitted' })
  | (Hook & { readonly type: 'hook.toolStarted'; readonly tool: string })
  | (Hook & { readonly type: 'hook.permissionRequested'; readonly tool: string })
  | (Hook & { readonly type: 'hook.toolEnded' })
  | (Hook & { readonly type: 'hook.messageShown' })
  | (Hook & { readonly type: 'hook.stopped'; readonly backgroundTasks: number })
  | (Hook & { readonly type: 'hook.stopFailed'; readonly error: string })
  | (Hook & { readonly type: 'hook.compacting' })
  /** By hand: `/compact`, which ends at rest; otherwise the turn goes on. */
  | (Hook & { readonly type: 'hook.compacted'; readonly byHand: boolean })
  /** A hook that says nothing about what the session does, but proves that hooks arrive. */
  | (Hook & { readonly type: 'hook.other'; readonly name: string })
  | (Signal & {
      readonly type: 'statusLine.read';
      readonly contextLeftPercent: number | null;
      /** When the account's window that is used up resets, epoch milliseconds; null while none is. */
      readonly windowResetsAt?: number | null;
    })
  /** What Claude Code itself writes into `sessions/<pid>.json` (recent versions). */
  | (Signal & {
      readonly type: 'registry.read';
      /** The conversation of this terminal, as Claude Code itself names it. */
      readonly sessionId: string;
      readonly status: RegistryStatus;
      readonly waitingFor: string | null;
    })
  /** The register is gone, or says a word that nobody knows. */
  | (Signal & { readonly type: 'registry.lost' })
  | (Signal & { readonly type: 'pty.exited'; readonly code: number | null; readonly signal: number | null })
  | (Signal & { readonly type: 'attachment.changed'; readonly viewers: number; readonly controllers: number })
  | (Signal & { readonly type: 'person.typed' })
  /** We type now: a draft in the prompt box is ours until the delivery has ended. */
  | (Signal & { readonly type: 'delivery.began' })
  | (Signal & { readonly type: 'delivery.ended' })
  /** The daemon came back to a session that went on without it: hooks may have been missed. */
  | (Signal & { readonly type: 'session.restored' });

/** Raised by the machine itself when the signals have won against the belief; `rule` is the row that said so. */
export type LevelWon = { readonly type: `level.${Level}`; readonly rule: string };

/** `shell`: at rest, with a background shell alive. Seen on 2.1.329. */
export type RegistryStatus = 'idle' | 'busy' | 'waiting' | 'shell';

/** Signals that went on contradicting each other, and what came of it. Kept for `explain` and for bug reports. */
export interface Mismatch {
  readonly at: number;
  readonly believed: Conversation;
  readonly screen: Level;
  readonly registry: RegistryStatus | null;
  /** The last hook before it. */
  readonly hook: string | null;
  /** The row that won, or null while nothing did. */
  readonly rule: string | null;
}

/** Why the conversation moved. Kept for `explain` and for bug reports. */
export interface Evidence {
  readonly at: number;
  readonly from: Conversation;
  readonly to: Conversation;
  /** The hook that moved it, or the row of the table that won. */
  readonly rule: string;
  /** What the screen said then. */
  readonly screen: readonly string[];
}
