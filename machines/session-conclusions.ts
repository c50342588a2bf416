import type { Conversation, Evidence, Level } from './session-events.ts';

/**
 * What the screen may conclude against what the session is believed to do, in one table.
 * Edges come from hooks and move at once; the level of the screen wins when it goes on contradicting them.
 */

const BUSY: ReadonlySet<Conversation> = new Set(['thinking', 'responding', 'toolRunning', 'compacting']);
/** Ends of a turn that the hooks know better than the screen, which shows a resting prompt for all of them. */
const RESTING: ReadonlySet<Conversation> = new Set(['idle', 'parked', 'error', 'limited', 'interrupted']);

/** A frame between two states can look like rest; a real rest lasts longer. */
const REST_SETTLES_MS = 120;
/** The first frames show a prompt box before the program listens to it. */
const START_SETTLES_MS = 300;
/** A hook's edge is ahead of the frame that shows it; this long after it the frame must have come. */
const LEVEL_WINS_MS = 800;
/** The screen had shown the work that the hooks told of, so what it shows now came after: Esc, an answer by hand. */
const CAUGHT_UP_SETTLES_MS = 200;
/** Which kind of work it is: the hooks tell one tool of several, or nothing of a text; the screen shows what stands. */
const KIND_OF_WORK_SETTLES_MS = 300;
/** Esc has no hook, so the word of the screen that the turn was interrupted is taken soon. */
const INTERRUPT_SETTLES_MS = 150;
/** A dialog that a rule answers through a hook flashes up for less than this. */
const DIALOG_SETTLES_MS = 300;
/** Two kinds of signal agree against the belief. */
const TWO_AGREE_MS = 150;
/** The screen stands alone against a hook and the register: it is drawn late, or misread. */
const ALONE_WINS_MS = 4_000;
/** The hooks told of the end of every tool; older versions go on drawing some of them as running. */
const TOOLS_ARE_TOLD_MS = 3_000;
/** A screen that no rule understands is reported, but a redraw in progress is not worth it. */
const UNKNOWN_SETTLES_MS = 2_000;

/**
 * Whether a SessionStart under another id is this terminal's session under a new name (`/clear`, `/resume`), which only
 * happens at rest, or a program that was started with the first breath. A nested `claude` that inherited our hooks
 * starts up in the middle of a turn: it is somebody else.
 */
export function isOurSession(
  started: { readonly sessionId: string; readonly source: string },
  session: { readonly sessionId: string; readonly conversation: Conversation },
): boolean {
  if (started.sessionId === session.sessionId) return true;
  return started.source === 'startup'
    ? session.conversation === 'starting' || session.conversation === 'trust'
    : !BUSY.has(session.conversation);
}

export interface Beliefs {
  readonly conversation: Conversation;
  readonly level: Level;
  /** False until the first hook of this run, and again after the daemon was away. */
  readonly hooksHeard: boolean;
  /** Since the last edge of a hook the screen has shown what the hook told. */
  readonly caughtUp: boolean;
  /** What moved the conversation, the latest last. */
  readonly evidence: readonly Pick<Evidence, 'rule'>[];
}

/** Whose side Claude Code's own register takes when screen and belief differ. */
export type RegistrySide = 'screen' | 'belief' | 'none';

/** True when the screen shows what the hooks told, as far as the kind of work goes. */
export function agrees(conversation: Conversation, level: Level): boolean {
  return conversation === level || (BUSY.has(conversation) && BUSY.has(level));
}

/** True when what the screen shows cannot be what the session is believed to do. */
export function contradicts({ conversation, level, hooksHeard, evidence }: Beliefs): boolean {
  if (conversation === 'exited' || conversation === level) return false;
  if (level === 'starting') return false;
  if (!hooksHeard) return true;
  if (level === 'idle' && RESTING.has(conversation)) return false;
  // A turn that Stop has ended did not fail: its answer only looks like an error (and is drawn like one, to 2.1.30).
  if (level === 'error' || level === 'limited') return evidence.at(-1)?.rule !== 'hook.stopped';
  return true;
}

/** How long the level must go on contradicting before it wins, in milliseconds. 0: at once. */
export function settlingTime(
  { conversation, level, hooksHeard, caughtUp }: Beliefs,
  registry: RegistrySide = 'none',
): number {
  if (level === 'unknown') return registry === 'belief' ? ALONE_WINS_MS : UNKNOWN_SETTLES_MS;
  if (conversation === 'starting' || conversation === 'trust') {
    return level === 'idle' ? START_SETTLES_MS : 0;
  }
  if (!hooksHeard) {
    if (level !== 'idle' || !BUSY.has(conversation)) return 0;
    return registry === 'belief' ? LEVEL_WINS_MS : REST_SETTLES_MS;
  }
  if (level === 'slashMenu' || conversation === 'slashMenu') return 0;
  if (level === 'responding' && conversation === 'thinking') return 0;
  // Some tools are never drawn as running; only the hook knows of them.
  if (conversation === 'toolRunning' && level === 'thinking') return LEVEL_WINS_MS;
  if (level === 'toolRunning' && BUSY.has(conversation)) return TOOLS_ARE_TOLD_MS;
  if (BUSY.has(conversation) && BUSY.has(level)) return KIND_OF_WORK_SETTLES_MS;
  if (level === 'interrupted') return INTERRUPT_SETTLES_MS;
  if (level === 'confirming' || level === 'dialog' || level === 'trust') return DIALOG_SETTLES_MS;
  if (registry === 'screen') return TWO_AGREE_MS;
  if (caughtUp) return registry === 'belief' ? LEVEL_WINS_MS : CAUGHT_UP_SETTLES_MS;
  return registry === 'belief' ? ALONE_WINS_MS : LEVEL_WINS_MS;
}

/**
 * True when what the screen shows is another contradiction than the one that is being waited on.
 * The kinds of work flicker into each other while the screen is drawn; that must not start the wait again.
 */
export function isAnotherDispute(disputed: Level | null, level: Level): boolean {
  if (disputed === level) return false;
  return disputed === null || !(BUSY.has(disputed) && BUSY.has(level));
}
