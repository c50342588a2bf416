import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, type Daemon, ended, type World } from './world.ts';

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld();
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

test('a task waits for two others, gets their results, and keeps to its priority and its key', async () => {
  const { client } = daemon;
  const first = await client.submit({ role: 'researcher', prompt: 'slow: 10' });
  const second = await client.submit({ role: 'coder', prompt: 'say: seven' });
  const joined = {
    role: 'researcher',
    prompt: `say: {{result:${second.taskId}}} and`,
    dependsOn: [first.taskId, second.taskId],
    includeResults: true,
    idempotencyKey: 'joined',
    priority: 5,
    labels: ['e2e'],
  };
  const { taskId, hint } = await client.submit(joined);
  expect(hint).toContain('depends on');
  expect((await client.submit(joined)).taskId).toBe(taskId);
  expect(await client.status({ taskId })).toMatchObject({
    status: 'waiting',
    waitingFor: 'dependency',
    labels: ['e2e'],
    priority: 5,
  });
  const task = await ended(client, taskId);
  expect(task.status).toBe('done');
  expect(task.result).toMatch(/^seven and/);
  expect(task.result).toContain('word9');
});

test('a result that the check does not accept is mended in the same session, and counts as done only then', async () => {
  const { client } = daemon;
  const command = 'test -f mended || { touch mended; echo "the file was missing"; exit 1; }';
  const { taskId } = await client.submit({
    role: 'coder',
    prompt: 'say: finished',
    verify: { command },
    retries: 1,
  });
  await ended(client, taskId);
  const { status, result, attempts = [] } = await client.status({ taskId });
  expect(status).toBe('done');
  expect(result).toMatch(/^You said: What you did for this task was checked[\s\S]*the file was missing/);
  expect(attempts).toMatchObject([
    { outcome: 'failed', errorCode: 'verify_failed', prompt: 'say: finished' },
    { outcome: 'done' },
  ]);
  expect(attempts[1]?.sessionId).toBe(attempts[0]?.sessionId);
});

test('an agent of another role checks a result', async () => {
  const { client } = daemon;
  const { taskId } = await client.submit({
    role: 'researcher',
    prompt: 'say: the answer',
    verify: { role: 'coder' },
  });
  // The scripted model repeats what it is asked, and so does not begin with PASS.
  expect(await ended(client, taskId)).toMatchObject({ status: 'failed', errorCode: 'verify_failed' });
  const { tasks } = await client.tasks({ limit: 50 });
  expect(tasks.find(({ submitter }) => submitter === `check:${taskId}`)).toMatchObject({
    role: 'coder',
    status: 'done',
  });
});

test('an API error is tried again while retries are left', async () => {
  const { client } = daemon;
  const { taskId } = await client.submit({
    role: 'researcher',
    prompt: 'error: 400',
    retries: 1,
    retryBackoffMs: 100,
  });
  const task = await ended(client, taskId);
  expect((await client.status({ taskId })).attempts).toMatchObject([
    { outcome: 'failed', errorCode: 'turn_failed' },
    { outcome: 'done' },
  ]);
  expect(task).toMatchObject({ status: 'done', result: expect.stringContaining('failed with') });
});
