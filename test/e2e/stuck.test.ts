import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorld, ended, eventOf, running, type World } from './world.ts';

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
  expect(task).toMatchObject({ status: 'done', result: expect.stringContaining('A note of missiond') });
  // The note waits behind the turn, and Claude Code sends it by itself once that is interrupted: it is the question then,
  // and no other is asked.
  const { history } = await client.ptyHistory({ slotId: 'researcher-1' });
  const heard = history.filter(({ role }) => role === 'user').map(({ content }) => content);
  expect(heard.join('\n')).not.toContain('You seemed stuck');
  const { messages } = await client.inbox({});
  expect(messages.map(({ content }) => content).join('\n')).toContain('seems stuck on this task');
});

test('a session that only thinks for long is not stuck while it counts tokens', async () => {
  const { client } = await world.start();
  const { taskId } = await client.submit({ role: 'researcher', prompt: 'think: 20' });
  const steps: string[] = [];
  await eventOf(client, (event) => {
    if (event?.type === 'slot_stuck') steps.push(event.step);
    return event?.type === 'task_changed' && event.task.id === taskId && event.task.finishedAt !== undefined
      ? event
      : undefined;
  });
  expect(steps).toEqual([]);
  expect((await client.status({ taskId })).status).toBe('done');
});

test('a Claude Code that does not even read its keys is started anew with its conversation, and the task is done', async () => {
  const { client } = await world.start();
  await client.ask({ role: 'researcher', question: 'say: warm' });
  const before = (await client.ptyStatus({ slotId: 'researcher-1' })).slots[0];
  const { taskId } = await client.submit({ role: 'researcher', prompt: 'hang' });
  await running(client, taskId);
  // One that stands still before its screen shows the turn seems to rest.
  const screen = async (): Promise<string> => (await client.ptyScreen({ slotId: 'researcher-1' })).screen;
  await expect.poll(screen, { timeout: 30_000 }).toContain('esc to interrupt');
  process.kill(before?.pid ?? 0, 'SIGSTOP');
  const steps: string[] = [];
  await eventOf(client, (event) => {
    if (event?.type === 'slot_stuck') steps.push(event.step);
    const over = ['done', 'failed'];
    return event?.type === 'task_changed' && event.task.id === taskId && over.includes(event.task.status)
      ? event
      : undefined;
  });
  const task = await client.status({ taskId });
  expect(steps.slice(0, 2)).toEqual(['nudge', 'ask']);
  expect(task).toMatchObject({ status: 'done', sessionId: before?.sessionId });
  expect((await client.ptyStatus({ slotId: 'researcher-1' })).slots[0]?.pid).not.toBe(before?.pid);
});
