import { assign, sendTo } from 'xstate';
import { failureFrom } from './failure.ts';
import { newSlot, type ProgramExit } from './slot-context.ts';
import { slotSetup } from './slot-setup.ts';

export type { Launched, LaunchPlan, SlotEvent } from './slot-context.ts';

const UNKNOWN_EXIT: ProgramExit = { code: null, signal: null };

/** One slot: whether a program runs in it, is started, ended or left alone. What the program does is its session's. */
export const slotMachine = slotSetup.createMachine({
  id: 'slot',
  context: ({ input }) => newSlot(input),
  initial: 'stopped',
  invoke: [
    { src: 'stuck', id: 'stuck', input: ({ context }) => ({ slotId: context.slotId }) },
    { src: 'handOver', id: 'handOver', input: ({ context }) => ({ slotId: context.slotId }) },
  ],
  on: {
    'slot.watched': { actions: sendTo('stuck', ({ event }) => event.event) },
    'slot.handsOver': { actions: sendTo('handOver', ({ event }) => event.event) },
  },
  states: {
    stopped: {
      description: 'No program runs. `failure` says why when that was not asked for.',
      tags: 'down',
      on: {
        'slot.start': [
          { guard: 'goesOn', target: 'resuming', actions: 'noteStart' },
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
        input: ({ context: { slotId, plan, folder } }) => ({ slotId, previous: plan, resume: false, folder }),
        onDone: { target: 'launching', actions: assign({ plan: ({ event }) => event.output }) },
        onError: {
          target: 'failing',
          actions: { type: 'noteFailure', params: ({ event }) => ({ error: event.error }) },
        },
      },
      on: { 'slot.stop': { target: 'stopped', actions: 'noteStop' } },
    },
    resuming: {
      description:
        'A fresh epoch is chosen for the conversation that the slot had; a fresh one when it had none yet.',
      tags: 'starting',
      invoke: {
        src: 'plan',
        input: ({ context: { slotId, plan, folder } }) => ({ slotId, previous: plan, resume: true, folder }),
        onDone: { target: 'launching', actions: assign({ plan: ({ event }) => event.output }) },
        onError: {
          target: 'failing',
          actions: { type: 'noteFailure', params: ({ event }) => ({ error: event.error }) },
        },
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
        // The host may have begun: what came of it is put away as that of an ended program is.
        onError: {
          target: 'ended',
          actions: { type: 'noteFailure', params: ({ event }) => ({ error: event.error }) },
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
        'slot.renew': { target: 'renewing', actions: 'noteRenewal' },
        'slot.stop': { target: 'stopping', actions: 'noteStop' },
        'slot.restored': [
          { guard: 'isGone', target: 'lost', actions: 'noteLost' },
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
      description: 'The program ended on its own, or could not start; its terminal is put away first.',
      tags: 'holdsTerminal',
      invoke: {
        src: 'terminate',
        input: ({ context }) => ({ slotId: context.slotId, plan: context.plan }),
        onDone: 'failing',
        onError: 'failing',
      },
      on: { 'slot.stop': { actions: 'noteStop' } },
    },
    renewing: {
      description: 'The program is ended, to be started anew at once.',
      tags: ['starting', 'holdsTerminal'],
      invoke: {
        src: 'terminate',
        input: ({ context }) => ({ slotId: context.slotId, plan: context.plan }),
        onDone: [
          { guard: 'resumes', target: 'resuming', actions: 'endRenewal' },
          { guard: 'isWanted', target: 'planning', actions: 'endRenewal' },
          { target: 'stopped', actions: 'endRenewal' },
        ],
        onError: {
          target: 'ended',
          actions: [{ type: 'noteFailure', params: ({ event }) => ({ error: event.error }) }, 'endRenewal'],
        },
      },
      on: { 'slot.stop': { actions: 'noteStop' } },
    },
    lost: {
      description:
        'The process that held the terminals has ended: no failure of this slot. What it left behind is ended first.',
      tags: 'holdsTerminal',
      invoke: {
        src: 'terminate',
        input: ({ context }) => ({ slotId: context.slotId, plan: context.plan }),
        // Whoever had started it: it ran, and nobody had ended it.
        onDone: [{ guard: 'isWanted', target: 'resuming' }, { target: 'stopped' }],
        onError: [{ guard: 'isWanted', target: 'resuming' }, { target: 'stopped' }],
      },
      on: { 'slot.stop': { actions: 'noteStop' } },
    },
    failing: {
      description: 'It has failed; the wall clock is asked whether and when it is tried again.',
      invoke: {
        src: 'clock',
        onDone: [
          {
            guard: { type: 'failsTooOften', params: ({ event }) => event.output },
            target: 'quarantined',
            actions: [
              { type: 'countFailure', params: ({ event }) => event.output },
              { type: 'beginQuarantine', params: ({ event }) => event.output },
            ],
          },
          {
            guard: 'mayRestart',
            target: 'backingOff',
            actions: [
              { type: 'countFailure', params: ({ event }) => event.output },
              { type: 'setPause', params: ({ event }) => event.output },
            ],
          },
          { target: 'stopped', actions: { type: 'countFailure', params: ({ event }) => event.output } },
        ],
        onError: 'stopped',
      },
      on: { 'slot.stop': { actions: 'noteStop' } },
    },
    backingOff: {
      description: 'What failed is resumed after a pause that doubles with each failure in a row.',
      after: { pause: { target: 'resuming', actions: 'endPause' } },
      on: {
        'slot.start': { target: 'resuming', actions: 'noteStart' },
        'slot.stop': { target: 'stopped', actions: 'noteStop' },
        // `after` is not armed again by a restored snapshot.
        'slot.restored': { target: 'backingOff', reenter: true, actions: 'recountPause' },
      },
    },
    quarantined: {
      description: 'It failed too often and is left alone: until a person starts it, or for one trial later.',
      tags: 'down',
      after: {
        pause: [
          { guard: 'mayRestart', target: 'resuming', actions: 'beginTrial' },
          { target: 'stopped', actions: 'beginTrial' },
        ],
      },
      on: {
        'slot.start': { target: 'planning', actions: 'noteStart' },
        // One that goes down with the daemon is in quarantine when the daemon comes back.
        'slot.stop': { guard: 'byPerson', target: 'stopped', actions: 'noteStop' },
        // `after` is not armed again by a restored snapshot.
        'slot.restored': { target: 'quarantined', reenter: true, actions: 'recountPause' },
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
