import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, type Daemon, ended, type World } from './world.ts';

/** Takes its time, and sends Claude Code back to work once. */
const SLOW_AND_DEMANDING = 'sleep 2; test -e asked && exit 0; touch asked; echo "say: whole" >&2; exit 2';

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld();
  settingsOf('coder-1', { hooks: { Stop: [{ hooks: [{ type: 'command', command: SLOW_AND_DEMANDING }] }] } });
  settingsOf('researcher-1', { disableAllHooks: true });
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

/** As a person keeps them in the folder in which a slot works. */
function settingsOf(slotId: string, settings: Readonly<Record<string, unknown>>): void {
  const folder = path.join(world.home, '..', 'work', slotId, '.claude');
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'settings.json'), JSON.stringify(settings));
}

test("a task is done when the person's own Stop hooks let it end, with the words of that end", async () => {
  const { taskId } = await daemon.client.submit({ role: 'coder', prompt: 'say: half' });
  const task = await ended(daemon.client, taskId);
  expect(task.result).toContain('Stop hook feedback');
});

test('where hooks are switched off nothing is typed, since nobody would ask the policy', async () => {
  const { taskId } = await daemon.client.submit({ role: 'researcher', prompt: 'say: hello' });
  const task = await ended(daemon.client, taskId);
  expect(task).toMatchObject({ status: 'failed', errorCode: 'hooks_silent' });
  expect(task.error).toContain('no hook');
  expect(await daemon.client.ptyHistory({ slotId: 'researcher-1' })).toMatchObject({ history: [] });
});
