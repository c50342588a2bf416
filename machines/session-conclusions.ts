import { BUSY, courseOf, courseOfRegistry, RESTING } from './session-courses.ts';
import type { Conversation, Level, RegistryStatus, SessionReading } from './session-events.ts';

/**
 * What each signal may conclude, in one table. Edges come from hooks and move at once (`session.ts`), but for the end of
 * a turn: that rest is believed when two kinds of signal agree, or after a longer wait. The level comes from the screen
 * and from Claude Code's own register; what goes on contradicting the belief wins. Work is believed of one signal.
 */

/** A frame between two states can look like rest; a real rest lasts longer. */
const REST_SETTLES_MS = 120;
/** The first frames show a prompt box before the program listens to it. */
const START_SETTLES_MS = 200;
/** A hook's edge is ahead of the frame that shows it; this long after it the frame must have come. */
const LEVEL_WINS_MS = 800;
/** Stop hooks of the person run beside ours, with the spinner on the screen, and may send Claude Code back to work. */
const STOP_HOOKS_RUN_MS = 15_000;
/** The screen had shown the work that the hooks told of, so what it shows now came after: Esc, an answer by hand. */
const CAUGHT_UP_SETTLES_MS = 120;
/** Which kind of work it is: the hooks tell one tool of several, or nothing of a text; the screen shows what stands. */
const KIND_OF_WORK_SETTLES_MS = 300;
/** Esc has no hook, so the word of the screen that the turn was interrupted is taken soon. */
const INTERRUPT_SETTLES_MS = 80;
/** A dialog that a rule answers through a hook flashes up for less than this. */
const DIALOG_SETTLES_MS = 300;
/** Screen and register agree against the belief; a frame in between can still be wrong. */
const TWO_AGREE_MS = 80;
/** The screen stands alone against a hook and the register: it is drawn late, or misread. */
const ALONE_WINS_MS = 4_000;
/** The hooks told of the end of every tool; older versions go on drawing some of them as running. */
const TOOLS_ARE_TOLD_MS = 3_000;
/** A screen that no rule understands is reported, but a redraw in progress is not worth it. */
const UNKNOWN_SETTLES_MS = 2_000;

/** What is believed, and what each signal says. */
export interface Beliefs {
  readonly conversation: Conversation;
  readonly level: Level;
  /** False until the first hook of this run, and again after the daemon was away. */
  readonly hooksHeard: boolean;
  /** Since the last edge of a hook the screen has shown what the hook told. */
  readonly caughtUp: boolean;
  /** The last hook that told of a change. */
  readonly lastEdge: string | null;
  /** Stop was heard, and nothing else shows the rest yet. */
  readonly ending: 'idle' | 'parked' | null;
  readonly reading: Pick<SessionReading, 'stopFollowsError'> | null;
  /** Since when it works, rests or asks, epoch milliseconds. */
  readonly courseSince: number;
  readonly registry: { readonly status: RegistryStatus; readonly at: number } | null;
}

export interface Conclusion {
  readonly rule: Rule;
  readonly to: Level;
  /** How long it must go on being so before it wins, in milliseconds. 0: at once. */
  readonly settles: number;
}

/** A row: the first that fits counts. Without `to` the signals agree well enough and nothing is concluded. */
interface Row {
  readonly fits: (beliefs: Beliefs) => boolean;
  readonly to?: (beliefs: Beliefs) => Level;
  readonly settles?: number;
  /** For people: what was seen, and why it counts so. */
  readonly why: string;
}

/** What the register says, when it was read since the session works, rests or asks; older words are of what was before. */
function registerOf({ registry, courseSince }: Beliefs): 'busy' | 'resting' | 'asks' | null {
  return registry === null || registry.at < courseSince ? null : courseOfRegistry(registry.status);
}

