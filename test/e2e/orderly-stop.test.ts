import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CLI, createWorld, ended, running, type World } from './world.ts';

const run = promisify(execFile);

let world: World;
beforeEach(async () => {
  world = await createWorld({ slots: [{ id: 'researcher-1', role: 'researcher', description: 'reads' }] });
});
afterEach(async () => {
  expect(await world.close()).toEqual([]);
});

const down = (...options: string[]) =>
  run(process.execPath, [CLI, 'down', '--home', world.home, ...options], { env: world.env });

test('missiond down --finish: what runs ends with its answer, what is queued waits for the next daemon', async () => {
  const first = await world.start();
  const { taskId } = await first.client.submit({ role: 'researcher', prompt: 'slow: 30' });
  await running(first.client, taskId);
  const answer = ended(first.client, taskId);
  const later = await first.client.submit({ role: 'researcher', prompt: 'say: later' });
  const { stdout } = await down('--finish');
  expect(stdout).toContain('has stopped');
  expect(await answer).toMatchObject({ status: 'done' });
  const second = await world.start();
  expect(await second.client.status({ taskId })).toMatchObject({ status: 'done' });
  expect(await ended(second.client, later.taskId)).toMatchObject({ status: 'done', result: 'later' });
});

test('missiond down parks what runs: the next daemon takes the task up again in the same conversation', async () => {
  const first = await world.start();
  const { taskId } = await first.client.submit({ role: 'researcher', prompt: 'slow: 60' });
  await running(first.client, taskId);
  const { sessionId } = await first.client.status({ taskId });
  await down();
  const second = await world.start();
  const task = await ended(second.client, taskId);
  expect(task).toMatchObject({ status: 'done', sessionId });
  const { attempts } = await second.client.status({ taskId });
  expect(attempts?.map(({ outcome }) => outcome)).toEqual(['lost', 'done']);
});

test('with --within it stops after that time all the same', async () => {
  const { client } = await world.start();
  const { taskId } = await client.submit({ role: 'researcher', prompt: 'hang' });
  await running(client, taskId);
  const { stdout } = await down('--finish', '--within', '0.02');
  expect(stdout).toContain('has stopped');
});

test('--within alone is refused', async () => {
  await world.start();
  await expect(down('--within', '5')).rejects.toThrow(/says nothing without --finish/);
});
