import { assign, fromPromise, sendTo, setup } from 'xstate';
import type { ClaudeSessionId, Epoch, Role, SlotId } from '../db/ids.ts';
import { failureFrom, type MachineFailure } from './failure.ts';
import { type SessionEvent, sessionMachine } from './session.ts';

/** First pause before a crashed session is started again; doubles with every further crash. */
const FIRST_BACKOFF_MS = 1_000;
/** A session that keeps crashing is tried at most this often per minute. */
const LONGEST_BACKOFF_MS = 60_000;
/** After so many crashes in a row the slot stops and says why, instead of trying for ever. */
const MOST_CRASHES = 5;

/** Who a launch is for: chosen before anything is started, so that a restored slot never starts a second one. */
export interface LaunchPlan {
  readonly epoch: Epoch;
  readonly sessionId: ClaudeSessionId;
  readonly resume: boolean;
}

export interface SlotContext {
  readonly slotId: SlotId;
  readonly role: Role;
  readonly desired: 'running' | 'stopped';
  /**
   * When a person ended the slot, epoch milliseconds: it stays down, over a restart of the daemon too, until somebody
   * starts it or gives it a task after that. Null while nobody has.
   */
  readonly killedAt: number | null;
  readonly autoRestart: boolean;
  readonly mcpConfigPath: string | null;
  readonly plan: LaunchPlan | null;
  readonly pid: number | null;
  readonly startedAt: number | null;
  readonly crashes: number;
  readonly failure: MachineFailure | null;
}

export interface SlotStart {
  readonly type: 'slot.start';
  readonly autoRestart: boolean;
  readonly mcpConfigPath?: string;
  /** Continue the conversation that the slot had before, when there is one. */
  readonly resume: boolean;
}

export type SlotEvent =
  | SlotStart
  /** `daemon`: it goes down with the daemon, and comes up with it when its configuration says so. */
  | { readonly type: 'slot.stop'; readonly by: 'person' | 'daemon'; readonly at: number }
  /** The daemon came back; `alive` says whether the host still holds the terminal of this slot. */
  | { readonly type: 'slot.restored'; readonly alive: boolean; readonly at: number }
  /** A program of this slot runs, and all that is known of it are the columns of its rows. */
  | {
      readonly type: 'slot.found';
      readonly plan: LaunchPlan;
      readonly pid: number | null;
      readonly startedAt: number;
      readonly autoRestart: boolean;
    }
  /** Claude Code has come to the end of a turn: the crashes before it are no row of crashes any more. */
  | { readonly type: 'slot.proven' }
  | { readonly type: 'signal'; readonly signal: SessionEvent }
  | {
      readonly type: 'terminal.exited';
      readonly epoch: Epoch;
      readonly code: number | null;
      readonly signal: number | null;
      readonly at: number;
    };

export interface ProgramExit {
  readonly code: number | null;
  readonly signal: number | null;
}

export interface Launched {
  readonly pid: number;
  readonly startedAt: number;
  /** How it has ended already: it was started by the last daemon. */
  readonly exit: ProgramExit | null;
}

const UNKNOWN_EXIT: ProgramExit = { code: null, signal: null };

