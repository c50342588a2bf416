import { assign, setup } from 'xstate';
import { agrees, conclude, isAnotherDispute, isOurSession } from './session-conclusions.ts';
import type { SessionContext, SessionInput } from './session-context.ts';
import { courseOf, RESTING } from './session-courses.ts';
import type {
  Conversation,
  Level,
  LevelWon,
  Mismatch,
  SessionEvent,
  SessionReading,
} from './session-events.ts';
import { dissenters } from './session-signals.ts';

/** The last changes that `explain` can show. */
const KEPT_EVIDENCE = 20;
/** A person who has not typed for so long has let go of the keyboard. */
const PERSON_LETS_GO_MS = 10_000;
/** Signals that disagree for longer than this are told about. */
const UNCERTAIN_AFTER_MS = 1_000;
/** The last mismatches that `explain` can show. */
const KEPT_MISMATCHES = 10;
/** A session whose signals disagree for so long needs somebody to look at it. */
const SUSPECT_IS_STUCK_MS = 10 * 60_000;

/** Tools that wait for each other follow within 20 to 35 ms; the next request comes after 40 to 120 ms (2.1.329). */
const NEXT_TOOL_MAY_COME_MS = 60;

/** Where tools may run, or wait for their permission. */
const HOLDS_TOOLS: ReadonlySet<Conversation> = new Set([
  'toolRunning',
  'confirming',
  'dialog',
  'trust',
  'unknown',
]);
/** Where the end of a tool means that the model is asked again. */
const TOOL_MAY_END_IN: ReadonlySet<Conversation> = new Set([
  'toolRunning',
  'confirming',
  'dialog',
  'responding',
]);

const mismatchOf = (context: SessionContext): Mismatch => ({
  at: context.lastAt,
  believed: context.conversation,
  screen: context.level,
  registry: context.registry?.status ?? null,
  hook: context.lastHook?.name ?? null,
  rule: conclude(context)?.rule ?? null,
});

/** Signals that are told of a dispute: what the settling would move the conversation to. */
const movesOn = (context: SessionContext): boolean => {
  const conclusion = conclude(context);
  return conclusion !== null && isAnotherDispute(context.disputed, conclusion);
};

/** The same words that go on standing there were told once. */
function limitAfter(
  { limit }: SessionContext,
  { level, limitText }: SessionReading,
  at: number,
): SessionContext['limit'] {
  if (limitText === undefined) return courseOf(level) === 'busy' ? null : limit;
  return limit?.words === limitText ? limit : { words: limitText, at };
}

/** Work that Stop leaves behind it makes the rest another one. */
const restAfter = (backgroundTasks: number): 'idle' | 'parked' => (backgroundTasks > 0 ? 'parked' : 'idle');

/** A Stop ends what goes on; at a rest that is the same, or before the first prompt, it says nothing new. */
function endingAfter(context: SessionContext, event: SessionEvent | LevelWon): SessionContext['ending'] {
  if (context.conversation === 'starting' || context.conversation === 'trust') return null;
  if (event.type === 'hook.other' || event.type === 'hook.messageShown') return context.ending;
  const byHand = event.type === 'hook.compacted' && event.byHand;
  if (event.type !== 'hook.stopped' && !byHand) return null;
  const rest = event.type === 'hook.stopped' ? restAfter(event.backgroundTasks) : 'idle';
  return rest === context.conversation ? null : rest;
}

export const levelWon = (level: Level, rule: string): LevelWon => ({ type: `level.${level}`, rule });

