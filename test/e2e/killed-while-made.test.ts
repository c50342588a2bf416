import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as passes } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import type { MissionClient } from '../../server/client/connect-mission.ts';
import { createRandom } from '../chaos/random.ts';
import { forSmallAgent } from '../chaos/work.ts';
import { createWorld, type World } from './world.ts';

/** A program like Claude Code that needs no model and starts at once: what is looked at here is the daemon. */
const SMALL_AGENT = fileURLToPath(new URL('../chaos/agent/claude.mjs', import.meta.url));
const SEED = Number(process.env['KILL_SEED'] ?? 7);
const KILLS = Number(process.env['KILLS'] ?? 3);
const AT_ONCE = 2;
const PORTS = 3;
/** Sessions start and end meanwhile, on a machine that may be busy. */
const SOON = { timeout: 120_000, interval: 100 };

let world: World;
let project: string;
beforeEach(async () => {
  world = await createWorld({ slots: [], claudeFile: SMALL_AGENT });
  const agents = {
    command: SMALL_AGENT,
    permissionMode: 'manual',
    trustCwd: true,
    env: { HOME: world.claudeHome },
  };
  writeFileSync(path.join(world.home, 'slots.yaml'), stringify({ slots: [], agents }), { mode: 0o600 });
  project = path.join(world.claudeHome, 'shop');
  mkdirSync(project, { recursive: true });
  git('init', '-q', '-b', 'trunk');
  git('-c', 'user.name=P', '-c', 'user.email=p@example.org', 'commit', '-qm', 'first', '--allow-empty');
});
afterEach(async () => {
  expect(await world.close()).toEqual([]);
});

function git(...args: readonly string[]): string {
  const env = { PATH: process.env['PATH'], HOME: world.claudeHome };
  return execFileSync('git', ['-C', project, ...args], { env, encoding: 'utf8' }).trim();
}

const taskOf = (index: number): string =>
  forSmallAgent(`task-ab-${index}`, { workMs: 0, tools: 0, asks: 0, words: 1 });

/** What stands in rows, in git and on the disk of every agent that there ever was, one a line. */
async function standing(client: MissionClient, names: readonly string[]): Promise<readonly string[]> {
  const { workers } = await client.workerHistory({ limit: 100 });
  const { tasks } = await client.tasks({ limit: 100 });
  const branches = git('branch', '--list', '--format=%(refname:short)', 'work/*').split('\n');
  const listed = git('worktree', 'list', '--porcelain').split('\n');
  const folder = path.join(world.home, 'worktrees', 'shop');
  const folders = existsSync(folder) ? readdirSync(folder) : [];
  return names.map((name, index) => {
    const worker = workers.find((one) => one.name === name);
    const lives = worker !== undefined && worker.status !== 'removed';
    return [
      `${name}:`,
      worker?.status === 'making' ? 'is half made' : lives ? 'lives' : 'never was',
      `tasks ${tasks.filter(({ prompt }) => prompt === taskOf(index)).length}`,
      `branch ${branches.includes(`work/${name}`)}`,
      `worktree ${listed.some((line) => line.endsWith(`/shop/${name}`))}`,
      `folder ${folders.includes(name)}`,
      `ports ${worker?.portBlock !== undefined}`,
    ].join(' ');
  });
}
const asOne = (name: string): string =>
  `${name}: lives tasks 1 branch true worktree true folder true ports true`;
const asNone = (name: string): string =>
  `${name}: never was tasks 0 branch false worktree false folder false ports false`;

test(`a daemon that is killed at any moment of missiond work (seed ${SEED}) leaves one agent with one task, or nothing`, async () => {
  const random = createRandom(SEED);
  let daemon = await world.start();
  await daemon.client.repoAdd({ source: project, name: 'shop' });
  await daemon.client.repoConfig({
    repository: 'shop',
    set: { ports: PORTS, setup: 'sleep 0.3' },
  });
  const names: string[] = [];
  const ask = (client: MissionClient) => {
    const name = `owl-${names.length}`;
    names.push(name);
    return client.workerCreate({ task: taskOf(names.length - 1), repository: 'shop', name });
  };
  const before = Date.now();
  await ask(daemon.client);
  const takesMs = Date.now() - before;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const { client } = daemon;
    const asked = Array.from({ length: AT_ONCE }, () => ask(client).catch(() => 'the daemon is gone'));
    await passes(random.between(0, Math.round(takesMs * AT_ONCE)));
    await daemon.kill9();
    await Promise.all(asked);
    daemon = await world.start();
  }
  await ask(daemon.client);
  const { client } = daemon;
  await vi.waitFor(async () => {
    for (const line of await standing(client, names)) {
      const [name = ''] = line.split(':');
      expect([asOne(name), asNone(name)]).toContain(line);
    }
    // Whoever lives has its task, and does it.
    const { tasks } = await client.tasks({ limit: 100 });
    expect(tasks.filter(({ status }) => status !== 'done')).toEqual([]);
  }, SOON);
  const lines = await standing(client, names);
  expect(lines[0]).toBe(asOne('owl-0'));
  expect(lines.at(-1)).toBe(asOne(names.at(-1) ?? ''));
}, 300_000);