export const slotMachine = setup({
  types: {
    context: {} as SlotContext,
    events: {} as SlotEvent,
    input: {} as { readonly slotId: SlotId; readonly role: Role; readonly killedAt?: number | null },
    children: {} as { session: 'session' },
    /** `holdsTerminal`: the terminal of the plan is this slot's; any other is nobody's. */
    tags: {} as 'starting' | 'holdsTerminal',
  },
  actors: {
    session: sessionMachine,
    /** Chooses the epoch and the session id. */
    plan: fromPromise<
      LaunchPlan,
      { readonly slotId: SlotId; readonly previous: LaunchPlan | null; readonly resume: boolean }
    >(() => Promise.reject(new Error('plan is not provided'))),
    /** Starts the program, or finds it already running under the same epoch. */
    launch: fromPromise<
      Launched,
      { readonly slotId: SlotId; readonly plan: LaunchPlan | null; readonly mcpConfigPath: string | null }
    >(() => Promise.reject(new Error('launch is not provided'))),
    /** Ends the process group and forgets the terminal. */
    terminate: fromPromise<void, { readonly slotId: SlotId; readonly plan: LaunchPlan | null }>(() =>
      Promise.reject(new Error('terminate is not provided')),
    ),
  },
  guards: {
    ofThisEpoch: ({ context, event }) =>
      event.type === 'terminal.exited' && event.epoch === context.plan?.epoch,
    mayRestart: ({ context }) =>
      context.autoRestart && context.desired === 'running' && context.crashes < MOST_CRASHES,
    isGone: ({ event }) => event.type === 'slot.restored' && !event.alive,
  },
  actions: {
    noteStart: assign(({ event }) =>
      event.type === 'slot.start'
        ? {
            desired: 'running' as const,
            killedAt: null,
            autoRestart: event.autoRestart,
            mcpConfigPath: event.mcpConfigPath ?? null,
            failure: null,
            crashes: 0,
          }
        : {},
    ),
    noteStop: assign(({ context, event }) => ({
      desired: 'stopped' as const,
      killedAt: event.type === 'slot.stop' && event.by === 'person' ? event.at : context.killedAt,
    })),
    /** Shows the session its screen: one that rests draws nothing by itself. */
    look: (_, _params: { readonly slotId: SlotId; readonly epoch: Epoch | undefined }) => {},
    noteExit: assign(({ context }, { code, signal }: ProgramExit) => {
      const how = signal ? `signal ${signal}` : `code ${code ?? 'unknown'}`;
      return {
        pid: null,
        crashes: context.crashes + 1,
        failure: {
          code: 'session_exited',
          message: `Claude Code in slot ${context.slotId} ended with ${how}.`,
        },
      };
    }),
    noteLost: assign(({ context }) => ({
      pid: null,
      failure: {
        code: 'session_exited',
        message: `The terminal of slot ${context.slotId} was gone when the daemon came back.`,
      },
    })),
    noteFound: assign(({ event }) => {
      if (event.type !== 'slot.found') return {};
      const { plan, pid, startedAt, autoRestart } = event;
      return { desired: 'running' as const, plan, pid, startedAt, autoRestart };
    }),
    noteProven: assign({ crashes: 0 }),
  },
  delays: {
    backoff: ({ context }) =>
      Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.max(0, context.crashes - 1)),
  },
}).createMachine({
  id: 'slot',
  context: ({ input }) => ({
    slotId: input.slotId,
    role: input.role,
    desired: 'stopped',
    killedAt: input.killedAt ?? null,
    autoRestart: false,
    mcpConfigPath: null,
    plan: null,
    pid: null,
    startedAt: null,
    crashes: 0,
    failure: null,
  }),
  initial: 'stopped',
  states: {
    stopped: {
      description: 'No program runs. `failure` says why when that was not asked for.',
      on: {
        'slot.start': [
          { guard: ({ event }) => event.resume, target: 'resuming', actions: 'noteStart' },
          { target: 'planning', actions: 'noteStart' },
        ],
        'slot.found': { target: 'live', actions: 'noteFound' },
        'slot.stop': { actions: 'noteStop' },
      },
    },
    planning: {
      description: 'A fresh epoch and a fresh session id are chosen and stored before anything starts.',
      tags: 'starting',
      invoke: {
        src: 'plan',
        input: ({ context }) => ({ slotId: context.slotId, previous: context.plan, resume: false }),
        onDone: { target: 'launching', actions: assign({ plan: ({ event }) => event.output }) },
        onError: { target: 'stopped', actions: assign({ failure: ({ event }) => failureFrom(event.error) }) },
      },
      on: { 'slot.stop': { target: 'stopped', actions: 'noteStop' } },
    },
    resuming: {
      description:
        'A fresh epoch is chosen for the conversation that the slot had; a fresh one when it had none yet.',
      tags: 'starting',
      invoke: {
        src: 'plan',
        input: ({ context }) => ({ slotId: context.slotId, previous: context.plan, resume: true }),
        onDone: { target: 'launching', actions: assign({ plan: ({ event }) => event.output }) },
        onError: { target: 'stopped', actions: assign({ failure: ({ event }) => failureFrom(event.error) }) },
      },
      on: { 'slot.stop': { target: 'stopped', actions: 'noteStop' } },
    },
    launching: {
      description: 'The program is being started in a pseudo-terminal.',
      tags: ['starting', 'holdsTerminal'],
      invoke: {
        src: 'launch',
        input: ({ context }) => ({
          slotId: context.slotId,
          plan: context.plan,
          mcpConfigPath: context.mcpConfigPath,
        }),
        onDone: [
          {
            guard: ({ event }) => event.output.exit !== null,
            target: 'ended',
            actions: { type: 'noteExit', params: ({ event }) => event.output.exit ?? UNKNOWN_EXIT },
          },
          {
            target: 'live',
            actions: assign({
              pid: ({ event }) => event.output.pid,
              startedAt: ({ event }) => event.output.startedAt,
            }),
          },
        ],
        onError: {
          target: 'stopped',
          actions: assign({ failure: ({ event }) => failureFrom(event.error), desired: 'stopped' }),
        },
      },
      on: {
        'slot.stop': { target: 'stopping', actions: 'noteStop' },
        // It can end before the host has told that it runs.
        'terminal.exited': {
          guard: 'ofThisEpoch',
          target: 'ended',
          actions: { type: 'noteExit', params: ({ event }) => event },
        },
      },
    },
    live: {
      description: 'Claude Code runs; the session machine says what it does.',
      tags: 'holdsTerminal',
      entry: {
        type: 'look',
        params: ({ context }) => ({ slotId: context.slotId, epoch: context.plan?.epoch }),
      },
      invoke: {
        src: 'session',
        id: 'session',
        input: ({ context }) => ({
          // A live slot always has a plan; an impossible epoch would be ignored by every signal.
          epoch: context.plan?.epoch ?? '',
          sessionId: context.plan?.sessionId ?? '',
          at: context.startedAt ?? 0,
        }),
      },
      on: {
        signal: { actions: sendTo('session', ({ event }) => event.signal) },
        'slot.proven': { actions: 'noteProven' },
        'slot.stop': { target: 'stopping', actions: 'noteStop' },
        'slot.restored': [
          { guard: 'isGone', target: 'ended', actions: 'noteLost' },
          {
            actions: sendTo('session', ({ context, event }) => ({
              type: 'session.restored' as const,
              epoch: context.plan?.epoch ?? '',
              at: event.at,
            })),
          },
        ],
        'terminal.exited': {
          guard: 'ofThisEpoch',
          target: 'ended',
          actions: { type: 'noteExit', params: ({ event }) => event },
        },
      },
    },
    ended: {
      description: 'The program ended on its own; its terminal is put away before anything else happens.',
      tags: 'holdsTerminal',
      invoke: {
        src: 'terminate',
        input: ({ context }) => ({ slotId: context.slotId, plan: context.plan }),
        onDone: [{ guard: 'mayRestart', target: 'backingOff' }, { target: 'stopped' }],
        onError: [{ guard: 'mayRestart', target: 'backingOff' }, { target: 'stopped' }],
      },
      on: { 'slot.stop': { actions: 'noteStop' } },
    },
    backingOff: {
      description: 'A crashed session is resumed after a pause that doubles with each crash.',
      after: { backoff: 'resuming' },
      on: {
        'slot.start': { target: 'resuming', actions: 'noteStart' },
        'slot.stop': { target: 'stopped', actions: 'noteStop' },
        // `after` is not re-armed by a restored snapshot.
        'slot.restored': 'resuming',
      },
    },
    stopping: {
      description: 'The process group is being ended; a start that is under way is called off first.',
      tags: 'holdsTerminal',
      invoke: {
        src: 'terminate',
        input: ({ context }) => ({ slotId: context.slotId, plan: context.plan }),
        onDone: { target: 'stopped', actions: assign({ pid: null, failure: null }) },
        onError: {
          target: 'stopped',
          actions: assign({ pid: null, failure: ({ event }) => failureFrom(event.error) }),
        },
      },
    },
  },
});
