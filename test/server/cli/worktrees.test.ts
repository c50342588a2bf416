import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenDoors, openDoors } from '../open-doors.ts';
import { runCli } from './run-cli.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.close());

const cli = (...argv: readonly string[]) => runCli([...argv, '--home', path.dirname(doors.socketFile)]);

test.each([[['--worktree']], [['--worktree=work/x']], [['--base', 'main']]])(
  'submit %j asks for a worktree, which a folder in no repository cannot give',
  async (options) => {
    const { status, err } = await cli('submit', '--role', 'coder', ...options, 'fix it');
    expect(err).toContain('is no working tree of a git repository');
    expect(err).toContain('→ Leave `worktree` out');
    expect(status).toBe(1);
    expect((await doors.client.tasks({})).tasks).toEqual([]);
  },
);

test('there are none to list, and none to remove', async () => {
  expect(await cli('worktrees')).toMatchObject({ status: 0, out: expect.stringMatching(/^TASK +STATUS/) });
  const { taskId } = await doors.client.submit({ slotId: 'coder-1', prompt: 'wait', notBefore: 8e12 });
  const { status, err } = await cli('worktrees', 'remove', taskId);
  expect({ status, says: err.includes('has no worktree') }).toEqual({ status: 1, says: true });
});
