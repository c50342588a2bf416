import { and, assign, setup } from 'xstate';
import type { SlotId, TaskId } from '../db/ids.ts';

/** The same tool call that fails so often in a row will not succeed by being tried again. */
const MOST_FAILED_CALLS = 5;
/** What we type is drawn and written down within this: until then only what Claude Code itself says counts as life. */
const OWN_WORDS_SETTLE_MS = 30_000;
/** The last steps that are kept with the slot. */
const KEPT_STEPS = 20;

export type StuckReason = 'silent' | 'loop' | 'failing tool';
export type StuckStep = 'nudge' | 'ask' | 'restart' | 'fail';

/** How long a busy session may show no life, milliseconds. */
export interface StuckLimits {
  readonly silentMs: number;
  /** While a tool runs: a build may print nothing for long. */
  readonly toolMs: number;
  /** How long each step may take to help. */
  readonly stepMs: number;
}

/** What was done about a stuck session. `at` is epoch milliseconds. */
export interface StuckStepTaken {
  readonly step: StuckStep;
  readonly at: number;
  readonly taskId: TaskId;
  readonly reason: StuckReason;
}

/** One look at a slot. `at` is epoch milliseconds, so that no timer has to survive a restart of the daemon. */
export interface StuckLook {
  readonly type: 'slot.looked';
  readonly at: number;
  /** The task that it works on; null when it has none. */
  readonly taskId: TaskId | null;
  /**
   * `excused`: what it waits for is known (a person, a limit, an API that is down, a compaction), a person is at the
   * keyboard, or no program runs.
   */
  readonly doing: 'excused' | 'working' | 'tool';
  /**
   * What was seen since the last look. `answer`: Claude Code has used a tool or said something. `screen`: something new
   * stands on the screen, or in the transcript. `bytes`: it draws, and nothing new. Null: not even that.
   */
  readonly sign: 'answer' | 'screen' | 'bytes' | null;
  readonly limits: StuckLimits;
}

export type StuckEvent =
  | StuckLook
  /** A tool has ended. `call` is the same for the same tool with the same argument. */
  | { readonly type: 'tool.ended'; readonly call: string; readonly failed: boolean };

export interface StuckContext {
  readonly slotId: SlotId;
  readonly taskId: TaskId | null;
  /** Since when nothing new has been seen, epoch milliseconds. Null while nothing is to be seen. */
  readonly quietSince: number | null;
  /** It has drawn since then, always the same. */
  readonly drew: boolean;
  readonly failing: { readonly call: string; readonly times: number } | null;
  /** When the last step was taken, epoch milliseconds; moved on while the session is excused. */
  readonly stepAt: number;
  /** The task that a restart has been tried for: it is not restarted twice. */
  readonly restartedFor: TaskId | null;
  readonly steps: readonly StuckStepTaken[];
}

/** What is drawn now is no longer the doing of our last step. */
function hasSettled({ at, limits }: StuckLook, { stepAt }: StuckContext): boolean {
  return at - stepAt >= Math.min(OWN_WORDS_SETTLE_MS, limits.stepMs / 2);
}

function countsAsLife(look: StuckLook, context: StuckContext): boolean {
  return look.sign === 'answer' || (look.sign === 'screen' && hasSettled(look, context));
}

const keepsFailing = ({ failing }: StuckContext): boolean => (failing?.times ?? 0) >= MOST_FAILED_CALLS;

function reasonOf(context: StuckContext): StuckReason {
  if (keepsFailing(context)) return 'failing tool';
  return context.drew ? 'loop' : 'silent';
}

/** Whether nothing new was seen for so long. */
function quietFor({ quietSince }: StuckContext, { at }: StuckLook, ms: number): boolean {
  return quietSince !== null && at - quietSince >= ms;
}

/** A context after a look. */
function afterLook(context: StuckContext, look: StuckLook): Partial<StuckContext> {
  const { at, taskId, doing } = look;
  const another = taskId !== context.taskId;
  if (taskId === null || doing === 'excused')
    return {
      taskId,
      quietSince: null,
      drew: false,
      stepAt: Math.max(context.stepAt, at),
      ...(another ? { failing: null } : {}),
    };
  if (another) return { taskId, quietSince: at, drew: false, failing: null };
  if (context.quietSince === null || countsAsLife(look, context)) return { quietSince: at, drew: false };
  return { drew: context.drew || (look.sign !== null && hasSettled(look, context)) };
}