const screenRests = ({ level }: Beliefs): boolean => RESTING.has(level);
const screenWorks = ({ level }: Beliefs): boolean => BUSY.has(level);
const believedBusy = ({ conversation }: Beliefs): boolean => BUSY.has(conversation);
const registerSaysAsScreen = (beliefs: Beliefs): boolean => {
  const register = registerOf(beliefs);
  return register !== null && register === courseOf(beliefs.level);
};
const registerSaysAsBelieved = (beliefs: Beliefs): boolean => {
  const register = registerOf(beliefs);
  return register !== null && register === courseOf(beliefs.conversation);
};
/** Work that Stop says it leaves behind explains what the others show. */
const screenDeniesStop = (beliefs: Beliefs): boolean => beliefs.ending === 'idle' && screenWorks(beliefs);
const shown = ({ level }: Beliefs): Level => level;
/** The screen shows a failure, and in this version Stop does not say otherwise. */
const failsByStop = ({ level, reading }: Beliefs): boolean =>
  (level === 'error' || level === 'limited') && reading?.stopFollowsError === true;
const told = (beliefs: Beliefs): Level =>
  beliefs.level === 'parked' || failsByStop(beliefs) ? beliefs.level : (beliefs.ending ?? 'idle');
const asRegistered = ({ registry }: Beliefs): Level => {
  if (registry?.status === 'busy') return 'thinking';
  if (registry?.status === 'waiting') return 'confirming';
  return registry?.status === 'shell' ? 'parked' : 'idle';
};