/** What the session's guards, actions and delays mean; `session.ts` says when they are used. */
export const sessionSetup = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent | LevelWon,
    input: {} as SessionInput,
    tags: {} as 'busy' | 'resting' | 'asks' | 'over',
  },
  guards: {
    ofThisRun: ({ context, event }) => 'epoch' in event && event.epoch === context.epoch,
    startsOurSession: ({ context, event }) =>
      event.type === 'hook.sessionStarted' && event.epoch === context.epoch && isOurSession(event, context),
    // A hook that is still on its way when the program ends must not bring the session back to life.
    hookOfThisRun: ({ context, event }) =>
      'sessionId' in event &&
      event.epoch === context.epoch &&
      event.sessionId === context.sessionId &&
      context.exit === null,
    toolMayEnd: ({ context }) => TOOL_MAY_END_IN.has(context.conversation),
    toolRuns: ({ context }) => context.conversation === 'toolRunning' && context.toolsRunning > 0,
    othersRun: ({ context }) => context.toolsRunning > 1,
    textMayCome: ({ context }) => context.conversation === 'thinking',
    rests: ({ context }) => RESTING.has(context.conversation),
    turnGoesOn: ({ event }) => event.type === 'hook.compacted' && !event.byHand,
    boxHolds: ({ context, event }, params: { readonly kind: SessionReading['composer']['kind'] }) =>
      event.type === 'screen.read' &&
      event.epoch === context.epoch &&
      event.reading.composer.kind === params.kind,
    weDraft: ({ context, event }) =>
      context.delivering &&
      event.type === 'screen.read' &&
      event.epoch === context.epoch &&
      event.reading.composer.kind === 'draft',
    nobodyLooks: ({ event }) => event.type === 'attachment.changed' && event.viewers === 0,
    understood: ({ context }) => context.level !== 'unknown',
    contradicted: ({ context }) => conclude(context) !== null,
    agreed: ({ context }) => conclude(context) === null,
    doubted: ({ context }) => dissenters(context).length > 0,
    undoubted: ({ context }) => dissenters(context).length === 0,
    shellLives: ({ event }) => event.type === 'registry.read' && event.status === 'shell',
    shellIsGone: ({ event }) => event.type === 'registry.read' && event.status === 'idle',
    winsAtOnce: ({ context }) => conclude(context)?.settles === 0,
    disputeMoved: ({ context }) => movesOn(context),
  },
  actions: {
    enter: assign(({ context, event }, params: { readonly to: Conversation }) =>
      params.to === context.conversation
        ? {}
        : {
            conversation: params.to,
            // Of a tool that was denied no end is heard: what is no tool any more has none running.
            toolsRunning: HOLDS_TOOLS.has(params.to) ? context.toolsRunning : 0,
            caughtUp: !event.type.startsWith('hook.'),
            ending: null,
            courseSince:
              courseOf(params.to) === courseOf(context.conversation) ? context.courseSince : context.lastAt,
            evidence: [
              ...context.evidence.slice(1 - KEPT_EVIDENCE),
              {
                at: context.lastAt,
                from: context.conversation,
                to: params.to,
                rule: 'rule' in event ? event.rule : event.type,
                screen: context.reading?.evidence ?? [],
              },
            ],
          },
    ),
    noteTime: assign(({ event }) => ('at' in event ? { lastAt: event.at } : {})),
    noteReading: assign(({ event, context }) =>
      event.type === 'screen.read'
        ? {
            reading: event.reading,
            level: event.reading.level,
            caughtUp: context.caughtUp || agrees(context.conversation, event.reading.level),
            readingAt: event.at,
            lastAt: event.at,
            error: event.reading.errorText ?? context.error,
            limit: limitAfter(context, event.reading, event.at),
            contextLeftPercent: event.reading.contextLeftPercent ?? context.contextLeftPercent,
          }
        : {},
    ),
    noteHook: assign(({ context, event }) =>
      'at' in event
        ? {
            lastAt: event.at,
            hooksHeard: true,
            lastHook: { name: event.type === 'hook.other' ? event.name : event.type, at: event.at },
            lastEdge: event.type === 'hook.other' ? context.lastEdge : event.type,
            ending: endingAfter(context, event),
          }
        : {},
    ),
    noteRegistry: assign(({ event }) =>
      event.type === 'registry.read'
        ? {
            lastAt: event.at,
            sessionId: event.sessionId,
            registry: {
              sessionId: event.sessionId,
              status: event.status,
              waitingFor: event.waitingFor,
              at: event.at,
            },
          }
        : {},
    ),
    forgetRegistry: assign({ registry: null }),
    noteStatusLine: assign(({ event }) =>
      event.type === 'statusLine.read'
        ? {
            lastAt: event.at,
            statusLineAt: event.at,
            contextLeftPercent: event.contextLeftPercent,
            windowResetsAt: event.windowResetsAt ?? null,
          }
        : {},
    ),
    countTool: assign(({ context, event }) => ({
      toolsRunning: Math.max(0, context.toolsRunning + (event.type === 'hook.toolStarted' ? 1 : -1)),
    })),
    noteSession: assign(({ event }) =>
      event.type === 'hook.sessionStarted' ? { sessionId: event.sessionId } : {},
    ),
    noteError: assign(({ event }) => (event.type === 'hook.stopFailed' ? { error: event.error } : {})),
    clearError: assign({ error: null }),
    noteExit: assign(({ event }) =>
      event.type === 'pty.exited' ? { exit: { code: event.code, signal: event.signal } } : {},
    ),
    forgetHooks: assign({ hooksHeard: false }),
    noteDelivery: assign(({ event }) => ({ delivering: event.type === 'delivery.began' })),
    noteDispute: assign(({ context }) => ({ disputed: conclude(context) })),
    endDispute: assign({ disputed: null }),
    countMismatch: assign(({ context }) =>
      context.hooksHeard && dissenters(context).length > 0
        ? {
            mismatches: context.mismatches + 1,
            lastMismatches: [...context.lastMismatches.slice(1 - KEPT_MISMATCHES), mismatchOf(context)],
          }
        : {},
    ),
    countDropped: assign(({ context }) => ({ dropped: context.dropped + 1 })),
  },
  delays: {
    settle: ({ context }) => conclude(context)?.settles ?? 0,
    uncertain: UNCERTAIN_AFTER_MS,
    nextToolMayCome: NEXT_TOOL_MAY_COME_MS,
    personLetsGo: PERSON_LETS_GO_MS,
    stuck: SUSPECT_IS_STUCK_MS,
  },
});
