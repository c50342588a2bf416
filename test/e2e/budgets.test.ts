import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createWorld, type Daemon, ended, type World } from './world.ts';

const SLOTS = [{ id: 'coder-1', role: 'coder', description: 'codes' }];
const WAIT = { timeout: 20_000, interval: 100 };

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld({ slots: SLOTS });
  appendFileSync(path.join(world.home, 'slots.yaml'), 'budgets:\n  task: { tokens: 100000 }\n');
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

test('what a real session spends is counted once, and a task that has spent its budget is stopped', async () => {
  const { client } = daemon;
  const first = await client.submit({ role: 'coder', prompt: 'usage: 5000' });
  expect(await ended(client, first.taskId)).toMatchObject({ status: 'done' });
  // Claude Code's own small requests (titles) are no messages of the conversation.
  await vi.waitFor(async () => {
    const { all } = await client.spending({});
    expect(all.inputTokens).toBe(5_000);
    expect(all.usd).toBeGreaterThan(0);
    const { attempts } = await client.status({ taskId: first.taskId });
    expect(attempts).toMatchObject([{ number: 1, outcome: 'done', inputTokens: 5_000, costUsd: all.usd }]);
  }, WAIT);

  const second = await client.submit({ role: 'coder', prompt: 'usage: 90000' });
  expect(await ended(client, second.taskId)).toMatchObject({ status: 'done' });
  // What is spent is read from the transcript, a moment later: the turn goes on long enough to be stopped in it.
  const step = 'tool: Bash {"command": "echo on && sleep 2"}';
  const third = await client.submit({ role: 'coder', prompt: Array(20).fill(step).join('\nthen ') });
  const stopped = await ended(client, third.taskId);
  expect(stopped).toMatchObject({ status: 'failed', errorCode: 'budget_exceeded' });
  await vi.waitFor(async () => {
    const { agents } = await client.agents({});
    expect(agents[0]?.state).toBe('idle');
  }, WAIT);
});
