import { describe, expect, it } from 'vitest';
import { createActor, fromPromise, waitFor } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import { DeliveryId } from '../../db/ids.ts';
import { deliveryMachine } from '../../machines/delivery.ts';

const deliveryId = DeliveryId.parse('8f14e45f-ceea-4671-a1d5-0f7a3c1a2b3c');

function start(outcomes: readonly (string | null)[]) {
  let calls = 0;
  const machine = deliveryMachine.provide({
    actors: {
      typePrompt: fromPromise(async () => {
        const code = outcomes[calls];
        calls += 1;
        if (code !== null && code !== undefined) {
          throw Object.assign(new Error('not now'), { code, remedy: 'wait' });
        }
        if (code === undefined) await new Promise(() => {});
      }),
    },
  });
  const actor = createActor(machine, { input: { deliveryId } });
  actor.start();
  return actor;
}

describe('the way of a prompt', () => {
  it('goes from the queue through the box to an answer', async () => {
    const actor = start([]);
    actor.send({ type: 'slot.free' });
    expect(actor.getSnapshot().value).toEqual({ atWork: 'typing' });
    actor.send({ type: 'prompt.typed', at: 1 });
    expect(actor.getSnapshot().value).toEqual({ atWork: 'typed' });
    actor.send({ type: 'prompt.submitted', at: 2 });
    actor.send({ type: 'turn.ended', at: 3 });
    expect(actor.getSnapshot()).toMatchObject({
      value: 'answered',
      status: 'done',
      context: { attempts: 1, typedAt: 1, submittedAt: 2, answeredAt: 3, failure: null },
    });
  });

  it.each(['slot_not_idle', 'composer_occupied'])('waits again after %s', async (code) => {
    const actor = start([code]);
    actor.send({ type: 'slot.free' });
    const waiting = await waitFor(actor, (snapshot) => snapshot.matches('queued'));
    expect(waiting.context.failure).toEqual({ code, message: 'not now', remedy: 'wait' });
    actor.send({ type: 'slot.free' });
    actor.send({ type: 'prompt.submitted', at: 9 });
    expect(actor.getSnapshot()).toMatchObject({
      value: 'submitted',
      context: { attempts: 2, failure: null },
    });
    actor.stop();
  });

  it('is refused for good when the text was typed and never confirmed', async () => {
    const actor = start(['delivery_failed']);
    actor.send({ type: 'slot.free' });
    const refused = await waitFor(actor, (snapshot) => snapshot.status === 'done');
    expect(refused).toMatchObject({ value: 'refused', context: { failure: { code: 'delivery_failed' } } });
  });

  it('gives up on a session that is never free', async () => {
    const actor = start(Array.from({ length: 20 }, () => 'slot_not_idle'));
    while (actor.getSnapshot().status !== 'done') {
      actor.send({ type: 'slot.free' });
      await waitFor(actor, (snapshot) => !snapshot.matches('atWork'));
    }
    expect(actor.getSnapshot()).toMatchObject({ value: 'refused', context: { attempts: 8 } });
  });

  it('has a description for every state, and reaches each without a throw', () => {
    const paths = getShortestPaths(deliveryMachine, {
      input: { deliveryId },
      events: [
        { type: 'slot.free' },
        { type: 'prompt.typed', at: 1 },
        { type: 'prompt.submitted', at: 2 },
        { type: 'turn.ended', at: 3 },
        { type: 'delivery.refuse', failure: { code: 'cancelled', message: 'called off' } },
      ],
      limit: 500,
      serializeState: (snapshot) => JSON.stringify([snapshot.value, snapshot.context]),
      stopWhen: (snapshot) => 'context' in snapshot && snapshot.context.attempts > 2,
    });
    const reached = new Set(paths.map((path) => JSON.stringify(path.state.value)));
    expect([...reached].sort()).toEqual(
      [
        '"answered"',
        '"queued"',
        '"refused"',
        '"submitted"',
        '{"atWork":"typed"}',
        '{"atWork":"typing"}',
      ].sort(),
    );
  });
});
