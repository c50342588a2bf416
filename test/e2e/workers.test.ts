import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { SCRIPTED_API_KEY } from '../../server/demo/embedded-home.ts';
import { ensureClaudeCode } from '../../services/claude/install.ts';
import { CLI, createWorld, type World } from './world.ts';

const POLICY = `default:
  allow: [Read(*)]
roles:
  worker:
    allow: ["Write(*)", "Bash(git *)", "mcp__missiond__mission_done"]
slots: {}
`;
const NAMES = ['busy-owl', 'busy-owl-2', 'calm.fox'] as const;

let world: World;
let project: string;
beforeEach(async () => {
  const claude = (await ensureClaudeCode()).file;
  world = await createWorld({ slots: [], permissionsYaml: POLICY });
  const agents = {
    command: claude,
    permissionMode: 'manual',
    trustCwd: true,
    env: {
      HOME: world.claudeHome,
      ANTHROPIC_BASE_URL: world.model.url,
      ANTHROPIC_API_KEY: SCRIPTED_API_KEY,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    },
  };
  writeFileSync(path.join(world.home, 'slots.yaml'), stringify({ slots: [], agents }), { mode: 0o600 });
  const origin = path.join(world.claudeHome, 'origin.git');
  project = path.join(world.claudeHome, 'shop');
  mkdirSync(project, { recursive: true });
  git('init', '-q', '-b', 'trunk');
  git('config', '--global', 'user.name', 'Agent');
  git('config', '--global', 'user.email', 'agent@example.org');
  writeFileSync(path.join(project, 'readme.md'), 'shop\n');
  git('add', '.');
  git('commit', '-qm', 'first');
  git('init', '-q', '--bare', '-b', 'trunk', origin);
  git('remote', 'add', 'origin', origin);
  git('push', '-qu', 'origin', 'trunk');
});
afterEach(async () => {
  expect(await world.close()).toEqual([]);
});

function git(...args: readonly string[]): string {
  const env = { PATH: process.env['PATH'], HOME: world.claudeHome };
  return execFileSync('git', ['-C', project, ...args], { env, encoding: 'utf8' }).trim();
}

const task = (name: string): string =>
  [
    `tool: Write ${JSON.stringify({ file_path: `${name}.txt`, content: name })}`,
    `tool: Bash ${JSON.stringify({ command: `git add ${name}.txt`, description: 'stage' })}`,
    `tool: Bash ${JSON.stringify({ command: `git commit -q -m ${name}`, description: 'commit' })}`,
    `tool: mcp__missiond__mission_done ${JSON.stringify({ summary: `${name} is written`, tests: 'none' })}`,
    'say: finished',
  ].join('\nthen ');

test('three workers of one repository commit, each in its own worktree, and their completion is in the history', async () => {
  const { client } = await world.start();
  await client.repoAdd({ source: project, name: 'shop' });
  const made = await Promise.all(
    NAMES.map((name) => client.workerCreate({ task: task(name), repository: 'shop', name })),
  );
  expect(made.map(({ worker }) => worker.slotId)).toEqual(NAMES.map((name) => `shop.${name}`));
  await vi.waitFor(
    async () => {
      const { workers } = await client.workerHistory({ status: ['completed'] });
      expect(workers.map(({ name }) => name).sort()).toEqual([...NAMES].sort());
    },
    { timeout: 120_000, interval: 500 },
  );
  const { workers } = await client.workerHistory({ search: 'busy-owl-2 IS written' });
  expect(workers).toMatchObject([
    {
      name: 'busy-owl-2',
      completion: {
        by: 'agent',
        tests: 'none',
        changes: { commits: 1, files: 1, insertions: 1, uncommitted: 0 },
      },
    },
  ]);
  for (const name of NAMES) expect(git('show', `work/${name}:${name}.txt`)).toBe(name);
  // Their sessions end with their turns; their worktrees stay, and the person's folder is as it was.
  await vi.waitFor(async () => expect((await client.slots({})).slots).toEqual([]), {
    timeout: 60_000,
    interval: 200,
  });
  for (const { worker } of made)
    expect(existsSync(path.join(worker.worktree, `${worker.name}.txt`))).toBe(true);
  expect(git('status', '--porcelain')).toBe('');
  // Past reviews and checks: for a person alone.
  await expect(client.workerLand({ name: 'calm.fox' })).rejects.toThrow('Only a person');
  const landed = JSON.parse(
    execFileSync(
      process.execPath,
      [CLI, 'worker', 'land', 'calm.fox', '--repo', 'shop', '--json', '--home', world.home],
      { env: world.env, encoding: 'utf8' },
    ),
  );
  expect(landed.landing.how).toBe('forwarded');
  expect(existsSync(path.join(project, 'calm.fox.txt'))).toBe(true);
  expect(existsSync(landed.worker.worktree)).toBe(false);
}, 240_000);
