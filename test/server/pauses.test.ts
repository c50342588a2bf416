import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

const run = async (...words: string[]) => {
  const { status, out, err } = await runCli([...words, '--home', doors.home]);
  return `${status} ${out}${err}`;
};

test('slots are put aside and let go on from the command line, and their status says so', async () => {
  expect(await run('pause', 'coder-1', '--minutes', '5')).toBe('0 coder-1 put aside.\n');
  const paused = (await doors.client.ptyStatus({ slotId: 'coder-1' })).slots[0]?.paused;
  expect(paused?.why).toContain('put aside by cli');
  expect((paused?.until ?? 0) - Date.now()).toBeGreaterThan(4 * 60_000);
  const { taskId, hint } = await doors.client.submit({ slotId: 'coder-1', prompt: 'x' });
  expect(hint).toContain('put aside by cli (missiond wake coder-1)');
  await doors.client.cancel({ taskId });
  expect(await run('pause', '--all')).toBe('0 coder-1, coder-2, researcher-1 put aside.\n');
  expect(await run('wake', '--repo', 'nowhere')).toContain(
    '1 missiond: The team works on no repository "nowhere".',
  );
  expect(await run('wake', 'coder-2')).toBe('0 coder-2 may go on.\n');
  expect(await doors.client.wake({ all: true })).toEqual({ slots: ['coder-1', 'researcher-1'] });
  expect((await doors.client.ptyStatus({ slotId: 'coder-1' })).slots[0]?.paused).toBeUndefined();
});

test('who is meant is said, and is there', async () => {
  expect(await run('pause')).toMatch(/^2 .*Name a slot, or a repository, or say all/);
  expect(await run('pause', 'coder-1', '--all')).toMatch(/^2 /);
  expect(await run('pause', 'nobody')).toMatch(/^1 .*no slot "nobody"/);
  expect(await run('pause', 'coder-1', '--minutes', 'x')).toMatch(/^2 /);
});
