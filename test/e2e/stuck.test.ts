import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorld, ended, eventOf, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  const stuck = { afterMinutes: 0.1, toolMinutes: 0.2, stepMinutes: 0.1 };
  world = await createWorld({
    slots: [{ id: 'researcher-1', role: 'researcher', description: 'reads', extra: { stuck } }],
  });
});
afterEach(async () => {
  expect(await world.close()).toEqual([]);
});

test('a session whose model never answers is told so, then interrupted and asked; its answer is the task', async () => {
  const { client } = await world.start();
  const { taskId } = await client.submit({ role: 'researcher', prompt: 'hang' });
  const steps: string[] = [];
  await eventOf(client, (event) => {
    if (event?.type === 'slot_stuck') steps.push(event.step);
    return event?.type === 'slot_stuck' && event.step === 'ask' ? event : undefined;
  });
  const task = await ended(client, taskId);
  // On a busy machine our own words may be drawn so late that they look like life, once.
  expect(new Set(steps)).toEqual(new Set(['nudge', 'ask']));
  // The note had waited behind the turn; Claude Code sent it by itself once the turn was interrupted.
  expect(task).toMatchObject({ status: 'done', result: expect.stringContaining('A note of missiond') });
  expect(world.model.requests().filter(({ prompt }) => prompt.includes('You seemed stuck'))).toEqual([]);
  const { messages } = await client.inbox({});
  expect(messages.map(({ content }) => content).join('\n')).toContain('seems stuck on this task');
});
