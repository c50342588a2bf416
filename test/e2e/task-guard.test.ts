import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, type Daemon, ended, type World } from './world.ts';

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld({ slots: [{ id: 'coder-1', role: 'coder', description: 'codes' }] });
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

test('a task with a guard runs its check between changes, and leaves protected paths alone', async () => {
  const file = (name: string) => path.join(world.workspace('coder-1'), name);
  const write = (name: string) => `tool: Write ${JSON.stringify({ file_path: file(name), content: 'x' })}`;
  const { taskId } = await daemon.client.submit({
    role: 'coder',
    prompt: [
      write('first'),
      `then ${write('unchecked')}`,
      'then tool: Bash {"command":"echo checked","description":"check"}',
      `then ${write('second')}`,
      `then ${write('package.json')}`,
    ].join('\n'),
    guard: { protectedPaths: ['package.json'], maxChanges: 1, check: 'echo checked' },
  });
  const task = await ended(daemon.client, taskId);
  expect(task).toMatchObject({ status: 'done', unchecked: 1 });
  expect(['first', 'unchecked', 'second', 'package.json'].map((name) => existsSync(file(name)))).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(task.result).toContain('missiond denies this (task.deny');
});
