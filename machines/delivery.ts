import { assign, fromPromise, setup } from 'xstate';
import type { DeliveryId } from '../db/ids.ts';
import { failureFrom, type MachineFailure } from './failure.ts';

export interface DeliveryContext {
  readonly deliveryId: DeliveryId;
  /** How many times typing was begun. */
  readonly attempts: number;
  readonly typedAt: number | null;
  readonly submittedAt: number | null;
  readonly answeredAt: number | null;
  readonly failure: MachineFailure | null;
}

export type DeliveryEvent =
  /** The session rests, its box is empty, and it is this delivery's turn. */
  | { readonly type: 'slot.free' }
  /** The whole text stands in the box; Enter comes next. */
  | { readonly type: 'prompt.typed'; readonly at: number }
  /** UserPromptSubmit carried the same words. */
  | { readonly type: 'prompt.submitted'; readonly at: number }
  | { readonly type: 'turn.ended'; readonly at: number }
  | { readonly type: 'delivery.refuse'; readonly failure: MachineFailure };

/** Failures that only mean "not now": nothing was typed, so trying again can never type twice. */
const NOT_NOW: ReadonlySet<string> = new Set(['slot_not_idle', 'composer_occupied']);
/** A session that is never free although it is said to be needs a person, not a ninth attempt. */
const ATTEMPTS_AT_MOST = 8;

/** The way of one prompt into a session. Nothing is typed again once its text has stood in the box. */
export const deliveryMachine = setup({
  types: {
    context: {} as DeliveryContext,
    events: {} as DeliveryEvent,
    input: {} as { readonly deliveryId: DeliveryId },
  },
  actors: {
    /** Types the prompt, presses Enter, and resolves when UserPromptSubmit carried the words. Rejects with a failure. */
    typePrompt: fromPromise<void, { readonly deliveryId: DeliveryId; readonly attempt: number }>(() =>
      Promise.reject(new Error('typePrompt is not provided')),
    ),
  },
  guards: {
    isOnlyNotNow: ({ context }, params: { readonly error: unknown }) =>
      context.typedAt === null &&
      context.attempts < ATTEMPTS_AT_MOST &&
      NOT_NOW.has(failureFrom(params.error).code),
  },
  actions: {
    countAttempt: assign({ attempts: ({ context }) => context.attempts + 1 }),
    noteTyped: assign(({ event }) => (event.type === 'prompt.typed' ? { typedAt: event.at } : {})),
    noteSubmitted: assign(({ event }) =>
      event.type === 'prompt.submitted' ? { submittedAt: event.at, failure: null } : {},
    ),
    noteAnswered: assign(({ event }) => (event.type === 'turn.ended' ? { answeredAt: event.at } : {})),
    noteRefusal: assign(({ event }) => (event.type === 'delivery.refuse' ? { failure: event.failure } : {})),
    noteFailure: assign((_, params: { readonly error: unknown }) => ({ failure: failureFrom(params.error) })),
  },
}).createMachine({
  id: 'delivery',
  context: ({ input }) => ({
    deliveryId: input.deliveryId,
    attempts: 0,
    typedAt: null,
    submittedAt: null,
    answeredAt: null,
    failure: null,
  }),
  initial: 'queued',
  states: {
    queued: {
      description: 'Waits until the session can take a prompt.',
      on: {
        'slot.free': 'atWork',
        'prompt.submitted': { target: 'submitted', actions: 'noteSubmitted' },
        'delivery.refuse': { target: 'refused', actions: 'noteRefusal' },
      },
    },
    atWork: {
      description: 'The keyboard has the prompt.',
      initial: 'typing',
      entry: 'countAttempt',
      invoke: {
        src: 'typePrompt',
        input: ({ context }) => ({ deliveryId: context.deliveryId, attempt: context.attempts }),
        onDone: 'submitted',
        onError: [
          {
            guard: { type: 'isOnlyNotNow', params: ({ event }) => ({ error: event.error }) },
            target: 'queued',
            actions: { type: 'noteFailure', params: ({ event }) => ({ error: event.error }) },
          },
          {
            target: 'refused',
            actions: { type: 'noteFailure', params: ({ event }) => ({ error: event.error }) },
          },
        ],
      },
      states: {
        typing: {
          description: 'Characters go into the box.',
          on: { 'prompt.typed': { target: 'typed', actions: 'noteTyped' } },
        },
        typed: { description: 'The text stands in the box; Enter was pressed or is about to be.' },
      },
      on: {
        'prompt.submitted': { target: 'submitted', actions: 'noteSubmitted' },
        'delivery.refuse': { target: 'refused', actions: 'noteRefusal' },
      },
    },
    submitted: {
      description: 'Claude Code has the words and works on them.',
      on: {
        'prompt.submitted': { actions: 'noteSubmitted' },
        'turn.ended': { target: 'answered', actions: 'noteAnswered' },
        'delivery.refuse': { target: 'refused', actions: 'noteRefusal' },
      },
    },
    answered: { description: 'The turn that the words began has ended.', type: 'final' },
    refused: { description: 'The words did not arrive; `failure` says why.', type: 'final' },
  },
});
