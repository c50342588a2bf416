import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createWorld, ended, eventOf, type World } from './world.ts';

const slotOf = (id: string, role: string, by: 'handOver' | 'compact') => ({
  id,
  role,
  description: 'reads',
  extra: { context: { handOverBelowPercent: 60, by } },
});

let world: World;
beforeEach(async () => {
  world = await createWorld({
    slots: [slotOf('researcher-1', 'researcher', 'handOver'), slotOf('coder-1', 'coder', 'compact')],
  });
});
afterEach(async () => {
  expect(await world.close()).toEqual([]);
});

test('a session whose context is used up writes a hand-over, and the next task begins with it in a fresh one', async () => {
  const { client } = await world.start();
  const first = await client.submit({ role: 'researcher', prompt: 'usage: 600000' });
  const before = await ended(client, first.taskId);
  await eventOf(client, (event) =>
    event?.type === 'slot_changed' && event.slot.handOver === 'writing' ? event : undefined,
  );
  const second = await client.submit({ role: 'researcher', prompt: 'go on with the parser' });
  const after = await ended(client, second.taskId);
  expect(before.status).toBe('done');
  expect(after).toMatchObject({ status: 'done', result: expect.stringContaining('You said: You go on') });
  expect(after.sessionId).not.toBe(before.sessionId);
  const asked = world.model.requests().map(({ prompt }) => prompt);
  const carried = asked.find((prompt) => prompt.includes('go on with the parser'));
  expect(asked.some((prompt) => prompt.startsWith('The context of this session is nearly used up'))).toBe(
    true,
  );
  // The model of the test answers with what it was told: that is its hand-over.
  expect(carried).toMatch(
    /^You go on in the place of an earlier session[\s\S]*You said: The context of this session/,
  );
  await eventOf(client, (event) =>
    event?.type === 'slot_changed' && event.slot.handOver === 'carrying' ? event : undefined,
  );
});

test('by configuration Claude Code sums it up instead, in the same session', async () => {
  const { client } = await world.start();
  const first = await client.submit({ role: 'coder', prompt: 'usage: 600000' });
  const before = await ended(client, first.taskId);
  await vi.waitFor(() => expect(world.model.answers().map(({ kind }) => kind)).toContain('summary'), {
    timeout: 30_000,
    interval: 100,
  });
  const second = await client.submit({ role: 'coder', prompt: 'usage: 1200' });
  const after = await ended(client, second.taskId);
  expect(after).toMatchObject({ status: 'done', result: 'Counted 1200 tokens.' });
  expect(after.sessionId).toBe(before.sessionId);
});
