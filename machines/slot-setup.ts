import { assign, fromPromise, setup } from 'xstate';
import type { Epoch, SlotId } from '../db/ids.ts';
import { failureFrom } from './failure.ts';
import { handOverMachine } from './hand-over.ts';
import { sessionMachine } from './session.ts';
import type { Launched, LaunchPlan, ProgramExit, SlotContext, SlotEvent, SlotInput } from './slot-context.ts';
import {
  type ClockLook,
  failsTooOften,
  pauseAfter,
  pauseLeft,
  quarantineFrom,
  withFailure,
} from './slot-restarts.ts';
import { stuckMachine } from './stuck.ts';

/** What the slot's actors, guards, actions and delays mean; `slot.ts` says when they are used. */
export const slotSetup = setup({
  types: {
    context: {} as SlotContext,
    events: {} as SlotEvent,
    input: {} as SlotInput,
    children: {} as { session: 'session'; stuck: 'stuck'; handOver: 'handOver' },
    /** `holdsTerminal`: the terminal of the plan is this slot's; any other is nobody's. `down`: nothing runs or is begun. */
    tags: {} as 'starting' | 'holdsTerminal' | 'down',
  },
  actors: {
    session: sessionMachine,
    /** Finds out that it is stuck, and what is to be done about it. */
    stuck: stuckMachine,
    /** Remembers how far a session whose context is used up has handed over to a fresh one. */
    handOver: handOverMachine,
    /** Chooses the epoch and the session id. */
    plan: fromPromise<
      LaunchPlan,
      {
        readonly slotId: SlotId;
        readonly previous: LaunchPlan | null;
        readonly resume: boolean;
        readonly folder: string | null;
      }
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
    clock: fromPromise<ClockLook>(() => Promise.reject(new Error('clock is not provided'))),
  },
  guards: {
    ofThisEpoch: ({ context, event }) =>
      event.type === 'terminal.exited' && event.epoch === context.plan?.epoch,
    mayRestart: ({ context }) => context.autoRestart && context.desired === 'running',
    failsTooOften: ({ context }, look: ClockLook) =>
      context.desired === 'running' && failsTooOften(context, look),
    isGone: ({ event }) => event.type === 'slot.restored' && !event.alive,
    byPerson: ({ event }) => event.type === 'slot.stop' && event.by === 'person',
    resumes: ({ context }) => context.desired === 'running' && context.renewal === 'resume',
    isWanted: ({ context }) => context.desired === 'running',
    goesOn: ({ event }) => event.type === 'slot.start' && event.resume,
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
            pause: null,
            ...(event.folder === undefined ? {} : { folder: event.folder }),
            ...(event.by === 'person' ? { crashes: 0, failedAt: [], onTrial: false } : {}),
          }
        : {},
    ),
    noteStop: assign(({ context, event }) => ({
      desired: 'stopped' as const,
      killedAt: event.type === 'slot.stop' && event.by === 'person' ? event.at : context.killedAt,
      pause: null,
    })),
    /** Shows the session its screen: one that rests draws nothing by itself. */
    look: (_, _params: { readonly slotId: SlotId; readonly epoch: Epoch | undefined }) => {},
    noteExit: assign(({ context }, { code, signal }: ProgramExit) => {
      const how = signal ? `signal ${signal}` : `code ${code ?? 'unknown'}`;
      return {
        pid: null,
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
    noteFailure: assign((_, params: { readonly error: unknown }) => ({ failure: failureFrom(params.error) })),
    noteFound: assign(({ event }) => {
      if (event.type !== 'slot.found') return {};
      const { plan, folder, pid, startedAt, autoRestart } = event;
      return { desired: 'running' as const, plan, folder, pid, startedAt, autoRestart };
    }),
    noteRenewal: assign(({ event }) =>
      event.type === 'slot.renew'
        ? {
            pid: null,
            renewal: event.resume ? ('resume' as const) : ('fresh' as const),
            ...(event.folder === undefined ? {} : { folder: event.folder }),
          }
        : {},
    ),
    endRenewal: assign({ renewal: null }),
    // The pauses begin anew; five failures within ten minutes remain five, whatever was done between them.
    noteProven: assign({ crashes: 0, onTrial: false }),
    countFailure: assign(({ context }, look: ClockLook) => withFailure(context, look)),
    setPause: assign(({ context }, look: ClockLook) => ({ pause: pauseAfter(context, look) })),
    beginQuarantine: assign(({ context }, look: ClockLook) => quarantineFrom(context, look)),
    recountPause: assign(({ context, event }) =>
      event.type === 'slot.restored' ? { pause: pauseLeft(context.pause, event.at) } : {},
    ),
    endPause: assign({ pause: null }),
    beginTrial: assign({ onTrial: true, pause: null }),
  },
  delays: {
    pause: ({ context }) => context.pause?.ms ?? 0,
  },
});
