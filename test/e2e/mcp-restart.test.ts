import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, DIST, ended, running, type World } from './world.ts';

const PATIENCE = { timeout: 120_000 };

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

test('mission-mcp over a kill -9 of the daemon: the waiting call says what to do, the next one works', async () => {
  const first = await world.start();
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [path.join(DIST, 'server', 'cli', 'mission-mcp.js'), '--home', world.home],
      env: { PATH: world.env['PATH'] ?? '', HOME: world.env['HOME'] ?? '' },
      stderr: 'ignore',
    }),
  );
  const waiting = client.callTool(
    { name: 'mission_ask', arguments: { role: 'researcher', question: 'slow: 40' } },
    undefined,
    PATIENCE,
  );
  const refused = expect(waiting).rejects.toThrow(/mission_task/);
  const { tasks } = await untilAsked(first.client);
  const taskId = tasks[0]?.id ?? '';
  await running(first.client, taskId);
  await first.kill9();
  const second = await world.start();
  await refused;
  const listed = await client.callTool({ name: 'mission_task', arguments: {} }, undefined, PATIENCE);
  expect(listed.structuredContent).toMatchObject({ tasks: [{ id: taskId }] });
  expect((await ended(second.client, taskId)).status).toBe('done');
  // It was taken once and done once.
  expect(world.model.requests().filter(({ prompt }) => prompt === 'slow: 40')).toHaveLength(1);
  await client.close();
});

/** Resolves when the only call of this test has become a task. */
async function untilAsked(client: Awaited<ReturnType<World['start']>>['client']) {
  const stop = new AbortController();
  for await (const _ of client.events({ since: 0, signal: stop.signal })) {
    const found = await client.tasks({});
    if (found.tasks.length === 0) continue;
    stop.abort();
    return found;
  }
  throw new Error('the daemon went away before the task came');
}