/** The table. Order matters: the first row that fits counts. */
export const CONCLUSIONS = {
  over: { fits: ({ conversation }) => conversation === 'exited', why: 'the program has ended' },
  stopAndScreen: {
    fits: (beliefs) => beliefs.ending !== null && screenRests(beliefs),
    to: told,
    settles: 0,
    why: 'Stop came and the screen rests: two signals agree',
  },
  stopAndRegister: {
    fits: (beliefs) => beliefs.ending !== null && registerOf(beliefs) === 'resting',
    to: told,
    settles: 0,
    why: "Stop came and Claude Code's register rests: two signals agree",
  },
  stopIsLate: {
    fits: (beliefs) => believedBusy(beliefs) && screenDeniesStop(beliefs) && registerOf(beliefs) === 'busy',
    why: 'Stop came, but screen and register both show work: it is late, or other Stop hooks still run',
  },
  stopAgainstScreen: {
    fits: (beliefs) => believedBusy(beliefs) && screenDeniesStop(beliefs),
    to: told,
    settles: STOP_HOOKS_RUN_MS,
    why: 'Stop came, there is no register, and the screen shows work for longer than other Stop hooks run',
  },
  stopAlone: {
    fits: ({ ending }) => ending !== null,
    to: told,
    settles: LEVEL_WINS_MS,
    why: 'Stop came and nothing else showed the rest for a while',
  },
  screenAgrees: { fits: ({ conversation, level }) => conversation === level, why: 'the screen shows it' },
  nothingDrawn: { fits: ({ level }) => level === 'starting', why: 'the screen shows nothing yet' },
  unreadableAsRegistered: {
    fits: (beliefs) => beliefs.level === 'unknown' && registerSaysAsBelieved(beliefs),
    why: 'the screen is not understood, but the register agrees with what is believed',
  },
  unreadableRegisterRests: {
    fits: (beliefs) => beliefs.level === 'unknown' && registerOf(beliefs) === 'resting',
    to: asRegistered,
    settles: UNKNOWN_SETTLES_MS,
    why: 'the screen is not understood; the register alone says rest, and goes on saying so',
  },
  unreadableRegisterSpeaks: {
    fits: (beliefs) => beliefs.level === 'unknown' && registerOf(beliefs) !== null,
    to: asRegistered,
    settles: DIALOG_SETTLES_MS,
    why: 'the screen is not understood; the register says that something goes on',
  },
  unreadable: {
    fits: ({ level }) => level === 'unknown',
    to: shown,
    settles: UNKNOWN_SETTLES_MS,
    why: 'the screen is not understood and nothing else tells',
  },
  firstPrompt: {
    fits: ({ conversation, level }) =>
      level === 'idle' && (conversation === 'starting' || conversation === 'trust'),
    to: shown,
    settles: START_SETTLES_MS,
    why: 'the prompt box has come and stays',
  },
  firstScreen: {
    fits: ({ conversation }) => conversation === 'starting' || conversation === 'trust',
    to: shown,
    settles: 0,
    why: 'before the first prompt only the screen tells',
  },
  whichRest: {
    fits: (beliefs) =>
      beliefs.level === 'idle' &&
      RESTING.has(beliefs.conversation) &&
      (beliefs.hooksHeard || (beliefs.conversation === 'parked' && registerOf(beliefs) !== null)),
    why: 'the screen draws every rest alike; which one it is, others know better',
  },
  restWithoutHooksRegistered: {
    fits: (beliefs) =>
      !beliefs.hooksHeard &&
      screenRests(beliefs) &&
      believedBusy(beliefs) &&
      registerOf(beliefs) === 'resting',
    to: shown,
    settles: 0,
    why: 'no hook is heard; screen and register rest: two signals agree',
  },
  restWithoutHooksDisputed: {
    fits: (beliefs) =>
      !beliefs.hooksHeard &&
      beliefs.level === 'idle' &&
      believedBusy(beliefs) &&
      registerSaysAsBelieved(beliefs),
    to: shown,
    settles: LEVEL_WINS_MS,
    why: 'no hook is heard; the screen rests and the register does not, for a longer while',
  },
  restWithoutHooks: {
    fits: (beliefs) => !beliefs.hooksHeard && beliefs.level === 'idle' && believedBusy(beliefs),
    to: shown,
    settles: REST_SETTLES_MS,
    why: 'no hook is heard; the screen rests and goes on resting',
  },
  screenWithoutHooks: {
    fits: ({ hooksHeard }) => !hooksHeard,
    to: shown,
    settles: 0,
    why: 'no hook is heard, so the screen decides',
  },
  menu: {
    fits: ({ level, conversation }) => level === 'slashMenu' || conversation === 'slashMenu',
    to: shown,
    settles: 0,
    why: 'a menu opens and closes by keys alone; only the screen tells',
  },
  answerBegins: {
    fits: ({ level, conversation }) => level === 'responding' && conversation === 'thinking',
    to: shown,
    settles: 0,
    why: 'the first words of the answer stand on the screen',
  },
  toolNotDrawn: {
    fits: ({ level, conversation }) => level === 'thinking' && conversation === 'toolRunning',
    to: shown,
    settles: LEVEL_WINS_MS,
    why: 'a tool that is not drawn as running for a while has ended',
  },
  toolsAreTold: {
    fits: (beliefs) => beliefs.level === 'toolRunning' && believedBusy(beliefs),
    to: shown,
    settles: TOOLS_ARE_TOLD_MS,
    why: 'the screen goes on drawing a tool as running',
  },
  kindOfWork: {
    fits: (beliefs) => screenWorks(beliefs) && believedBusy(beliefs),
    to: shown,
    settles: KIND_OF_WORK_SETTLES_MS,
    why: 'which kind of work it is, the screen shows',
  },
  notFailed: {
    fits: (beliefs) =>
      (beliefs.level === 'error' || beliefs.level === 'limited') &&
      beliefs.lastEdge === 'hook.stopped' &&
      !failsByStop(beliefs),
    why: 'a turn that Stop has ended did not fail: its answer only looks like an error',
  },
  interruptedRegistered: {
    fits: (beliefs) => beliefs.level === 'interrupted' && registerOf(beliefs) === 'resting',
    to: shown,
    settles: 0,
    why: 'Esc has no hook; the screen says interrupted and the register rests: two signals agree',
  },
  interruptedDisputed: {
    fits: (beliefs) => beliefs.level === 'interrupted' && registerOf(beliefs) === 'busy',
    to: shown,
    settles: LEVEL_WINS_MS,
    why: 'the screen says interrupted and the register does not, for a longer while',
  },
  interrupted: {
    fits: ({ level }) => level === 'interrupted',
    to: shown,
    settles: INTERRUPT_SETTLES_MS,
    why: 'Esc has no hook; the screen says interrupted',
  },
  dialog: {
    fits: ({ level }) => level === 'confirming' || level === 'dialog' || level === 'trust',
    to: shown,
    settles: DIALOG_SETTLES_MS,
    why: 'a dialog stands on the screen and stays',
  },
  screenAndRegister: {
    fits: registerSaysAsScreen,
    to: shown,
    settles: TWO_AGREE_MS,
    why: 'screen and register agree against what the hooks told last: two signals agree',
  },
  screenAgainstAllCaughtUp: {
    fits: (beliefs) => registerSaysAsBelieved(beliefs) && beliefs.caughtUp,
    to: shown,
    settles: LEVEL_WINS_MS,
    why: 'the screen had shown what the hooks told and now shows something else, against the register',
  },
  screenAgainstAll: {
    fits: registerSaysAsBelieved,
    to: shown,
    settles: ALONE_WINS_MS,
    why: 'the screen alone shows something else, for a long while',
  },
  screenCaughtUp: {
    fits: ({ caughtUp }) => caughtUp,
    to: shown,
    settles: CAUGHT_UP_SETTLES_MS,
    why: 'the screen had shown what the hooks told, and now shows something else',
  },
  screen: {
    fits: () => true,
    to: shown,
    settles: LEVEL_WINS_MS,
    why: 'the screen goes on showing something else than the hooks told',
  },
} as const satisfies Readonly<Record<string, Row>>;

