import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CLI, type Daemon, processesOf } from '../world.ts';
import { REWORK, WORK } from './team-plans.ts';
import { createTeamWorld, type TeamWorld } from './team-world.ts';

const TEAM = ['owl', 'fox', 'hare'] as const;
/** Sessions start, work and end meanwhile, on a machine that may be busy. */
const SOON = { timeout: 180_000, interval: 300 };
const WHOLE_STORY_MS = 570_000;

let world: TeamWorld;
let daemon: Daemon;
beforeEach(async () => {
  world = await createTeamWorld();
  daemon = await world.start();
});
afterEach(async () => {
  expect(await world.close()).toEqual([]);
});

/** What a person does at the command line, in the project. */
function person(...argv: readonly string[]): string {
  const args = [CLI, ...argv, '--home', world.home];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: world.project,
    env: world.env,
    encoding: 'utf8',
  });
  return stdout + stderr;
}

/** SIGKILL for the daemon and for the process that holds the terminals; then the daemon is started again. */
async function killAll(): Promise<void> {
  const host = processesOf(world.home).find((line) => line.includes('pty-host/main'));
  await daemon.kill9();
  if (host === undefined) throw new Error('there is no host of terminals');
  process.kill(Number(host.split(' ')[0]), 'SIGKILL');
  daemon = await world.start();
}

async function inbox(slot: string) {
  return (await daemon.client.messageList({ inbox: `shop.${slot}`, limit: 200 })).messages.toReversed();
}
const merges = async () => (await daemon.client.mergeQueue({ repository: 'shop' })).merges.toReversed();

/** Three workers have committed, two of them what contradicts, and all are still at work. */
async function workersCommit(): Promise<void> {
  await daemon.client.repoAdd({ source: world.project, name: 'shop' });
  await daemon.client.repoConfig({ repository: 'shop', set: { check: './check' } });
  for (const role of ['supervisor', 'merge-queue'])
    await daemon.client.workerCreate({ repository: 'shop', role, name: role });
  await daemon.client.submit({
    slotId: 'shop.supervisor',
    prompt: 'Three things are to be done; give them out.',
  });
  await vi.waitFor(() => {
    for (const name of TEAM) expect([name, world.isAt('radar', name)]).toEqual([name, true]);
  }, SOON);
  for (const name of TEAM) expect(world.git('rev-list', '--count', `trunk..work/${name}`, '--')).toBe('1');
}

/** Both are told while they work, and who looks after them. */
async function radarTells(): Promise<void> {
  const { overlaps } = await daemon.client.overlapLook({ repository: 'shop' });
  expect(overlaps).toMatchObject([
    { slots: ['shop.fox', 'shop.owl'], files: ['list.txt'], conflicts: ['list.txt'] },
  ]);
  await vi.waitFor(async () => {
    expect((await inbox('supervisor')).map(({ status, body }) => [status, body])).toEqual([
      ['delivered', expect.stringContaining('fox and owl change the same files: list.txt')],
    ]);
    const { slots } = await daemon.client.ptyStatus({ slotId: 'shop.supervisor' });
    expect(slots[0]?.state).toBe('idle');
  }, SOON);
  for (const name of ['fox', 'owl'])
    expect(await inbox(name)).toMatchObject([{ body: expect.stringContaining('change the same files') }]);
}

/** The reviewer has asked for more, and the worker whose work it is has begun with that. */
async function reviewAsksForMore(): Promise<void> {
  await vi.waitFor(() => {
    expect(world.isAt('rework', 'owl')).toBe(true);
  }, SOON);
  const owl = await daemon.client.worker({ name: 'shop/owl' });
  expect(owl).toMatchObject({ status: 'active', completion: { summary: 'The apples are there' } });
  const looked = person('merge', 'work/owl', '--repo', 'shop', '--dry-run');
  expect(looked).toMatch(/slot:shop\.first-look.*The price is missing/s);
}

async function everythingIsDone(): Promise<void> {
  await vi.waitFor(async () => {
    expect((await merges()).filter(({ endedAt }) => endedAt !== undefined)).toHaveLength(3);
    expect((await inbox('supervisor')).map(({ body }) => body)).toContain('hare was refused by the gate');
    const { slots } = await daemon.client.slots({});
    expect(slots.map(({ id }) => id).sort()).toEqual(['shop.merge-queue', 'shop.supervisor']);
    expect(slots.map(({ state }) => state)).toEqual(['idle', 'idle']);
  }, SOON);
}

const COMPLETED = [
  ['fox', 'The pears have a list of their own', 'Branch work/fox: 2 commits, 1 files, +1 -0'],
  ['hare', 'It is broken', 'Branch work/hare: 1 commits, 1 files, +1 -0'],
  ['owl', 'The apples are there', 'Branch work/owl: 1 commits, 1 files, +1 -0'],
  ['owl', 'The apples have a price', 'Branch work/owl: 2 commits, 1 files, +1 -0'],
] as const;

