import { and, assign, setup } from 'xstate';
import { backOffMs } from './back-off.ts';

/** So often an agent is reminded of the same work; then it is left to people. */
const MOST_NUDGES = 6;
const LONGEST_PAUSE_MS = 24 * 60 * 60_000;

/** One look at an agent. `at` is epoch milliseconds, so that no timer has to survive a restart of the daemon. */
export interface NudgeLook {
  readonly type: 'agent.looked';
  readonly at: number;
  /** What waits for it, the same for the same work; null when nothing does. */
  readonly work: string | null;
  /** It rests at its prompt, and may be written to. */
  readonly isIdle: boolean;
  /** The first pause, milliseconds. It doubles with each nudge. */
  readonly afterMs: number;
}

export type NudgeEvent =
  | NudgeLook
  /** It was reminded. */
  | { readonly type: 'agent.nudged' }
  /** It did something else than to answer a nudge. */
  | { readonly type: 'agent.moved' };

export interface NudgeContext {
  readonly work: string | null;
  /** How often it was reminded of it. */
  readonly nudges: number;
  /** Since when it rests beside it; null while it does not. */
  readonly idleSince: number | null;
}

const pauseOf = (nudges: number, afterMs: number): number =>
  backOffMs(nudges + 1, { firstMs: afterMs, longestMs: LONGEST_PAUSE_MS });

/**
 * When an agent that rests is reminded of work that waits for it. Without work never. It keeps no time and says nothing
 * by itself: whoever drives it tells what the world looks like, and reminds the agent in `due`.
 */
export const nudgeMachine = setup({
  types: { context: {} as NudgeContext, events: {} as NudgeEvent },
  guards: {
    nothingWaits: ({ event }) => event.type === 'agent.looked' && event.work === null,
    isOtherWork: ({ context, event }) => event.type === 'agent.looked' && event.work !== context.work,
    isAtWork: ({ event }) => event.type === 'agent.looked' && !event.isIdle,
    hasJustCome: ({ context, event }) =>
      event.type === 'agent.looked' &&
      // The clock was set back since.
      (context.idleSince === null || context.idleSince > event.at),
    hasRestedLong: ({ context, event }) =>
      event.type === 'agent.looked' &&
      context.idleSince !== null &&
      event.at - context.idleSince >= pauseOf(context.nudges, event.afterMs),
    mayBeNudged: ({ context }) => context.nudges < MOST_NUDGES,
  },
  actions: {
    forget: assign({ work: null, nudges: 0, idleSince: null }),
    begin: assign({
      work: ({ event }) => (event.type === 'agent.looked' ? event.work : null),
      nudges: 0,
      idleSince: ({ event }) => (event.type === 'agent.looked' && event.isIdle ? event.at : null),
    }),
    noteRest: assign({ idleSince: ({ event }) => (event.type === 'agent.looked' ? event.at : null) }),
    noteWork: assign({ idleSince: null }),
    count: assign({ nudges: ({ context }) => context.nudges + 1, idleSince: null }),
    beginAgain: assign({ nudges: 0, idleSince: null }),
  },
}).createMachine({
  id: 'nudge',
  context: { work: null, nudges: 0, idleSince: null },
  initial: 'quiet',
  on: {
    'agent.looked': [
      { guard: 'nothingWaits', target: '.quiet', actions: 'forget' },
      { guard: 'isOtherWork', target: '.waiting', actions: 'begin' },
      { guard: 'isAtWork', target: '.waiting', actions: 'noteWork' },
      { guard: 'hasJustCome', target: '.waiting', actions: 'noteRest' },
      { guard: and(['hasRestedLong', 'mayBeNudged']), target: '.due' },
    ],
    'agent.moved': { target: '.waiting', actions: 'beginAgain' },
  },
  states: {
    quiet: { description: 'Nothing waits for it.' },
    waiting: { description: 'Work waits for it: it has it in hand, or rests beside it not long enough.' },
    due: {
      description: 'It is reminded now.',
      on: { 'agent.nudged': { target: 'waiting', actions: 'count' } },
    },
  },
});
