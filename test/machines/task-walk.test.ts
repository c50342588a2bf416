import { describe, expect, it } from 'vitest';
import { createActor, fromPromise, type SnapshotFrom, waitFor } from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph';
import { ClaudeSessionId, Epoch, SlotId, TaskId } from '../../db/ids.ts';
import { taskMachine } from '../../machines/task.ts';
import type { CheckVerdict, Recovery, TaskEvent } from '../../machines/task-events.ts';

const failure = { code: 'session_exited', message: 'It ended.' };
const assignment = {
  slotId: SlotId.parse('coder-1'),
  epoch: Epoch.parse('00000000-0000-4000-8000-000000000003'),
  sessionId: ClaudeSessionId.parse('00000000-0000-4000-8000-000000000001'),
};
const input = {
  taskId: TaskId.parse('00000000-0000-4000-8000-000000000002'),
  deadlineAt: null,
  retries: 1,
  retried: 0,
  retryBackoffMs: 1_000,
  isVerified: true,
};
const SENT: readonly TaskEvent[] = [
  { type: 'task.assign', assignment, attempt: 1, at: 1 },
  { type: 'prompt.submitted', at: 2 },
  { type: 'turn.ended', result: 'the answer', at: 3 },
  { type: 'turn.failed', failure: { ...failure, code: 'turn_failed' }, at: 3 },
  { type: 'turn.failed', failure: { ...failure, code: 'turn_interrupted' }, at: 3 },
  { type: 'session.lost', failure, at: 3 },
  { type: 'question.asked' },
  { type: 'question.closed' },
  { type: 'task.cancel', at: 4 },
  { type: 'task.refuse', failure, at: 4 },
  { type: 'task.stop', failure, at: 4 },
  { type: 'task.requeue' },
  { type: 'deadline.passed', at: 5 },
  { type: 'attempt.timedOut', timeoutMs: 10, at: 5 },
  { type: 'task.restored', at: 6 },
];
/** What the invoked actors may say; the others say nothing. */
const OUTPUTS: Readonly<Record<string, readonly (Recovery | CheckVerdict)[]>> = {
  recovering: [{ kind: 'resumed', assignment, attempt: 2 }, { kind: 'elsewhere' }, { kind: 'unbegun' }],
  verifying: [
    { agreed: true, words: '' },
    { agreed: false, words: 'Two tests fail.' },
  ],
};

type TaskSnapshot = SnapshotFrom<typeof taskMachine>;

/** How what a state invokes may end. Only `recover` tells something. */
function endsOf({ value }: TaskSnapshot): readonly TaskEvent[] {
  const state = taskMachine.states[value];
  return (state?.invoke ?? []).flatMap(({ id }) => [
    ...(OUTPUTS[value] ?? [undefined]).map((output) =>
      asEvent({ type: `xstate.done.actor.${id}`, output, actorId: id }),
    ),
    asEvent({ type: `xstate.error.actor.${id}`, error: failure, actorId: id }),
    asEvent({ type: `xstate.error.actor.${id}`, error: { ...failure, code: 'slot_not_idle' }, actorId: id }),
  ]);
}

/** The ends of invoked actors are events of XState's own, which the machine's type does not name. */
function asEvent(event: object): TaskEvent {
  return Object.assign({ type: 'task.requeue' as const }, event);
}

function walk() {
  return getAdjacencyMap(taskMachine, {
    input,
    events: (snapshot) => [...SENT, ...endsOf(snapshot)],
    serializeState: ({ value, context }) =>
      JSON.stringify([value, context.assignment !== null, context.ending, context.retried, context.attempt]),
    stopWhen: ({ context }) => context.attempt > 3,
    limit: 10_000,
  });
}

describe('every way through a task', () => {
  const map = walk();
  const states = [
    ...new Map(Object.values(map).map(({ state }) => [JSON.stringify(state.value), state])).values(),
  ];

  it('reaches every state but the one that is left at once', () => {
    const reached = new Set(states.map(({ value }) => value));
    expect(reached).toEqual(new Set(Object.keys(taskMachine.states).filter((name) => name !== 'failing')));
  });

  it('ends with what its end needs, and only what ended has an end', () => {
    for (const { nextState } of adjacencyMapToArray(map)) {
      const { value, context, status } = nextState;
      expect(status).not.toBe('error');
      expect(status === 'done').toBe(['done', 'failed', 'cancelled'].includes(String(value)));
      if (value === 'done') expect(context.result).toBe('the answer');
      if (value === 'failed') expect(context.failure).not.toBeNull();
      if (value === 'queued') expect(context.assignment).toBeNull();
      if (['delivering', 'running', 'waiting', 'recovering'].includes(String(value)))
        expect(context.assignment).not.toBeNull();
      expect(context.retried).toBeLessThanOrEqual(input.retries);
    }
  });

  it.each(
    states.filter(({ status }) => status === 'active').map((state) => [String(state.value), state] as const),
  )('restored in %s it does again what it was at, and can still be ended', async (value, state) => {
    const invoked: string[] = [];
    const begun = <Output>(name: string): Promise<Output> => {
      invoked.push(name);
      return new Promise(() => {});
    };
    const machine = taskMachine.provide({
      actors: {
        deliver: fromPromise(() => begun<void>('deliver')),
        recover: fromPromise(() => begun<Recovery>('recover')),
        verify: fromPromise(() => begun<CheckVerdict>('verify')),
        interrupt: fromPromise(async (): Promise<void> => {
          invoked.push('interrupt');
        }),
      },
    });
    const snapshot = JSON.parse(JSON.stringify(taskMachine.getPersistedSnapshot(state)));
    const actor = createActor(machine, { input, snapshot });
    actor.start();
    const doing: Readonly<Record<string, readonly string[]>> = {
      delivering: ['deliver'],
      recovering: ['recover'],
      verifying: ['verify'],
      ending: ['interrupt'],
    };
    expect(invoked).toEqual(doing[value] ?? []);
    actor.send({ type: 'task.restored', at: 7 });
    actor.send({ type: 'task.cancel', at: 8 });
    const ended = await waitFor(actor, ({ status }) => status === 'done');
    expect(['cancelled', 'failed']).toContain(ended.value);
  });
});
