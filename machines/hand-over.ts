import { assign, setup } from 'xstate';
import type { Epoch, SlotId, TaskId } from '../db/ids.ts';

export interface HandOverContext {
  readonly slotId: SlotId;
  /** The run whose context is used up. */
  readonly epoch: Epoch | null;
  /** The message in which the session is asked for its hand-over. */
  readonly askedIn: TaskId | null;
  /** What the next session is told. */
  readonly words: string | null;
  /** The task whose prompt begins with it. */
  readonly carriedBy: TaskId | null;
}

export type HandOverEvent =
  /** The agent has written it by itself. Its turn comes to an end first. */
  | { readonly type: 'handOver.offered'; readonly words: string }
  /** That turn has ended, in this run. */
  | { readonly type: 'turn.over'; readonly epoch: Epoch }
  | { readonly type: 'handOver.asked'; readonly epoch: Epoch; readonly askedIn: TaskId }
  /** The session has written it; or could not, and these are the words instead. */
  | { readonly type: 'handOver.written'; readonly words: string }
  /** A run of the slot is there. */
  | { readonly type: 'run.began'; readonly epoch: Epoch }
  /** No program runs in the slot, and none is begun: the next one is another. */
  | { readonly type: 'run.ended' }
  | { readonly type: 'handOver.taken'; readonly taskId: TaskId }
  /** The prompt that begins with it has reached the session. */
  | { readonly type: 'handOver.arrived' };

const NOTHING = { epoch: null, askedIn: null, words: null, carriedBy: null } as const;

/**
 * From a session whose context is used up to a fresh one in the same slot. It keeps no time: whoever drives it looks at
 * the world again and again, and after a restart of the daemon goes on from the state in which it was left.
 */
export const handOverMachine = setup({
  types: {
    context: {} as HandOverContext,
    events: {} as HandOverEvent,
    input: {} as { readonly slotId: SlotId },
  },
  guards: {
    isAnotherRun: ({ context, event }) => event.type === 'run.began' && event.epoch !== context.epoch,
  },
}).createMachine({
  id: 'handOver',
  context: ({ input }) => ({ slotId: input.slotId, ...NOTHING }),
  initial: 'none',
  states: {
    none: {
      description: 'There is context left, or nothing has to be handed over.',
      on: {
        'handOver.asked': {
          target: 'writing',
          actions: assign({
            epoch: ({ event }) => event.epoch,
            askedIn: ({ event }) => event.askedIn,
          }),
        },
        'handOver.offered': { target: 'leaving', actions: assign({ words: ({ event }) => event.words }) },
      },
    },
    leaving: {
      description: 'The agent has written its hand-over by itself and comes to the end of its turn.',
      on: {
        'handOver.offered': { actions: assign({ words: ({ event }) => event.words }) },
        'turn.over': { target: 'renewing', actions: assign({ epoch: ({ event }) => event.epoch }) },
        'run.ended': 'carrying',
      },
    },
    writing: {
      description:
        'The session writes down what was asked, what is done and what is next; it gets no other task.',
      on: {
        'handOver.written': { target: 'renewing', actions: assign({ words: ({ event }) => event.words }) },
      },
    },
    renewing: {
      description: 'The program is ended and started with a fresh conversation.',
      on: { 'run.began': { guard: 'isAnotherRun', target: 'carrying' }, 'run.ended': 'carrying' },
    },
    carrying: {
      description: 'The next prompt begins with the hand-over.',
      on: {
        'handOver.taken': { actions: assign({ carriedBy: ({ event }) => event.taskId }) },
        'handOver.arrived': { target: 'none', actions: assign(NOTHING) },
        // The session that was given it leaves in its turn before that was seen.
        'handOver.offered': { target: 'leaving', actions: assign({ words: ({ event }) => event.words }) },
      },
    },
  },
});