/** What the person finds, however often something was killed on the way. */
async function isAsItShouldBe(): Promise<void> {
  // The remote has what two of them did, once, and nothing of the third.
  expect(
    world
      .remote('log', '--reverse', '--format=%(trailers:key=Missiond-Branch,valueonly)', 'trunk')
      .split(/\s+/),
  ).toEqual(['work/fox', 'work/owl']);
  expect(world.remote('ls-tree', '--name-only', 'trunk').split('\n')).toEqual([
    'check',
    'list.txt',
    'pears.txt',
    'put',
    'wait-for',
  ]);
  expect(world.remote('show', 'trunk:list.txt')).toBe('bread\napples 2');
  expect(world.remote('show', 'trunk:pears.txt')).toBe('pears');
  expect(world.git('rev-parse', 'trunk')).toBe(world.remote('rev-parse', 'trunk'));
  expect(world.git('status', '--porcelain')).toBe('');

  const ended = await merges();
  expect(ended.map(({ subject, status, requestedBy }) => [subject, status, requestedBy])).toEqual([
    ['work/fox', 'merged', 'slot:shop.merge-queue'],
    ['work/hare', 'refused', 'slot:shop.merge-queue'],
    ['work/owl', 'merged', 'slot:shop.merge-queue'],
  ]);
  expect(ended[1]?.rows.filter(({ ok }) => !ok)).toMatchObject([{ check: 'check' }]);
  expect(ended[2]?.rows).toContainEqual(
    expect.objectContaining({ check: 'review', ok: true, message: expect.stringContaining('second-look') }),
  );

  // Whoever keeps the team going heard of each end of work once.
  const heard = await inbox('supervisor');
  const ends = heard.filter(({ body }) => /^(?:owl|fox|hare) of shop is done/.test(body));
  expect(ends).toHaveLength(COMPLETED.length);
  for (const [name, summary, changes] of COMPLETED) {
    const [body, another] = ends.map((message) => message.body).filter((words) => words.includes(summary));
    expect(another).toBeUndefined();
    for (const words of [`${name} of shop is done`, changes, 'Tests: make test: passed', 'Cost so far: $'])
      expect(body).toContain(words);
  }
  // No message twice, none lost.
  const { messages } = await daemon.client.messageList({ limit: 200 });
  const told = messages.map(({ to, body }) => `${to} ${body}`);
  expect(told.filter((words, index) => told.indexOf(words) !== index)).toEqual([]);
  expect(messages.filter(({ status }) => status !== 'delivered' && status !== 'read')).toEqual([]);

  const { workers } = await daemon.client.workerHistory({ repository: 'shop', limit: 50 });
  expect(workers.map(({ name, status }) => `${name} ${status}`).sort()).toEqual([
    'first-look completed',
    'fox completed',
    'hare completed',
    'merge-queue active',
    'owl completed',
    'second-look completed',
    'supervisor active',
  ]);
  expect(workers.find(({ name }) => name === 'owl')?.task).toBe(`${WORK.owl}\n\nThen: ${REWORK}`);
  // Nothing is left half done: no worktree but those of agents and the person's own, clean, and no ref of a merge.
  expect(world.git('worktree', 'list').split('\n')).toHaveLength(workers.length + 1);
  for (const { worktree } of workers) expect(world.git('-C', worktree, 'status', '--porcelain')).toBe('');
  expect(world.git('for-each-ref', 'refs/missiond/merge')).toBe('');
}

test(
  'three workers commit, one makes way, a reviewer wants more, two are merged and one is refused',
  async () => {
    await workersCommit();
    await radarTells();
    world.open('radar');
    await reviewAsksForMore();
    for (const gate of ['rework', 'merge']) world.open(gate);
    await everythingIsDone();
    await isAsItShouldBe();
    expect(readFileSync(world.checks, 'utf8').trim().split('\n')).toHaveLength(3);
  },
  WHOLE_STORY_MS,
);

test(
  'it ends the same when daemon and terminals are killed in the midst of work, and of a merge',
  async () => {
    await workersCommit();
    await radarTells();
    await killAll();
    world.open('radar');
    await reviewAsksForMore();
    world.open('rework');
    await vi.waitFor(async () => {
      expect((await merges()).at(-1)).toMatchObject({ subject: 'work/owl', status: 'checking' });
    }, SOON);
    await killAll();
    world.open('merge');
    await everythingIsDone();
    await isAsItShouldBe();
  },
  WHOLE_STORY_MS,
);
