import { expect, it } from 'vitest';
import { createActor } from 'xstate';
import { Epoch, SlotId, TaskId } from '../../db/ids.ts';
import { type HandOverEvent, handOverMachine } from '../../machines/hand-over.ts';

const old = Epoch.parse('00000000-0000-4000-8000-000000000001');
const fresh = Epoch.parse('00000000-0000-4000-8000-000000000002');
const askedIn = TaskId.parse('00000000-0000-4000-8000-000000000003');
const carrier = TaskId.parse('00000000-0000-4000-8000-000000000004');
const input = { slotId: SlotId.parse('coder-1') };

const WAY: readonly (readonly [HandOverEvent, string])[] = [
  [{ type: 'handOver.asked', epoch: old, askedIn }, 'writing'],
  [{ type: 'handOver.written', words: 'read the parser next' }, 'renewing'],
  [{ type: 'run.began', epoch: old }, 'renewing'],
  [{ type: 'run.began', epoch: fresh }, 'carrying'],
  [{ type: 'handOver.taken', taskId: carrier }, 'carrying'],
  [{ type: 'handOver.arrived' }, 'none'],
];

it('goes from a used-up session to a fresh one, and begins anew after that', () => {
  const actor = createActor(handOverMachine, { input });
  actor.start();
  for (const [event, state] of [...WAY, ...WAY]) {
    actor.send(event);
    expect(actor.getSnapshot().value).toBe(state);
  }
});

it('goes on from every step after a restart of the daemon', () => {
  let actor = createActor(handOverMachine, { input });
  actor.start();
  for (const [event, state] of WAY) {
    actor.send(event);
    actor = createActor(handOverMachine, { input, snapshot: actor.getPersistedSnapshot() });
    actor.start();
    expect(actor.getSnapshot().value).toBe(state);
    if (state === 'carrying') expect(actor.getSnapshot().context.words).toBe('read the parser next');
  }
});

it('heeds nothing that is out of its turn', () => {
  const actor = createActor(handOverMachine, { input });
  actor.start();
  for (const [event] of WAY.slice(1)) actor.send(event);
  expect(actor.getSnapshot().value).toBe('none');
});
