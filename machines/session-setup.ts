import { assign, setup } from 'xstate';
import { agrees, contradicts, isAnotherDispute, isOurSession, settlingTime } from './session-conclusions.ts';
import type { SessionContext, SessionInput } from './session-context.ts';
import type {
  Conversation,
  Level,
  LevelWon,
  Mismatch,
  SessionEvent,
  SessionReading,
} from './session-events.ts';
import { dissenters, registrySides } from './session-signals.ts';

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

const settling = (context: SessionContext): number =>
  settlingTime(context, registrySides(context.conversation, context.level, context.registry));

const mismatchOf = ({ lastAt, conversation, level, registry, lastHook }: SessionContext): Mismatch => ({
  at: lastAt,
  believed: conversation,
  screen: level,
  registry: registry?.status ?? null,
  hook: lastHook?.name ?? null,
});

export const levelWon = (level: Level): LevelWon => ({ type: `level.${level}` });

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
    othersRun: ({ context }) => context.toolsRunning > 1,
    textMayCome: ({ context }) => context.conversation === 'thinking',
    leavesWorkBehind: ({ event }) => event.type === 'hook.stopped' && event.backgroundTasks > 0,
    // Compaction in the middle of a turn goes on with the turn; only the screen tells it from `/compact`.
    screenRests: ({ context }) => context.level === 'idle',
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
    contradicted: ({ context }) => contradicts(context),
    agreed: ({ context }) => !contradicts(context),
    doubted: ({ context }) => dissenters(context).length > 0,
    undoubted: ({ context }) => dissenters(context).length === 0,
    shellLives: ({ event }) => event.type === 'registry.read' && event.status === 'shell',
    shellIsGone: ({ event }) => event.type === 'registry.read' && event.status === 'idle',
    winsAtOnce: ({ context }) => contradicts(context) && settling(context) === 0,
    disputeMoved: ({ context }) => isAnotherDispute(context.disputed, context.level),
    disputeMovedAndWins: ({ context }) =>
      isAnotherDispute(context.disputed, context.level) && settling(context) === 0,
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
            evidence: [
              ...context.evidence.slice(1 - KEPT_EVIDENCE),
              {
                at: context.lastAt,
                from: context.conversation,
                to: params.to,
                rule: event.type,
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
            contextLeftPercent: event.reading.contextLeftPercent ?? context.contextLeftPercent,
          }
        : {},
    ),
    noteHook: assign(({ event }) =>
      'at' in event
        ? { lastAt: event.at, hooksHeard: true, lastHook: { name: event.type, at: event.at } }
        : {},
    ),
    noteRegistry: assign(({ event }) =>
      event.type === 'registry.read'
        ? {
            lastAt: event.at,
            registry: { status: event.status, waitingFor: event.waitingFor, at: event.at },
          }
        : {},
    ),
    noteStatusLine: assign(({ event }) =>
      event.type === 'statusLine.read'
        ? { lastAt: event.at, statusLineAt: event.at, contextLeftPercent: event.contextLeftPercent }
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
    noteDispute: assign(({ context }) => ({ disputed: context.level })),
    endDispute: assign({ disputed: null }),
    countMismatch: assign(({ context }) =>
      context.hooksHeard && context.conversation !== 'starting'
        ? {
            mismatches: context.mismatches + 1,
            lastMismatches: [...context.lastMismatches.slice(1 - KEPT_MISMATCHES), mismatchOf(context)],
          }
        : {},
    ),
    countDropped: assign(({ context }) => ({ dropped: context.dropped + 1 })),
  },
  delays: {
    settle: ({ context }) => settling(context),
    uncertain: UNCERTAIN_AFTER_MS,
    personLetsGo: PERSON_LETS_GO_MS,
    stuck: SUSPECT_IS_STUCK_MS,
  },
});
