import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { rawRequest } from '../server/raw-request.ts';
import { createWorld, type Daemon, ended, running, type World } from './world.ts';

const Door = z.object({ hookUrl: z.string(), token: z.string() });

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld();
  daemon = await world.start();
  await daemon.client.ptySpawn({ slotId: 'coder-1', waitForIdle: true });
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

/** How Claude Code in the slot reaches the daemon. */
const door = () =>
  Door.parse(JSON.parse(readFileSync(path.join(world.home, 'agents', 'coder-1', 'door.json'), 'utf8')));
const post = (address: string, bearer: string, body: string) =>
  rawRequest({
    port: daemon.port,
    path: address,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: '*/*', authorization: `Bearer ${bearer}` },
    body,
  });

test('a Stop of another session does not end what this one does', async () => {
  const { hookUrl, token } = door();
  const { taskId } = await daemon.client.submit({ slotId: 'coder-1', prompt: 'slow: 6' });
  await running(daemon.client, taskId);
  const forged = {
    session_id: '6a3b5a80-7f1d-4d43-9a39-3b2f3a1c0001',
    cwd: '/',
    hook_event_name: 'Stop',
    last_assistant_message: 'forged',
  };
  expect((await post(new URL(hookUrl).pathname, token, JSON.stringify(forged))).status).toBe(200);
  expect((await ended(daemon.client, taskId)).result).toBe('word0 word1 word2 word3 word4 word5');
});
