import { assign, fromPromise, setup } from 'xstate';
import type { TaskId } from '../db/ids.ts';
import { failureFrom, type MachineFailure } from './failure.ts';
import type { Assignment, Recovery, TaskContext, TaskEvent, TaskInput } from './task-events.ts';
import { isWorthARetry, retryPauseMs } from './task-retries.ts';

/** Why a prompt was not typed although the slot looked ready: a person was faster, or the screen moved. Nothing was lost. */
const NOT_NOW: ReadonlySet<string> = new Set(['slot_not_idle', 'composer_occupied']);
/** The session is not there to type into: it ended on the way, or what holds its terminal did. */
const GONE: ReadonlySet<string> = new Set(['slot_not_running', 'pty_host_unreachable']);

export const taskMachine = setup({
  types: {
    context: {} as TaskContext,
    events: {} as TaskEvent,
    input: {} as TaskInput,
  },
  actors: {
    /** Types the prompt and sees it confirmed. Resolves when UserPromptSubmit carried the words. */
    deliver: fromPromise<void, { readonly taskId: TaskId; readonly assignment: Assignment | null }>(() =>
      Promise.reject(new Error('deliver is not provided')),
    ),
    /** Brings the session back after it ended in mid-task, or says that it does not come back. */
    recover: fromPromise<
      Recovery,
      {
        readonly taskId: TaskId;
        readonly assignment: Assignment | null;
        readonly failure: MachineFailure | null;
      }
    >(() => Promise.reject(new Error('recover is not provided'))),
    /** Presses Esc once and sees the session leave its turn. */
    interrupt: fromPromise<void, { readonly taskId: TaskId; readonly assignment: Assignment | null }>(() =>
      Promise.reject(new Error('interrupt is not provided')),
    ),
  },
  guards: {
    mayRetry: ({ context }) => isWorthARetry(context),
  },
  actions: {
    noteResult: assign(({ event }) =>
      event.type === 'turn.ended' ? { result: event.result, finishedAt: event.at, failure: null } : {},
    ),
    noteFailure: assign(({ event }) =>
      event.type === 'turn.failed' || event.type === 'task.refuse'
        ? { failure: event.failure, finishedAt: event.at }
        : {},
    ),
    noteStop: assign(({ event }) =>
      event.type === 'task.stop'
        ? { ending: 'failed' as const, failure: event.failure, finishedAt: event.at }
        : {},
    ),
    noteStarted: assign(({ context, event }) =>
      event.type === 'prompt.submitted' ? { startedAt: context.startedAt ?? event.at } : {},
    ),
    noteCancel: assign(({ event }) =>
      event.type === 'task.cancel' ? { ending: 'cancelled' as const, finishedAt: event.at } : {},
    ),
    noteDeadline: assign(({ event }) =>
      event.type === 'deadline.passed'
        ? {
            ending: 'failed' as const,
            finishedAt: event.at,
            failure: {
              code: 'timeout',
              message: 'The deadline passed before the task ended.',
              remedy: 'Submit it again with a later deadline, or split it.',
            },
          }
        : {},
    ),
    noteError: assign((_, params: { readonly error: unknown }) => ({
      failure: failureFrom(params.error),
    })),
    noteAssigned: assign((_, { assignment, attempt }: { assignment: Assignment; attempt: number }) => ({
      assignment,
      attempt,
      pauseMs: null,
      startedAt: null,
      failure: null,
    })),
    noteRecovered: assign((_, recovery: Recovery) =>
      recovery.kind === 'resumed'
        ? {
            assignment: recovery.assignment,
            attempt: recovery.attempt,
            startedAt: null,
            failure: null,
          }
        : {},
    ),
    noteLost: assign(({ event }) => (event.type === 'session.lost' ? { failure: event.failure } : {})),
    /** The attempt has ended, the task goes on. */
    endAttempt: assign(({ context: { attempt, ended, failure } }) => ({
      ended: [...ended, { number: attempt, outcome: 'lost' as const, failure }],
    })),
    noteRetry: assign(({ context }) => {
      const { attempt, ended, failure, retried } = context;
      return {
        ended: [...ended, { number: attempt, outcome: 'failed' as const, failure }],
        pauseMs: retryPauseMs(context),
        retried: retried + 1,
        ending: null,
        finishedAt: null,
      };
    }),
    noteTimedOut: assign(({ event }) =>
      event.type === 'attempt.timedOut'
        ? {
            ending: 'timedOut' as const,
            finishedAt: event.at,
            failure: {
              code: 'timeout',
              message: `The attempt had taken ${event.timeoutMs} ms and was interrupted.`,
              remedy: 'Submit it again with a longer timeoutMs, or split it.',
            },
          }
        : {},
    ),
    /** What never reached a session was no attempt. */
    forgetAttempt: assign(({ context }) => ({ attempt: Math.max(0, context.attempt - 1) })),
    forgetAssignment: assign({ assignment: null, startedAt: null, failure: null }),
  },
}).createMachine({
  id: 'task',
  context: ({ input }) => ({
    ...input,
    assignment: null,
    attempt: 0,
    ended: [],
    pauseMs: null,
    startedAt: null,
    finishedAt: null,
    result: null,
    failure: null,
    ending: null,
  }),
  initial: 'queued',
  states: {
    queued: {
      description: 'Waits for a slot.',
      on: {
        'task.assign': {
          target: 'delivering',
          actions: {
            type: 'noteAssigned',
            params: ({ event: { assignment, attempt } }) => ({ assignment, attempt }),
          },
        },
        'task.cancel': { target: 'cancelled', actions: 'noteCancel' },
        'task.refuse': { target: 'failed', actions: 'noteFailure' },
        'task.stop': { target: 'failed', actions: 'noteStop' },
        'deadline.passed': { target: 'failed', actions: 'noteDeadline' },
      },
    },
    delivering: {
      description: 'The prompt is being typed; Claude Code has not confirmed it yet.',
      invoke: {
        src: 'deliver',
        input: ({ context }) => ({ taskId: context.taskId, assignment: context.assignment }),
        onDone: 'running',
        onError: [
          {
            guard: ({ event }) => NOT_NOW.has(failureFrom(event.error).code),
            target: 'queued',
            actions: ['forgetAttempt', 'forgetAssignment'],
          },
          {
            guard: ({ event }) => GONE.has(failureFrom(event.error).code),
            target: 'recovering',
            actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
          },
          {
            target: 'failed',
            actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
          },
        ],
      },
      on: {
        'prompt.submitted': { target: 'running', actions: 'noteStarted' },
        'task.requeue': { target: 'queued', actions: ['forgetAttempt', 'forgetAssignment'] },
        'session.lost': { target: 'recovering', actions: 'noteLost' },
        'turn.failed': { target: 'failing', actions: 'noteFailure' },
        'task.refuse': { target: 'failed', actions: 'noteFailure' },
        'task.cancel': { target: 'ending', actions: 'noteCancel' },
        'task.stop': { target: 'ending', actions: 'noteStop' },
        'deadline.passed': { target: 'ending', actions: 'noteDeadline' },
        'attempt.timedOut': { target: 'ending', actions: 'noteTimedOut' },
      },
    },
    running: {
      description: 'Claude Code works on it.',
      on: {
        'prompt.submitted': { actions: 'noteStarted' },
        'turn.ended': { target: 'done', actions: 'noteResult' },
        'turn.failed': { target: 'failing', actions: 'noteFailure' },
        'session.lost': { target: 'recovering', actions: 'noteLost' },
        'question.asked': 'waiting',
        'task.refuse': { target: 'failed', actions: 'noteFailure' },
        'task.cancel': { target: 'ending', actions: 'noteCancel' },
        'task.stop': { target: 'ending', actions: 'noteStop' },
        'deadline.passed': { target: 'ending', actions: 'noteDeadline' },
        'attempt.timedOut': { target: 'ending', actions: 'noteTimedOut' },
      },
    },
    waiting: {
      description: 'The turn waits for an answer of a person or the orchestrator.',
      on: {
        'question.closed': 'running',
        'turn.ended': { target: 'done', actions: 'noteResult' },
        'turn.failed': { target: 'failing', actions: 'noteFailure' },
        'session.lost': { target: 'recovering', actions: 'noteLost' },
        'task.refuse': { target: 'failed', actions: 'noteFailure' },
        'task.cancel': { target: 'ending', actions: 'noteCancel' },
        'task.stop': { target: 'ending', actions: 'noteStop' },
        'deadline.passed': { target: 'ending', actions: 'noteDeadline' },
        'attempt.timedOut': { target: 'ending', actions: 'noteTimedOut' },
      },
    },
    recovering: {
      description:
        'The session ended first: its transcript may hold the answer; else it is resumed, and nobody else has the task.',
      invoke: {
        src: 'recover',
        input: ({ context: { taskId, assignment, failure } }) => ({ taskId, assignment, failure }),
        onDone: [
          {
            guard: ({ event }) => event.output.kind === 'resumed',
            target: 'delivering',
            actions: ['endAttempt', { type: 'noteRecovered', params: ({ event }) => event.output }],
          },
          {
            guard: ({ event }) => event.output.kind === 'elsewhere',
            target: 'queued',
            actions: ['endAttempt', 'forgetAssignment'],
          },
          { target: 'queued', actions: ['forgetAttempt', 'forgetAssignment'] },
        ],
        onError: {
          target: 'failing',
          actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
        },
      },
      on: {
        'turn.ended': { target: 'done', actions: 'noteResult' },
        'turn.failed': { target: 'failing', actions: 'noteFailure' },
        'task.refuse': { target: 'failed', actions: 'noteFailure' },
        'task.cancel': { target: 'cancelled', actions: 'noteCancel' },
        'task.stop': { target: 'failed', actions: 'noteStop' },
        'deadline.passed': { target: 'failed', actions: 'noteDeadline' },
        'attempt.timedOut': { target: 'failing', actions: 'noteTimedOut' },
      },
    },
    ending: {
      description: 'The session is being interrupted before the task is called cancelled or failed.',
      invoke: {
        src: 'interrupt',
        input: ({ context }) => ({ taskId: context.taskId, assignment: context.assignment }),
        onDone: [
          { guard: ({ context }) => context.ending === 'failed', target: 'failed' },
          { guard: ({ context }) => context.ending === 'timedOut', target: 'failing' },
          { target: 'cancelled' },
        ],
        onError: [
          { guard: ({ context }) => context.ending === 'failed', target: 'failed' },
          { guard: ({ context }) => context.ending === 'timedOut', target: 'failing' },
          { target: 'cancelled' },
        ],
      },
    },
    failing: {
      description: 'The attempt has failed; the task has when it may not be tried again.',
      always: [
        { guard: 'mayRetry', target: 'queued', actions: ['noteRetry', 'forgetAssignment'] },
        { target: 'failed' },
      ],
    },
    done: { description: 'The exact answer is in `result`.', type: 'final' },
    failed: { description: 'The reason is in `failure`.', type: 'final' },
    cancelled: { description: 'Ended because somebody asked for it.', type: 'final' },
  },
});
