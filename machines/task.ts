import { assign, fromPromise, setup } from 'xstate';
import type { ClaudeSessionId, Epoch, SlotId, TaskId } from '../db/ids.ts';
import { failureFrom, type MachineFailure } from './failure.ts';

/** Why a prompt was not typed although the slot looked ready: a person was faster, or the screen moved. Nothing was lost. */
const NOT_NOW: ReadonlySet<string> = new Set(['slot_not_idle', 'composer_occupied']);

/** The run of a session that a task was given to. */
export interface Assignment {
  readonly slotId: SlotId;
  readonly epoch: Epoch;
  readonly sessionId: ClaudeSessionId;
}

export interface TaskContext {
  readonly taskId: TaskId;
  readonly assignment: Assignment | null;
  /** Epoch milliseconds, on the wall clock: `after` timers do not survive a restart. */
  readonly deadlineAt: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly result: string | null;
  readonly failure: MachineFailure | null;
  /** Set when a person or the deadline asked for the end; the final state follows from it. */
  readonly ending: 'cancelled' | 'failed' | null;
}

export type TaskEvent =
  | { readonly type: 'task.assign'; readonly assignment: Assignment; readonly at: number }
  /** UserPromptSubmit carried this task's words. */
  | { readonly type: 'prompt.submitted'; readonly at: number }
  | { readonly type: 'turn.ended'; readonly result: string; readonly at: number }
  | { readonly type: 'turn.failed'; readonly failure: MachineFailure; readonly at: number }
  | { readonly type: 'question.asked' }
  | { readonly type: 'question.closed' }
  | { readonly type: 'task.cancel'; readonly at: number }
  | { readonly type: 'task.refuse'; readonly failure: MachineFailure; readonly at: number }
  /** It must not go on (a budget is spent, nothing helps a stuck session): the session is interrupted first. */
  | { readonly type: 'task.stop'; readonly failure: MachineFailure; readonly at: number }
  /** The session was killed before the prompt had arrived. */
  | { readonly type: 'task.requeue' }
  | { readonly type: 'deadline.passed'; readonly at: number }
  | { readonly type: 'task.restored'; readonly at: number };

export const taskMachine = setup({
  types: {
    context: {} as TaskContext,
    events: {} as TaskEvent,
    input: {} as { readonly taskId: TaskId; readonly deadlineAt: number | null },
  },
  actors: {
    /** Types the prompt and sees it confirmed. Resolves when UserPromptSubmit carried the words. */
    deliver: fromPromise<void, { readonly taskId: TaskId; readonly assignment: Assignment | null }>(() =>
      Promise.reject(new Error('deliver is not provided')),
    ),
    /** Presses Esc once and sees the session leave its turn. */
    interrupt: fromPromise<void, { readonly taskId: TaskId; readonly assignment: Assignment | null }>(() =>
      Promise.reject(new Error('interrupt is not provided')),
    ),
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
    noteDeliveryFailed: assign((_, params: { readonly error: unknown }) => ({
      failure: failureFrom(params.error),
    })),
    forgetAssignment: assign({ assignment: null, startedAt: null }),
  },
}).createMachine({
  id: 'task',
  context: ({ input }) => ({
    taskId: input.taskId,
    assignment: null,
    deadlineAt: input.deadlineAt,
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
          actions: assign({ assignment: ({ event }) => event.assignment }),
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
            actions: 'forgetAssignment',
          },
          {
            target: 'failed',
            actions: { type: 'noteDeliveryFailed', params: ({ event }) => ({ error: event.error }) },
          },
        ],
      },
      on: {
        'prompt.submitted': { target: 'running', actions: 'noteStarted' },
        'task.requeue': { target: 'queued', actions: 'forgetAssignment' },
        'turn.failed': { target: 'failed', actions: 'noteFailure' },
        'task.cancel': { target: 'ending', actions: 'noteCancel' },
        'task.stop': { target: 'ending', actions: 'noteStop' },
        'deadline.passed': { target: 'ending', actions: 'noteDeadline' },
      },
    },
    running: {
      description: 'Claude Code works on it.',
      on: {
        'prompt.submitted': { actions: 'noteStarted' },
        'turn.ended': { target: 'done', actions: 'noteResult' },
        'turn.failed': { target: 'failed', actions: 'noteFailure' },
        'question.asked': 'waiting',
        'task.cancel': { target: 'ending', actions: 'noteCancel' },
        'task.stop': { target: 'ending', actions: 'noteStop' },
        'deadline.passed': { target: 'ending', actions: 'noteDeadline' },
      },
    },
    waiting: {
      description: 'The turn waits for an answer of a person or the orchestrator.',
      on: {
        'question.closed': 'running',
        'turn.ended': { target: 'done', actions: 'noteResult' },
        'turn.failed': { target: 'failed', actions: 'noteFailure' },
        'task.cancel': { target: 'ending', actions: 'noteCancel' },
        'task.stop': { target: 'ending', actions: 'noteStop' },
        'deadline.passed': { target: 'ending', actions: 'noteDeadline' },
      },
    },
    ending: {
      description: 'The session is being interrupted before the task is called cancelled or failed.',
      invoke: {
        src: 'interrupt',
        input: ({ context }) => ({ taskId: context.taskId, assignment: context.assignment }),
        onDone: [
          { guard: ({ context }) => context.ending === 'failed', target: 'failed' },
          { target: 'cancelled' },
        ],
        onError: [
          { guard: ({ context }) => context.ending === 'failed', target: 'failed' },
          { target: 'cancelled' },
        ],
      },
    },
    done: { description: 'The exact answer is in `result`.', type: 'final' },
    failed: { description: 'The reason is in `failure`.', type: 'final' },
    cancelled: { description: 'Ended because somebody asked for it.', type: 'final' },
  },
});
