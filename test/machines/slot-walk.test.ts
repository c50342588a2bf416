import { describe, expect, it } from 'vitest';
import { createActor, fromPromise, type SnapshotFrom, waitFor } from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph';
import { ClaudeSessionId, Epoch, Role, SlotId } from '../../db/ids.ts';
import { type Launched, type LaunchPlan, type SlotEvent, slotMachine } from '../../machines/slot.ts';

const epoch = Epoch.parse('00000000-0000-4000-8000-000000000003');
const sessionId = ClaudeSessionId.parse('00000000-0000-4000-8000-000000000001');
const input = { slotId: SlotId.parse('coder-1'), role: Role.parse('coder') };
const AT = Date.parse('2026-06-15T12:00:00Z');

const SENT: readonly SlotEvent[] = [
  { type: 'slot.start', by: 'person', autoRestart: true, resume: false },
  { type: 'slot.start', by: 'daemon', autoRestart: false, resume: true },
  { type: 'slot.stop', by: 'person', at: AT },
  { type: 'slot.stop', by: 'daemon', at: AT },
  { type: 'slot.restored', alive: true, at: AT },
  { type: 'slot.restored', alive: false, at: AT },
  { type: 'slot.renew', resume: true },
  { type: 'slot.renew', resume: false },
  { type: 'slot.proven' },
  { type: 'terminal.exited', epoch, code: 1, signal: null, at: AT },
];
/** What the invoked actors may say; the others say nothing. */
const OUTPUTS: Readonly<Record<string, readonly unknown[]>> = {
  planning: [{ epoch, sessionId, resume: false }],
  resuming: [{ epoch, sessionId, resume: true }],
  launching: [
    { pid: 1, startedAt: AT, exit: null },
    { pid: 1, startedAt: AT, exit: { code: 1, signal: null } },
  ],
  failing: [{ at: AT, chance: 0 }],
};

type SlotSnapshot = SnapshotFrom<typeof slotMachine>;

/** What XState itself sends has types of its own, which the machine's type does not name. */
function asEvent(event: object): SlotEvent {
  return Object.assign({ type: 'slot.proven' as const }, event);
}

/** How what a state invokes may end, and the end of its pause. The session of a live slot does not end. */
function endsOf({ value }: SlotSnapshot): readonly SlotEvent[] {
  const state = slotMachine.states[value];
  if (state === undefined) throw new Error(`there is no state ${value}`);
  const ends = (value === 'live' ? [] : state.invoke).flatMap(({ id }) => [
    ...(OUTPUTS[value] ?? [undefined]).map((output) =>
      asEvent({ type: `xstate.done.actor.${id}`, output, actorId: id }),
    ),
    asEvent({ type: `xstate.error.actor.${id}`, error: new Error('it failed'), actorId: id }),
  ]);
  return state.after.length === 0 ? ends : [...ends, asEvent({ type: `xstate.after.pause.slot.${value}` })];
}

const map = getAdjacencyMap(slotMachine, {
  input,
  events: (snapshot) => [...SENT, ...endsOf(snapshot)],
  serializeState: ({ value, context }) =>
    JSON.stringify([
      value,
      context.desired,
      context.autoRestart,
      context.killedAt !== null,
      context.onTrial,
      context.failedAt.length,
      context.renewal,
      context.pause !== null,
    ]),
  limit: 20_000,
});
const states = [
  ...new Map(Object.values(map).map(({ state }) => [JSON.stringify(state.value), state])).values(),
];

describe('every way through a slot', () => {
  it('reaches every state', () => {
    expect(new Set(states.map(({ value }) => value))).toEqual(new Set(Object.keys(slotMachine.states)));
  });

  it('starts nothing that a person has ended, and names a time exactly while it waits for one', () => {
    for (const { nextState } of adjacencyMapToArray(map)) {
      const { value, context, status } = nextState;
      expect(status).toBe('active');
      if (['planning', 'resuming', 'launching', 'live'].includes(value)) expect(context.killedAt).toBeNull();
      expect([value, context.pause !== null]).toEqual([value, ['backingOff', 'quarantined'].includes(value)]);
      if (value === 'quarantined') expect(context.failure?.code).toBe('slot_quarantined');
      if (['launching', 'live'].includes(value)) expect(context.plan).not.toBeNull();
    }
  });

  it.each(states.map((state) => [state.value, state] as const))(
    'restored in %s it goes on, and a person can end it',
    async (_, state) => {
      const machine = slotMachine.provide({
        actors: {
          plan: fromPromise(
            async (): Promise<LaunchPlan> => ({ epoch, sessionId, resume: false, cwd: '/tmp' }),
          ),
          launch: fromPromise(async (): Promise<Launched> => ({ pid: 1, startedAt: AT, exit: null })),
          terminate: fromPromise(async () => {}),
          clock: fromPromise(async () => ({ at: AT, chance: 0 })),
        },
      });
      const snapshot = JSON.parse(JSON.stringify(slotMachine.getPersistedSnapshot(state)));
      const actor = createActor(machine, { input, snapshot });
      actor.start();
      actor.send({ type: 'slot.restored', alive: true, at: AT });
      const settled = await waitFor(actor, ({ value }) =>
        ['live', 'stopped', 'backingOff', 'quarantined'].includes(value),
      );
      expect(settled.children.stuck).toBeDefined();
      actor.send({ type: 'slot.stop', by: 'person', at: AT });
      await waitFor(actor, ({ value }) => value === 'stopped');
      expect(actor.getSnapshot().context.killedAt).toBe(AT);
      actor.stop();
    },
  );
});
