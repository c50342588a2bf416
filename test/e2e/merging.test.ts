import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CLI, createWorld, type Daemon, type World } from './world.ts';

const POLICY = `default:
  allow: [Read(*)]
roles:
  merge-queue: { allow: [mcp__missiond__mission_merge] }
  worker: { allow: [mcp__missiond] }
slots: {}
`;

let world: World;
let daemon: Daemon;
let folder: string;
beforeAll(async () => {
  world = await createWorld({
    slots: [
      { id: 'queue-1', role: 'merge-queue', description: 'merges', extra: { mcp: true } },
      { id: 'worker-1', role: 'worker', description: 'works', extra: { mcp: true } },
    ],
    permissionsYaml: POLICY,
  });
  folder = world.workspace('queue-1');
  git('switch', '--quiet', '-c', 'trunk');
  git('add', '.');
  commit('first');
  work('work/good', 'good.txt');
  work('work/bad', 'bad.txt');
  work('work/slow', 'slow.txt');
  git('switch', '--quiet', '--detach');
  daemon = await world.start();
  await daemon.client.repoAdd({ source: folder, name: 'app' });
  await daemon.client.repoConfig({
    repository: 'app',
    defaultBranch: 'trunk',
    set: { check: 'echo checked >> "$HOME/checks"; test ! -f slow.txt || sleep 5; test ! -f bad.txt' },
  });
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

function git(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('git', [...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: world.claudeHome },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}
function commit(message: string): void {
  git('-c', 'user.name=p', '-c', 'user.email=p@p', 'commit', '--quiet', '-m', message);
}
function work(branch: string, file: string): void {
  git('switch', '--quiet', '-c', branch, 'trunk');
  writeFileSync(path.join(folder, file), 'x\n');
  git('add', '.');
  commit(`Write ${file}`);
  git('switch', '--quiet', 'trunk');
}
function person(...argv: readonly string[]): string {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [CLI, ...argv, '--home', world.home, '--repo', 'app'],
    {
      cwd: folder,
      env: world.env,
      encoding: 'utf8',
    },
  );
  return stdout + stderr;
}
/** What a tool of missiond answered to an agent, once its Claude Code has connected. */
const answerTo = (role: string, tool: string, input: object): Promise<string> =>
  vi.waitFor(
    async () => {
      const question = `tool: mcp__missiond__${tool} ${JSON.stringify(input)}`;
      const { answer } = await daemon.client.ask({ role, question });
      expect(answer).not.toContain('No such tool');
      return answer;
    },
    { timeout: 60_000, interval: 500 },
  );

/** The last merge, as its row says it. */
async function lastMerge() {
  const [row] = (await daemon.client.mergeQueue({ repository: 'app' })).merges;
  return row;
}

test('the agent of the merge queue merges what is approved and checked, and is refused what is not', async () => {
  expect(await answerTo('merge-queue', 'mission_merge', { subject: 'work/good' })).toContain('"ok":false');
  expect((await lastMerge())?.rows).toContainEqual(expect.objectContaining({ check: 'review', ok: false }));
  for (const branch of ['work/good', 'work/bad'])
    expect(person('review', branch, 'approve')).toContain('approve');
  expect(await answerTo('merge-queue', 'mission_merge', { subject: 'work/good' })).toContain('"ok":true');
  expect(await lastMerge()).toMatchObject({ status: 'merged', requestedBy: 'slot:queue-1' });
  expect(git('show', 'trunk:good.txt')).toBe('x');
  const before = git('rev-parse', 'trunk');
  expect(await answerTo('merge-queue', 'mission_merge', { subject: 'work/bad' })).toContain('"ok":false');
  expect((await lastMerge())?.rows.filter(({ ok }) => !ok)).toMatchObject([{ check: 'check' }]);
  expect(git('rev-parse', 'trunk')).toBe(before);
});

test('an agent of another role merges nothing, whatever the rules allow', async () => {
  const before = git('rev-parse', 'trunk');
  expect(await answerTo('worker', 'mission_merge', { subject: 'work/bad', repository: 'app' })).toContain(
    'Only a person and the role merge-queue merge.',
  );
  expect(git('rev-parse', 'trunk')).toBe(before);
});

test('a daemon that is killed while a check runs merges it once when it is back', async () => {
  person('review', 'work/slow', 'approve');
  const before = git('rev-parse', 'trunk');
  const asked = spawn(process.execPath, [CLI, 'merge', 'work/slow', '--repo', 'app', '--home', world.home], {
    env: world.env,
    stdio: 'ignore',
  });
  await vi.waitFor(
    async () => expect(await lastMerge()).toMatchObject({ subject: 'work/slow', status: 'checking' }),
    { timeout: 30_000, interval: 100 },
  );
  await daemon.kill9();
  asked.kill();
  expect(git('rev-parse', 'trunk')).toBe(before);
  daemon = await world.start();
  await vi.waitFor(
    async () => expect(await lastMerge()).toMatchObject({ subject: 'work/slow', status: 'merged' }),
    { timeout: 60_000, interval: 200 },
  );
  expect(git('rev-parse', 'trunk^')).toBe(before);
  expect(git('worktree', 'list').split('\n')).toHaveLength(1);
});
