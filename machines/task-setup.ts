import { assign, fromPromise, setup } from 'xstate';
import type { TaskId } from '../db/ids.ts';
import { failureFrom, type MachineFailure } from './failure.ts';
import type { Assignment, CheckVerdict, Recovery, TaskContext, TaskEvent, TaskInput } from './task-events.ts';
import { isWorthARetry, retryPauseMs } from './task-retries.ts';

/** The names that the statechart of a task uses, and what they do to its context. What acts upon the world is provided. */
export const taskSetup = setup({
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
    /** Asks whoever must agree before the task counts as done. */
    verify: fromPromise<
      CheckVerdict,
      {
        readonly taskId: TaskId;
        readonly assignment: Assignment | null;
        readonly attempt: number;
        readonly result: string;
      }
    >(() => Promise.reject(new Error('verify is not provided'))),
    /** Sees the session leave its turn, or ends it. Rejects when it may still be at work. */
    interrupt: fromPromise<void, { readonly taskId: TaskId; readonly assignment: Assignment | null }>(() =>
      Promise.reject(new Error('interrupt is not provided')),
    ),
  },
  guards: {
    isVerified: ({ context }) => context.isVerified,
    mayRetry: ({ context }) => isWorthARetry(context),
    /** It is being interrupted for the time that its attempt took, and may be tried again. */
    timesOut: ({ context }) => context.ending === 'timedOut',
    isCancelled: ({ context }) => context.ending === 'cancelled',
  },
  actions: {
    noteResult: assign(({ event }) =>
      event.type === 'turn.ended' ? { result: event.result, finishedAt: event.at, failure: null } : {},
    ),
    /** It has not ended with its turn. */
    goOn: assign({ finishedAt: null, ending: null }),
    noteDisagreed: assign((_, { words }: CheckVerdict) => ({
      failure: {
        code: 'verify_failed',
        message: `The check did not agree. ${words}`.trimEnd(),
        remedy: 'Mend what the check found, then submit the task again.',
      },
    })),
    /** The attempt has ended with its turn, the task has not. */
    noteLeft: assign(({ context: { assignment, attempt, ended }, event }) => {
      if (event.type !== 'turn.left' || assignment === null) return {};
      const failure = { code: event.why, message: event.words };
      return {
        ended: [...ended, { number: attempt, outcome: 'continued' as const, failure }],
        left: { slotId: event.to ?? assignment.slotId, forAnswer: event.why === 'asked' },
        ending: null,
        finishedAt: null,
      };
    }),
    noteFailure: assign(({ event }) =>
      event.type === 'turn.failed' || event.type === 'task.refuse'
        ? {
            failure: event.failure,
            finishedAt: event.at,
            ...(event.type === 'turn.failed' && event.result !== undefined ? { result: event.result } : {}),
          }
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
      event.type === 'task.cancel'
        ? { ending: 'cancelled' as const, finishedAt: event.at, failure: null }
        : {},
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
    /** It ends, and what should have stopped before may go on. */
    noteNotEnded: assign(({ context }, params: { readonly error: unknown }) => {
      const notEnded = failureFrom(params.error);
      if (context.failure === null) return { failure: notEnded };
      return {
        failure: { ...notEnded, message: `${context.failure.message} ${notEnded.message}` },
      };
    }),
    noteAssigned: assign((_, { assignment, attempt }: { assignment: Assignment; attempt: number }) => ({
      assignment,
      attempt,
      pauseMs: null,
      left: null,
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
    forgetAssignment: assign({ assignment: null, startedAt: null, result: null, failure: null }),
  },
});
