import { assign, enqueueActions, setup } from 'xstate';
import { contradicts, settlingTime } from './session-conclusions.ts';
import type {
  Conversation,
  Evidence,
  Level,
  LevelWon,
  SessionEvent,
  SessionReading,
} from './session-events.ts';

export type { SessionEvent } from './session-events.ts';

/** The last changes that `explain` can show. */
const KEPT_EVIDENCE = 20;
/** A person who has not typed for so long has let go of the keyboard. */
const PERSON_LETS_GO_MS = 10_000;
/** A session whose signals disagree for so long needs somebody to look at it. */
const SUSPECT_IS_STUCK_MS = 10 * 60_000;

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

const levelWon = (level: Level): LevelWon => ({ type: `level.${level}` });

/**
 * What one run of Claude Code is doing. Four regions are its state; `signals` takes everything in and
 * `reconciler` lets the screen correct the hooks. Nothing else decides what a session is doing.
 */
export const sessionMachine = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent | LevelWon,
    input: {} as { readonly epoch: string; readonly sessionId: string; readonly at: number },
    tags: {} as 'busy' | 'resting' | 'asks' | 'over',
  },
  guards: {
    ofThisRun: ({ context, event }) => 'epoch' in event && event.epoch === context.epoch,
    hookOfThisRun: ({ context, event }) =>
      'sessionId' in event && event.epoch === context.epoch && event.sessionId === context.sessionId,
    contradicted: ({ context }) => contradicts(context),
    agreed: ({ context }) => !contradicts(context),
    winsAtOnce: ({ context }) => contradicts(context) && settlingTime(context) === 0,
    disputeMoved: ({ context }) => context.level !== context.disputed,
    disputeMovedAndWins: ({ context }) => context.level !== context.disputed && settlingTime(context) === 0,
  },
  actions: {
    enter: assign(({ context, event }, params: { readonly to: Conversation }) =>
      params.to === context.conversation
        ? {}
        : {
            conversation: params.to,
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
            lastAt: event.at,
            error: event.reading.errorText ?? context.error,
            contextLeftPercent: event.reading.contextLeftPercent ?? context.contextLeftPercent,
          }
        : {},
    ),
    noteHook: assign(({ event }) => ('at' in event ? { lastAt: event.at, hooksHeard: true } : {})),
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
    countMismatch: assign(({ context }) => ({
      mismatches: context.mismatches + (context.hooksHeard ? 1 : 0),
    })),
    countDropped: assign(({ context }) => ({ dropped: context.dropped + 1 })),
  },
  delays: {
    settle: ({ context }) => settlingTime(context),
    personLetsGo: PERSON_LETS_GO_MS,
    stuck: SUSPECT_IS_STUCK_MS,
  },
}).createMachine({
  id: 'session',
  context: ({ input }) => ({
    epoch: input.epoch,
    sessionId: input.sessionId,
    conversation: 'starting',
    level: 'starting',
    disputed: null,
    reading: null,
    hooksHeard: false,
    delivering: false,
    lastAt: input.at,
    contextLeftPercent: null,
    error: null,
    exit: null,
    evidence: [],
    mismatches: 0,
    dropped: 0,
  }),
  type: 'parallel',
  states: {
    signals: {
      description: 'Takes in every signal of this run; those of another are counted and dropped.',
      on: {
        'screen.read': [{ guard: 'ofThisRun', actions: 'noteReading' }, { actions: 'countDropped' }],
        'hook.sessionStarted': [
          { guard: 'ofThisRun', actions: ['noteHook', 'noteSession'] },
          { actions: 'countDropped' },
        ],
        'hook.stopFailed': [
          { guard: 'hookOfThisRun', actions: ['noteHook', 'noteError'] },
          { actions: 'countDropped' },
        ],
        'hook.promptSubmitted': [
          { guard: 'hookOfThisRun', actions: ['noteHook', 'clearError'] },
          { actions: 'countDropped' },
        ],
        'hook.*': [{ guard: 'hookOfThisRun', actions: 'noteHook' }, { actions: 'countDropped' }],
        'statusLine.read': [
          {
            guard: 'ofThisRun',
            actions: assign(({ event }) => ({
              lastAt: event.at,
              contextLeftPercent: event.contextLeftPercent,
            })),
          },
          { actions: 'countDropped' },
        ],
        'pty.exited': [
          { guard: 'ofThisRun', actions: ['noteTime', 'noteExit'] },
          { actions: 'countDropped' },
        ],
        'delivery.began': { guard: 'ofThisRun', actions: 'noteDelivery' },
        'delivery.ended': { guard: 'ofThisRun', actions: 'noteDelivery' },
        'session.restored': { guard: 'ofThisRun', actions: ['noteTime', 'forgetHooks'] },
      },
    },
    conversation: {
      description: 'What Claude Code is doing.',
      initial: 'starting',
      on: {
        'hook.promptSubmitted': { guard: 'hookOfThisRun', target: '.thinking' },
        'hook.toolStarted': { guard: 'hookOfThisRun', target: '.toolRunning' },
        'hook.permissionRequested': { guard: 'hookOfThisRun', target: '.confirming' },
        'hook.toolEnded': { guard: 'hookOfThisRun', target: '.thinking' },
        'hook.messageShown': { guard: 'hookOfThisRun', target: '.responding' },
        'hook.compacting': { guard: 'hookOfThisRun', target: '.compacting' },
        'hook.compacted': { guard: 'hookOfThisRun', target: '.idle' },
        'hook.stopFailed': { guard: 'hookOfThisRun', target: '.error' },
        'hook.stopped': [
          {
            guard: ({ context, event }) =>
              event.epoch === context.epoch &&
              event.sessionId === context.sessionId &&
              event.backgroundTasks > 0,
            target: '.parked',
          },
          { guard: 'hookOfThisRun', target: '.idle' },
        ],
        'pty.exited': { guard: 'ofThisRun', target: '.exited' },
        'level.starting': '.starting',
        'level.idle': '.idle',
        'level.thinking': '.thinking',
        'level.responding': '.responding',
        'level.toolRunning': '.toolRunning',
        'level.confirming': '.confirming',
        'level.error': '.error',
        'level.slashMenu': '.slashMenu',
        'level.trust': '.trust',
        'level.dialog': '.dialog',
        'level.interrupted': '.interrupted',
        'level.compacting': '.compacting',
        'level.parked': '.parked',
        'level.limited': '.limited',
        'level.unknown': '.unknown',
      },
      states: {
        starting: { description: 'The program runs; no prompt box yet.' },
        idle: {
          description: 'At rest at its prompt.',
          tags: 'resting',
          entry: { type: 'enter', params: { to: 'idle' } },
        },
        thinking: {
          description: 'A turn goes on and no answer stands on the screen yet.',
          tags: 'busy',
          entry: { type: 'enter', params: { to: 'thinking' } },
        },
        responding: {
          description: 'The answer is being written.',
          tags: 'busy',
          entry: { type: 'enter', params: { to: 'responding' } },
        },
        toolRunning: {
          description: 'A tool runs.',
          tags: 'busy',
          entry: { type: 'enter', params: { to: 'toolRunning' } },
        },
        confirming: {
          description: 'A permission dialog waits for an answer.',
          tags: 'asks',
          entry: { type: 'enter', params: { to: 'confirming' } },
        },
        error: {
          description: 'The turn ended with an error of the API; the prompt is open.',
          tags: 'resting',
          entry: { type: 'enter', params: { to: 'error' } },
        },
        slashMenu: {
          description: 'Somebody opened the list of commands.',
          tags: 'asks',
          entry: { type: 'enter', params: { to: 'slashMenu' } },
        },
        trust: {
          description: 'Asks whether the folder is trusted. Its default is No.',
          tags: 'asks',
          entry: { type: 'enter', params: { to: 'trust' } },
        },
        dialog: {
          description: 'Another dialog waits: a question, a plan, a picker, sign-in.',
          tags: 'asks',
          entry: { type: 'enter', params: { to: 'dialog' } },
        },
        interrupted: {
          description: 'A turn was interrupted; the prompt is open.',
          tags: 'resting',
          entry: { type: 'enter', params: { to: 'interrupted' } },
        },
        compacting: {
          description: 'The conversation is being compacted.',
          tags: 'busy',
          entry: { type: 'enter', params: { to: 'compacting' } },
        },
        parked: {
          description: 'The turn ended; background work is still alive.',
          tags: 'resting',
          entry: { type: 'enter', params: { to: 'parked' } },
        },
        limited: {
          description: 'A usage limit was reached.',
          tags: 'resting',
          entry: { type: 'enter', params: { to: 'limited' } },
        },
        unknown: {
          description: 'The signals do not agree on anything; nothing is typed.',
          entry: { type: 'enter', params: { to: 'unknown' } },
        },
        exited: {
          description: 'The program has ended.',
          tags: 'over',
          type: 'final',
          entry: { type: 'enter', params: { to: 'exited' } },
        },
      },
    },
    composer: {
      description: 'What stands in the prompt box.',
      initial: 'absent',
      on: {
        'screen.read': [
          {
            guard: ({ context, event }) =>
              event.epoch === context.epoch && event.reading.composer.kind === 'absent',
            target: '.absent',
          },
          {
            guard: ({ context, event }) =>
              event.epoch === context.epoch && event.reading.composer.kind === 'empty',
            target: '.empty',
          },
          {
            guard: ({ context, event }) =>
              event.epoch === context.epoch && event.reading.composer.kind === 'ghost',
            target: '.ghost',
          },
          {
            guard: ({ context, event }) =>
              event.epoch === context.epoch && event.reading.composer.kind === 'menu',
            target: '.menu',
          },
          {
            guard: ({ context, event }) =>
              event.epoch === context.epoch && event.reading.composer.kind === 'draft' && context.delivering,
            target: '.ourDraft',
          },
          {
            guard: ({ context, event }) =>
              event.epoch === context.epoch && event.reading.composer.kind === 'draft',
            target: '.personDraft',
          },
        ],
      },
      states: {
        absent: { description: 'No prompt box stands on the screen.' },
        empty: { description: 'The box is empty.' },
        ghost: { description: 'Only a dimmed suggestion stands in the box; it is never accepted.' },
        ourDraft: { description: 'Text that missiond types.' },
        personDraft: { description: "A person's words: never sent, never erased." },
        menu: { description: 'A list of commands or files is open.' },
      },
    },
    attachment: {
      description: 'Who is at the terminal.',
      initial: 'none',
      on: {
        'attachment.changed': [
          { guard: ({ event }) => event.viewers === 0, target: '.none' },
          { guard: ({ event }) => event.viewers > 0, target: '.watched' },
        ],
        'person.typed': { guard: 'ofThisRun', target: '.takenOver' },
      },
      states: {
        none: { description: 'Nobody looks.' },
        watched: { description: 'Somebody looks and does not type.' },
        takenOver: {
          description: 'A person types; deliveries wait.',
          after: { personLetsGo: 'watched' },
          on: {
            'person.typed': { guard: 'ofThisRun', target: 'takenOver', reenter: true },
            'attachment.changed': { guard: ({ event }) => event.viewers === 0, target: 'none' },
            'session.restored': 'none',
          },
        },
      },
    },
    health: {
      description: 'Whether the signals can be trusted.',
      initial: 'ok',
      states: {
        ok: {
          description: 'The signals agree.',
          on: { 'level.unknown': 'suspect' },
        },
        suspect: {
          description: 'The signals disagree, or the screen is not understood.',
          after: { stuck: 'stuck' },
          always: { guard: ({ context }) => context.level !== 'unknown', target: 'ok' },
        },
        stuck: {
          description: 'Nothing that is understood has come for a long time.',
          always: { guard: ({ context }) => context.level !== 'unknown', target: 'ok' },
        },
      },
    },
    reconciler: {
      description: 'Lets the level of the screen correct the edges of the hooks.',
      initial: 'agreeing',
      states: {
        agreeing: {
          description: 'Screen and hooks say the same.',
          entry: 'endDispute',
          always: [
            { guard: 'winsAtOnce', target: 'yielding', actions: 'noteDispute' },
            { guard: 'contradicted', target: 'contradicted' },
          ],
        },
        contradicted: {
          description: 'The screen shows something else; it wins when that lasts.',
          entry: 'noteDispute',
          always: [
            { guard: 'agreed', target: 'agreeing' },
            { guard: 'disputeMovedAndWins', target: 'yielding', actions: 'noteDispute' },
            { guard: 'disputeMoved', target: 'contradicted', reenter: true },
          ],
          after: { settle: { target: 'yielding', actions: 'countMismatch' } },
          on: { 'session.restored': { target: 'contradicted', reenter: true } },
        },
        yielding: {
          description: 'The conversation moves to what the screen shows.',
          entry: enqueueActions(({ context, enqueue }) => {
            enqueue.raise(levelWon(context.level));
          }),
          always: { guard: 'agreed', target: 'agreeing' },
        },
      },
    },
  },
});
