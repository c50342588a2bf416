import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, type Daemon, ended, type World } from './world.ts';

/** Takes its time, and sends Claude Code back to work once. */
const SLOW_AND_DEMANDING = 'sleep 2; test -e asked && exit 0; touch asked; echo "say: whole" >&2; exit 2';

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld({ slots: [{ id: 'coder-1', role: 'coder', description: 'codes' }] });
  const folder = path.join(world.home, '..', 'work', 'coder-1', '.claude');
  mkdirSync(folder);
  const hooks = { Stop: [{ hooks: [{ type: 'command', command: SLOW_AND_DEMANDING }] }] };
  writeFileSync(path.join(folder, 'settings.json'), JSON.stringify({ hooks }));
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

test("a task is done when the person's own Stop hooks let it end, with the words of that end", async () => {
  const { taskId } = await daemon.client.submit({ role: 'coder', prompt: 'say: half' });
  const task = await ended(daemon.client, taskId);
  expect(task.result).toContain('Stop hook feedback');
});
