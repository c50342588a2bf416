import { and } from 'xstate';
import { failureFrom } from './failure.ts';
import { taskSetup } from './task-setup.ts';

/** Why a prompt was not typed although the slot looked ready: a person was faster, or the screen moved. Nothing was lost. */
const NOT_NOW: ReadonlySet<string> = new Set(['slot_not_idle', 'composer_occupied']);
/** The session is not there to type into: it ended on the way, or what holds its terminal did. */
const GONE: ReadonlySet<string> = new Set(['slot_not_running', 'pty_host_unreachable']);

/** One task, from the moment at which a slot is given it to its end; what waits is a row without an actor. */
export const taskMachine = taskSetup.createMachine({
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
    left: null,
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
        'turn.ended': [
          { guard: 'isVerified', target: 'verifying', actions: ['noteResult', 'goOn'] },
          { target: 'done', actions: 'noteResult' },
        ],
        'turn.left': { target: 'queued', actions: ['noteLeft', 'forgetAssignment'] },
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
        'turn.ended': [
          { guard: 'isVerified', target: 'verifying', actions: ['noteResult', 'goOn'] },
          { target: 'done', actions: 'noteResult' },
        ],
        'turn.left': { target: 'queued', actions: ['noteLeft', 'forgetAssignment'] },
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
          { guard: ({ event }) => event.output.kind === 'goesOn', target: 'delivering' },
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
        'turn.ended': [
          { guard: 'isVerified', target: 'verifying', actions: ['noteResult', 'goOn'] },
          { target: 'done', actions: 'noteResult' },
        ],
        'turn.left': { target: 'queued', actions: ['noteLeft', 'forgetAssignment'] },
        'turn.failed': { target: 'failing', actions: 'noteFailure' },
        'task.refuse': { target: 'failed', actions: 'noteFailure' },
        // Perhaps only the connection was lost, and the session goes on.
        'task.cancel': { target: 'ending', actions: 'noteCancel' },
        'task.stop': { target: 'ending', actions: 'noteStop' },
        'deadline.passed': { target: 'ending', actions: 'noteDeadline' },
        'attempt.timedOut': { target: 'ending', actions: 'noteTimedOut' },
      },
    },
    verifying: {
      description: 'It has a result, which is being checked; the task is done when the check agrees.',
      invoke: {
        src: 'verify',
        input: ({ context: { taskId, assignment, attempt, result } }) => ({
          taskId,
          assignment,
          attempt,
          result: result ?? '',
        }),
        onDone: [
          { guard: ({ event }) => event.output.agreed, target: 'done' },
          {
            target: 'failing',
            actions: { type: 'noteDisagreed', params: ({ event }) => event.output },
          },
        ],
        onError: {
          target: 'failing',
          actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
        },
      },
      on: {
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
        // Its session may still work on it: nobody else gets it.
        onError: [
          {
            guard: 'isCancelled',
            target: 'cancelled',
            actions: { type: 'noteNotEnded', params: ({ event }) => ({ error: event.error }) },
          },
          {
            target: 'failed',
            actions: { type: 'noteNotEnded', params: ({ event }) => ({ error: event.error }) },
          },
        ],
      },
      on: {
        // An answer that was faster than Esc counts; what is done is not done again.
        'turn.ended': [
          { guard: and(['timesOut', 'isVerified']), target: 'verifying', actions: ['noteResult', 'goOn'] },
          { guard: 'timesOut', target: 'done', actions: 'noteResult' },
        ],
        // Whatever comes last: a task that somebody ends is not tried again.
        'task.cancel': { guard: 'timesOut', actions: 'noteCancel' },
        'task.stop': { guard: 'timesOut', actions: 'noteStop' },
        'deadline.passed': { guard: 'timesOut', actions: 'noteDeadline' },
        'task.refuse': [
          { guard: 'isCancelled', target: 'cancelled' },
          { target: 'failed', actions: 'noteFailure' },
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
