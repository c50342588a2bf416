import { assign, fromPromise, setup } from 'xstate';
import type { MemoryJobId } from '../db/ids.ts';
import { backOffMs } from './back-off.ts';
import { failureFrom, type MachineFailure } from './failure.ts';

/** So often an answer that cannot be read is asked for again. */
const MOST_BAD_ANSWERS = 3;
/** So often it is handed in again when nobody could answer: with these pauses that takes some two hours. */
const MOST_TROUBLES = 8;
/** The first pause after trouble; it doubles. */
const FIRST_PAUSE_MS = 30_000;
/** No pause is longer, whatever the clock says. */
export const LONGEST_PAUSE_MS = 60 * 60_000;

export interface MemoryJobInput {
  readonly jobId: MemoryJobId;
  /** How often it was handed in before: each attempt has a number of its own. */
  readonly attempt: number;
}

export interface MemoryJobContext extends MemoryJobInput {
  readonly badAnswers: number;
  readonly troubles: number;
  /** From the entry into `pending` to the next attempt, in milliseconds. */
  readonly pauseMs: number;
  /** What was wrong with the last answer. */
  readonly complaint: string | null;
  readonly answer: string | null;
  readonly failure: MachineFailure | null;
}

/** What became of an answer: null when it is stored, else what was wrong with it. */
export type Stored = string | null;

/** Somebody did not want it: it is not tried again by itself. */
const UNWANTED: ReadonlySet<string> = new Set(['cancelled']);

/**
 * One piece of work of the memory. It keeps no time and begins nothing by itself: whoever drives it says when. Both of
 * its steps may be done again after a crash and do nothing twice: an attempt is handed in under its number, and an answer
 * is stored in one transaction with the end of the job.
 */
export const memoryJobMachine = setup({
  types: {
    context: {} as MemoryJobContext,
    events: {} as { readonly type: 'job.begin' },
    input: {} as MemoryJobInput,
  },
  actors: {
    /** Has the batch read, and resolves with the answer. */
    extract: fromPromise<
      string,
      { readonly jobId: MemoryJobId; readonly attempt: number; readonly complaint: string | null }
    >(() => {
      throw new Error('extract is not provided');
    }),
    /** Keeps what the answer says. */
    store: fromPromise<Stored, { readonly jobId: MemoryJobId; readonly answer: string }>(() => {
      throw new Error('store is not provided');
    }),
  },
  guards: {
    isUnwanted: (_, { code }: MachineFailure) => UNWANTED.has(code),
    mayTryAgain: ({ context }) => context.troubles + 1 < MOST_TROUBLES,
    mayAskAgain: ({ context }) => context.badAnswers + 1 < MOST_BAD_ANSWERS,
  },
  actions: {
    noteFailure: assign({ failure: (_, failure: MachineFailure) => failure }),
  },
}).createMachine({
  id: 'memoryJob',
  context: ({ input }) => ({
    ...input,
    badAnswers: 0,
    troubles: 0,
    pauseMs: 0,
    complaint: null,
    answer: null,
    failure: null,
  }),
  initial: 'pending',
  states: {
    pending: {
      description: 'Waits until it may be handed in.',
      on: {
        'job.begin': {
          target: 'extracting',
          actions: assign({ attempt: ({ context }) => context.attempt + 1, pauseMs: 0 }),
        },
      },
    },
    extracting: {
      description: 'A worker reads the batch.',
      invoke: {
        src: 'extract',
        id: 'extract',
        input: ({ context: { jobId, attempt, complaint } }) => ({ jobId, attempt, complaint }),
        onDone: { target: 'storing', actions: assign({ answer: ({ event }) => event.output }) },
        onError: [
          {
            guard: { type: 'isUnwanted', params: ({ event }) => failureFrom(event.error) },
            target: 'failed',
            actions: { type: 'noteFailure', params: ({ event }) => failureFrom(event.error) },
          },
          {
            guard: 'mayTryAgain',
            target: 'pending',
            actions: assign({
              troubles: ({ context }) => context.troubles + 1,
              pauseMs: ({ context }) =>
                backOffMs(context.troubles + 1, { firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS }),
              failure: ({ event }) => failureFrom(event.error),
            }),
          },
          {
            target: 'failed',
            actions: { type: 'noteFailure', params: ({ event }) => failureFrom(event.error) },
          },
        ],
      },
    },
    storing: {
      description: 'What the answer says is kept, all of it or nothing.',
      invoke: {
        src: 'store',
        id: 'store',
        input: ({ context: { jobId, answer } }) => ({ jobId, answer: answer ?? '' }),
        onDone: [
          {
            guard: ({ event }) => event.output === null,
            target: 'done',
            actions: assign({ failure: null, answer: null }),
          },
          {
            guard: 'mayAskAgain',
            target: 'pending',
            actions: assign({
              badAnswers: ({ context }) => context.badAnswers + 1,
              complaint: ({ event }) => event.output,
              answer: null,
            }),
          },
          {
            target: 'failed',
            actions: {
              type: 'noteFailure',
              params: ({ event }) => ({
                code: 'answer_unusable',
                message: `The worker gave no answer that could be used: ${event.output ?? ''}`,
              }),
            },
          },
        ],
        onError: {
          target: 'failed',
          actions: { type: 'noteFailure', params: ({ event }) => failureFrom(event.error) },
        },
      },
    },
    done: { type: 'final', description: 'What it says is known.' },
    failed: { type: 'final', description: 'Somebody may have it tried again.' },
  },
});
