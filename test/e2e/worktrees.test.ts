import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorld, ended, eventOf, processesOf, running, type World } from './world.ts';

const POLICY = `default:
  allow: [Read(*)]
roles:
  coder:
    allow: [Write(*), "Bash(sleep *)", "Bash(git *)"]
slots: {}
`;

let world: World;
let project: string;
beforeEach(async () => {
  world = await createWorld({
    slots: [
      { id: 'coder-1', role: 'coder', description: 'codes' },
      { id: 'coder-2', role: 'coder', description: 'codes, too' },
    ],
    permissionsYaml: POLICY,
  });
  // Both in one repository.
  project = world.workspace('coder-1');
  const file = path.join(world.home, 'slots.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(world.workspace('coder-2'), project));
  git('config', 'user.name', 'Person');
  git('config', 'user.email', 'person@example.org');
  git('add', '.');
  git('commit', '--quiet', '-m', 'first');
});
afterEach(async () => {
  expect(await world.close()).toEqual([]);
});

function git(...args: readonly string[]): string {
  const env = { PATH: process.env['PATH'], HOME: world.claudeHome };
  return execFileSync('git', ['-C', project, ...args], { env, encoding: 'utf8' }).trim();
}

const own = () => ({
  head: git('rev-parse', 'HEAD', '--symbolic-full-name', 'HEAD'),
  status: git('status', '--porcelain'),
  config: git('config', '--local', '--list'),
  files: readdirSync(project).sort(),
});

test('two agents work in two worktrees of one repository at once and commit; the folder of the person is untouched', async () => {
  const { client } = await world.start();
  const before = own();
  const submitted = await Promise.all(
    ['one', 'two'].map((name) =>
      client.submit({
        role: 'coder',
        worktree: { branch: `work/${name}` },
        verify: { command: `test "$(git rev-parse --abbrev-ref HEAD)" = work/${name}` },
        prompt: [
          `tool: Bash ${JSON.stringify({ command: 'sleep 3', description: 'both at once' })}`,
          `tool: Write ${JSON.stringify({ file_path: `${name}.txt`, content: name })}`,
          `tool: Bash ${JSON.stringify({ command: `git add ${name}.txt`, description: 'stage' })}`,
          `tool: Bash ${JSON.stringify({ command: `git commit -q -m ${name}`, description: 'commit' })}`,
          'say: committed',
        ].join('\nthen '),
      }),
    ),
  );
  const tasks = await Promise.all(submitted.map(({ taskId }) => ended(client, taskId)));
  expect(tasks.map(({ status, error }) => [status, error])).toEqual([
    ['done', undefined],
    ['done', undefined],
  ]);
  expect(new Set(tasks.map(({ slotId }) => slotId)).size).toBe(2);
  expect(git('log', '--format=%s', 'work/one')).toBe('one\nfirst');
  expect(git('show', 'work/two:two.txt')).toBe('two');
  expect(git('log', '--format=%s', 'work/two')).toBe('two\nfirst');
  expect(own()).toEqual(before);

  const { slots } = await client.ptyStatus({});
  expect(slots.map(({ worktreeOf }) => worktreeOf).sort()).toEqual(tasks.map(({ id }) => id).sort());
  const { worktrees } = await client.worktrees({});
  expect(worktrees.map(({ branch, commits }) => [branch, commits]).sort()).toEqual([
    ['work/one', 1],
    ['work/two', 1],
  ]);

  // Their next tasks are done in the folder of the slot again.
  const pwd = await client.submit({
    slotId: 'coder-1',
    prompt: `tool: Bash ${JSON.stringify({ command: 'git rev-parse --show-toplevel', description: 'where' })}`,
  });
  expect((await ended(client, pwd.taskId)).result).toContain(project);

  for (const { id, slotId } of tasks) {
    const { removed, worktree } = await client.worktreeRemove({ taskId: id });
    expect({ removed, there: existsSync(worktree.path), slotId }).toEqual({
      removed: true,
      there: false,
      slotId,
    });
    expect(git('log', '--format=%s', '-1', worktree.rescue ?? '')).toMatch(/one|two/);
  }
  expect(git('branch', '--format', '%(refname:short)').split('\n')).toHaveLength(1);
});

test('daemon and host are killed in mid-task: the session is resumed in the worktree, and the task is done once', async () => {
  const first = await world.start();
  const slow = await first.client.submit({ slotId: 'coder-1', worktree: true, prompt: 'slow: 300' });
  await running(first.client, slow.taskId);
  const { worktree } = await first.client.status({ taskId: slow.taskId });
  const host = processesOf(world.home).find((line) => line.includes('pty-host'));
  process.kill(Number(host?.split(' ')[0]), 'SIGKILL');
  await first.kill9();

  const second = await world.start();
  const resumed = await eventOf(second.client, (event) =>
    event?.type === 'slot_changed' && event.slot.slotId === 'coder-1' && event.slot.state === 'idle'
      ? event.slot
      : undefined,
  );
  expect(resumed).toMatchObject({ cwd: worktree?.path, worktreeOf: slow.taskId });
  const task = await ended(second.client, slow.taskId);
  expect(task).toMatchObject({
    status: 'done',
    result: expect.stringContaining('You said: The session ended'),
  });
  // It leaves nothing behind, so the session goes home and the worktree goes.
  await eventOf(second.client, (event) =>
    event?.type === 'task_changed' && event.task.worktree?.status === 'removed' ? event : undefined,
  );
  expect(existsSync(worktree?.path ?? project)).toBe(false);
});

test('what a person has said of the servers of a project holds in its worktrees', async () => {
  const server = { command: process.execPath, args: ['-e', 'setTimeout(() => {}, 60_000)'] };
  writeFileSync(path.join(project, '.mcp.json'), JSON.stringify({ mcpServers: { known: server } }));
  writeFileSync(path.join(project, '.gitignore'), '.claude/\n');
  git('add', '.');
  git('commit', '--quiet', '-m', 'servers');
  mkdirSync(path.join(project, '.claude'));
  const local = { disabledMcpjsonServers: ['known'] };
  writeFileSync(path.join(project, '.claude', 'settings.local.json'), JSON.stringify(local));
  const { client } = await world.start();
  const { taskId } = await client.submit({ role: 'coder', worktree: true, prompt: 'say: begun' });
  expect(await ended(client, taskId)).toMatchObject({ status: 'done', result: 'begun' });
});