export type Rule = keyof typeof CONCLUSIONS;

const ROWS: readonly (readonly [string, Row])[] = Object.entries(CONCLUSIONS);

function isRule(name: string): name is Rule {
  return name in CONCLUSIONS;
}

/** The row that counts now. */
export function ruleFor(beliefs: Beliefs): Rule {
  const name = ROWS.find(([, row]) => row.fits(beliefs))?.[0] ?? '';
  return isRule(name) ? name : 'screen';
}

/** What the signals say against the belief, and how long it must last; null when they agree well enough. */
export function conclude(beliefs: Beliefs): Conclusion | null {
  const rule = ruleFor(beliefs);
  const row: Row = CONCLUSIONS[rule];
  const to = row.to?.(beliefs);
  if (to === undefined || to === beliefs.conversation) return null;
  return { rule, to, settles: row.settles ?? 0 };
}

/** True when the screen shows what the hooks told, as far as the kind of work goes. */
export function agrees(conversation: Conversation, level: Level): boolean {
  return conversation === level || (BUSY.has(conversation) && BUSY.has(level));
}

/**
 * True when this is another contradiction than the one that is being waited on, or the same and surer.
 * The kinds of work flicker into each other while the screen is drawn; that must not start the wait again.
 */
export function isAnotherDispute(
  disputed: Pick<Conclusion, 'to' | 'settles'> | null,
  { to, settles }: Conclusion,
): boolean {
  if (disputed === null || settles < disputed.settles) return true;
  return disputed.to !== to && !(BUSY.has(disputed.to) && BUSY.has(to));
}

/**
 * Whether a SessionStart under another id is this terminal's session under a new name (`/clear`, `/resume`). The
 * register, when there is one, says so for certain. Without it: that only happens at rest, or in a program that was
 * started with the first breath. A nested `claude` that inherited our hooks is somebody else.
 */
export function isOurSession(
  started: { readonly sessionId: string; readonly source: string },
  session: {
    readonly sessionId: string;
    readonly conversation: Conversation;
    readonly registry: { readonly sessionId: string } | null;
  },
): boolean {
  if (started.sessionId === session.sessionId) return true;
  if (session.registry !== null) return started.sessionId === session.registry.sessionId;
  return started.source === 'startup'
    ? session.conversation === 'starting' || session.conversation === 'trust'
    : !BUSY.has(session.conversation);
}