export const stuckMachine = setup({
  types: {
    context: {} as StuckContext,
    events: {} as StuckEvent,
    input: {} as { readonly slotId: SlotId },
  },
  guards: {
    seemsStuck: ({ context, event }) =>
      event.type === 'slot.looked' &&
      event.taskId !== null &&
      event.taskId === context.taskId &&
      event.doing !== 'excused' &&
      !countsAsLife(event, context) &&
      (keepsFailing(context) ||
        quietFor(context, event, event.doing === 'tool' ? event.limits.toolMs : event.limits.silentMs)),
    /** It has worked since the last step, or is about something else. */
    hasRecovered: ({ context, event }) => {
      if (event.type !== 'slot.looked') return false;
      if (event.taskId !== context.taskId) return true;
      const stillFails = context.steps.at(-1)?.reason === 'failing tool' && context.failing !== null;
      return countsAsLife(event, context) && !stillFails;
    },
    /** The last step has had its time. */
    didNotHelp: ({ context, event }) =>
      event.type === 'slot.looked' &&
      event.doing !== 'excused' &&
      (keepsFailing(context) ||
        (event.at - context.stepAt >= event.limits.stepMs && quietFor(context, event, event.limits.stepMs))),
    wasRestarted: ({ context }) => context.restartedFor === context.taskId,
  },
  actions: {
    noteLook: assign(({ context, event }) => (event.type === 'slot.looked' ? afterLook(context, event) : {})),
    noteTool: assign(({ context, event }) => {
      if (event.type !== 'tool.ended') return {};
      if (!event.failed) return { failing: null };
      const times = context.failing?.call === event.call ? context.failing.times + 1 : 1;
      return { failing: { call: event.call, times } };
    }),
    noteStep: assign(({ context, event }, { step }: { readonly step: StuckStep }) => {
      if (event.type !== 'slot.looked' || context.taskId === null) return {};
      const { taskId } = context;
      return {
        stepAt: event.at,
        // Counted anew: the step may help.
        failing: context.failing === null ? null : { ...context.failing, times: 0 },
        ...(step === 'restart' ? { restartedFor: taskId } : {}),
        steps: [
          ...context.steps.slice(1 - KEPT_STEPS),
          { step, at: event.at, taskId, reason: reasonOf(context) },
        ],
      };
    }),
    /** Does what the last of the steps says, in the world. */
    takeStep: (_, _params: { readonly slotId: SlotId; readonly taken: StuckStepTaken | undefined }) => {},
  },
}).createMachine({
  id: 'stuck',
  context: ({ input }) => ({
    slotId: input.slotId,
    taskId: null,
    quietSince: null,
    drew: false,
    failing: null,
    stepAt: 0,
    restartedFor: null,
    steps: [],
  }),
  initial: 'calm',
  on: { 'tool.ended': { actions: 'noteTool' } },
  states: {
    calm: {
      description: 'It works, rests, or waits for something that is known.',
      on: {
        'slot.looked': [
          { guard: 'seemsStuck', target: 'nudged', actions: { type: 'noteStep', params: { step: 'nudge' } } },
          { actions: 'noteLook' },
        ],
      },
    },
    nudged: {
      description: 'It was told that it seems stuck, in words that wait for the next turn.',
      entry: {
        type: 'takeStep',
        params: ({ context }) => ({ slotId: context.slotId, taken: context.steps.at(-1) }),
      },
      on: {
        'slot.looked': [
          { guard: 'hasRecovered', target: 'calm', actions: 'noteLook' },
          { guard: 'didNotHelp', target: 'asked', actions: { type: 'noteStep', params: { step: 'ask' } } },
          { actions: 'noteLook' },
        ],
      },
    },
    asked: {
      description: 'Its turn was interrupted and it was asked what blocks it.',
      entry: {
        type: 'takeStep',
        params: ({ context }) => ({ slotId: context.slotId, taken: context.steps.at(-1) }),
      },
      on: {
        'slot.looked': [
          { guard: 'hasRecovered', target: 'calm', actions: 'noteLook' },
          {
            guard: and(['didNotHelp', 'wasRestarted']),
            target: 'givenUp',
            actions: { type: 'noteStep', params: { step: 'fail' } },
          },
          {
            guard: 'didNotHelp',
            target: 'restarted',
            actions: { type: 'noteStep', params: { step: 'restart' } },
          },
          { actions: 'noteLook' },
        ],
      },
    },
    restarted: {
      description: 'Its program was started anew, with the conversation that it had.',
      entry: {
        type: 'takeStep',
        params: ({ context }) => ({ slotId: context.slotId, taken: context.steps.at(-1) }),
      },
      on: {
        'slot.looked': [
          { guard: 'hasRecovered', target: 'calm', actions: 'noteLook' },
          {
            guard: 'didNotHelp',
            target: 'givenUp',
            actions: { type: 'noteStep', params: { step: 'fail' } },
          },
          { actions: 'noteLook' },
        ],
      },
    },
    givenUp: {
      description: 'Nothing helped: its task fails, and the slot is free for the next.',
      entry: {
        type: 'takeStep',
        params: ({ context }) => ({ slotId: context.slotId, taken: context.steps.at(-1) }),
      },
      on: {
        'slot.looked': [
          { guard: 'hasRecovered', target: 'calm', actions: 'noteLook' },
          { actions: 'noteLook' },
        ],
      },
    },
  },
});
