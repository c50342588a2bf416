import { and, assign, enqueueActions, setup } from 'xstate';
import { agrees, contradicts, isAnotherDispute, isOurSession, settlingTime } from './session-conclusions.ts';
import { beginContext, type SessionContext, type SessionInput } from './session-context.ts';
import type { Conversation, Level, LevelWon, SessionEvent, SessionReading } from './session-events.ts';

export type { SessionContext } from './session-context.ts';
export type { SessionEvent } from './session-events.ts';

/** The last changes that `explain` can show. */
const KEPT_EVIDENCE = 20;
/** A person who has not typed for so long has let go of the keyboard. */
const PERSON_LETS_GO_MS = 10_000;
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

const levelWon = (level: Level): LevelWon => ({ type: `level.${level}` });

/**
 * What one run of Claude Code is doing. Four regions are its state; `signals` takes everything in and
 * `reconciler` lets the screen correct the hooks. Nothing else decides what a session is doing.
 */
export const sessionMachine = setup({
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
    winsAtOnce: ({ context }) => contradicts(context) && settlingTime(context) === 0,
    disputeMoved: ({ context }) => isAnotherDispute(context.disputed, context.level),
    disputeMovedAndWins: ({ context }) =>
      isAnotherDispute(context.disputed, context.level) && settlingTime(context) === 0,
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
            lastAt: event.at,
            error: event.reading.errorText ?? context.error,
            contextLeftPercent: event.reading.contextLeftPercent ?? context.contextLeftPercent,
          }
        : {},
    ),
    noteHook: assign(({ event }) => ('at' in event ? { lastAt: event.at, hooksHeard: true } : {})),
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
    countMismatch: assign(({ context }) => ({
      mismatches: context.mismatches + (context.hooksHeard && context.conversation !== 'starting' ? 1 : 0),
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
  context: ({ input }) => beginContext(input),
  type: 'parallel',
  states: {
    signals: {
      description: 'Takes in every signal of this run; those of another are counted and dropped.',
      on: {
        'screen.read': [{ guard: 'ofThisRun', actions: 'noteReading' }, { actions: 'countDropped' }],
        'hook.sessionStarted': [
          { guard: 'startsOurSession', actions: ['noteHook', 'noteSession'] },
          { actions: 'countDropped' },
        ],
        'hook.stopFailed': [
          { guard: 'hookOfThisRun', actions: ['noteHook', 'noteError'] },
          { actions: 'countDropped' },
        ],
        'hook.toolStarted': [
          { guard: 'hookOfThisRun', actions: ['noteHook', 'countTool'] },
          { actions: 'countDropped' },
        ],
        'hook.toolEnded': [
          { guard: 'hookOfThisRun', actions: ['noteHook', 'countTool'] },
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
        // One that comes behind Esc, behind Stop, or beside a compaction does not begin anything.
        'hook.toolEnded': [
          { guard: and(['hookOfThisRun', 'toolMayEnd', 'othersRun']), target: '.toolRunning' },
          { guard: and(['hookOfThisRun', 'toolMayEnd']), target: '.thinking' },
        ],
        // It comes behind the tool that follows the text, too.
        'hook.messageShown': { guard: and(['hookOfThisRun', 'textMayCome']), target: '.responding' },
        'hook.compacting': { guard: 'hookOfThisRun', target: '.compacting' },
        'hook.compacted': [
          { guard: and(['hookOfThisRun', 'screenRests']), target: '.idle' },
          { guard: 'hookOfThisRun', target: '.thinking' },
        ],
        'hook.stopFailed': { guard: 'hookOfThisRun', target: '.error' },
        'hook.stopped': [
          { guard: and(['hookOfThisRun', 'leavesWorkBehind']), target: '.parked' },
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
          { guard: { type: 'boxHolds', params: { kind: 'absent' } }, target: '.absent' },
          { guard: { type: 'boxHolds', params: { kind: 'empty' } }, target: '.empty' },
          { guard: { type: 'boxHolds', params: { kind: 'ghost' } }, target: '.ghost' },
          { guard: { type: 'boxHolds', params: { kind: 'menu' } }, target: '.menu' },
          { guard: 'weDraft', target: '.ourDraft' },
          { guard: { type: 'boxHolds', params: { kind: 'draft' } }, target: '.personDraft' },
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
          { guard: and(['ofThisRun', 'nobodyLooks']), target: '.none' },
          { guard: 'ofThisRun', target: '.watched' },
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
            // Somebody else who comes or goes does not take the keyboard from the person who types.
            'attachment.changed': [
              { guard: and(['ofThisRun', 'nobodyLooks']), target: 'none' },
              { guard: 'ofThisRun' },
            ],
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
          // `after` is not armed again by a restored snapshot.
          on: { 'session.restored': { target: 'suspect', reenter: true } },
          always: { guard: 'understood', target: 'ok' },
        },
        stuck: {
          description: 'Nothing that is understood has come for a long time.',
          always: { guard: 'understood', target: 'ok' },
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
