import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import type { AgentName } from '../../../db/ids.ts';
import { createAgentWorktrees } from '../../../services/agents/agent-worktrees.ts';
import { createAgentLedger } from '../../../services/ledger/agent-ledger.ts';
import { createWorktrees } from '../../../services/worktrees/create-worktrees.ts';
import { createRepositoryTurns } from '../../../services/worktrees/repository-turns.ts';
import { createWorktreeSetUp } from '../../../services/worktrees/set-up-worktree.ts';
import { slotOf, until } from '../mission-stage.ts';
import { type AgentsStage, createAgentsStage, named, shop } from './agents-stage.ts';
import { createStoppingGit } from './stopping-git.ts';

const SOON = { timeout: 30_000, interval: 20 };
/** So many that a block which is not given back is missed after two. */
const PORTS = 4;

let team: AgentsStage;
let git: ReturnType<typeof createStoppingGit>;
let worktreesFolder: string;
let setUpStands: string;
beforeEach(() => {
  team = createAgentsStage();
  git = createStoppingGit(path.join(team.folder, 'program'));
  git.standsStillAt(null);
  worktreesFolder = path.join(team.folder, 'worktrees');
  setUpStands = path.join(team.folder, 'set-up-stands');
});
afterEach(() => team.close());

/** A daemon whose agents are made by that git; it has turns of its own, as a process has. */
function daemon(): Promise<RunningMission> {
  const place = { root: worktreesFolder, env: git.env, alone: createRepositoryTurns() };
  return team.stage.start({
    agents: {
      slotOf: (row) => slotOf({ id: row.slotId, role: row.role, cwd: row.worktree, resumes: true }),
      worktrees: createAgentWorktrees({ ...place, worktrees: createWorktrees(place) }),
      setUp: createWorktreeSetUp(git.env),
      roleFacts: () => ({ persistence: 'ephemeral' }),
    },
  });
}

/** The first daemon, and a repository that gives its worktrees a file, ports and a set-up command. */
async function withShop(): Promise<RunningMission> {
  team.commitIn(team.main, '.gitignore', '.env\nmade\n');
  team.gitIn(team.main)('push', '-q', 'origin', 'trunk');
  writeFileSync(path.join(team.main, '.env'), 'PASSWORD=hunter2');
  const mission = await daemon();
  await mission.repositories.add(
    { source: team.main, name: shop, timeoutMs: 60_000 },
    { signal: new AbortController().signal, progress() {} },
  );
  const setup = `: > made; [ ! -e ${setUpStands}-wanted ] || { : > ${setUpStands}; exec sleep 600; }`;
  await mission.repositories.configure(
    { repository: 'shop' },
    { configuration: { copy: ['.env'], ports: PORTS, setup } },
  );
  return mission;
}

const rowOf = (name: AgentName) => createAgentLedger(team.stage.database().db).named(shop, name);
const tasksOf = (name: AgentName): readonly unknown[] =>
  team.stage
    .database()
    .raw.prepare('select status from tasks where pinned_slot_id = ?')
    .pluck()
    .all(`shop.${name}`);

/** What git and the disk still have of an agent. */
function leftOf(name: AgentName): readonly string[] {
  const mine = team.gitIn(team.main);
  const words = [
    mine('for-each-ref', '--format=%(refname)', `refs/heads/work/${name}`),
    mine('worktree', 'list', '--porcelain'),
  ].join('\n');
  const folder = path.join(worktreesFolder, 'shop');
  return [
    ...words.split('\n').filter((line) => line.endsWith(name)),
    ...(existsSync(folder) ? readdirSync(folder) : []).filter((entry) => entry === name),
  ];
}

/** Nothing of it is anywhere, and what the row says is that. */
function expectNothingOf(mission: RunningMission, name: AgentName, when: string): void {
  const { status = 'never', portBlock = null, taskId = null } = rowOf(name) ?? {};
  const slots = mission.slots().filter(({ slotId }) => slotId === `shop.${name}`);
  expect(
    { status, portBlock, taskId, tasks: tasksOf(name), slots, left: leftOf(name) },
    `${name}: ${when}`,
  ).toEqual({
    status: expect.stringMatching(/^(never|removed)$/),
    portBlock: null,
    taskId: null,
    tasks: [],
    slots: [],
    left: [],
  });
}

/** Kills the daemon while it makes an agent and stands still there; the next one has taken back what it had begun. */
async function killWhile(first: RunningMission, name: AgentName, stands: () => boolean) {
  const gone = new AbortController();
  const request = { task: 'do it', which: { repository: 'shop' }, submitter: 'test', name };
  const asked = first.workers.create(request, gone.signal).then(
    () => 'made',
    () => 'not made',
  );
  await vi.waitFor(() => expect(stands()).toBe(true), SOON);
  await team.stage.kill9();
  // What it had started ends with a killed daemon.
  gone.abort();
  expect(await asked).toBe('not made');
  git.standsStillAt(null);
  const second = await daemon();
  await vi.waitFor(() => expect(rowOf(name)?.status).not.toBe('making'), SOON);
  return second;
}

test('killed before or behind any call of git, the daemon leaves nothing of what it was making, and makes the next', async () => {
  let mission = await withShop();
  const whole = (await team.work(mission, { name: named('whole') })).worker;
  const calls = git.calls();
  // What is stopped at: the branch, the worktree and its files are among it.
  for (const begins of ['update-ref', 'worktree add', 'ls-files'])
    expect(calls.some((call) => call.startsWith(begins))).toBe(true);
  for (const [index, call] of calls.entries())
    for (const when of ['before', 'after'] as const) {
      const name = named(`${when}-${index + 1}`);
      git.standsStillAt({ call: index + 1, when });
      mission = await killWhile(mission, name, git.stands);
      expectNothingOf(mission, name, `${when} git ${call}`);
    }
  const { worker } = await team.work(mission, { name: named('next') });
  expect(worker.portBlock).toBe((whole.portBlock ?? 0) + PORTS);
  expect(tasksOf(worker.name)).toHaveLength(1);
  expect(mission.workers.get({ name: 'whole' })).toMatchObject({ status: 'active', taskId: whole.taskId });
  expect(tasksOf(whole.name)).toHaveLength(1);
  expect(team.gitIn(team.main)('status', '--porcelain')).toBe('');
}, 240_000);

test('killed while the set-up command runs, it leaves nothing either', async () => {
  const first = await withShop();
  writeFileSync(`${setUpStands}-wanted`, '');
  const name = named('half');
  const second = await killWhile(first, name, () => existsSync(setUpStands));
  expectNothingOf(second, name, 'while its set-up ran');
});

test('killed as soon as it is made, there is one agent with one task, which is begun once', async () => {
  const first = await withShop();
  const { worker } = await team.work(first, { name: named('whole'), task: 'do it once' });
  await team.stage.kill9();
  const second = await daemon();
  await team.begins(second, worker.slotId, 'do it once');
  await until(second, 'running', () => second.task(worker.taskId ?? '').status === 'running');
  expect(tasksOf(worker.name)).toEqual(['running']);
  expect(team.typed.filter((prompt) => prompt === 'do it once')).toHaveLength(1);
});

test('where its task finds no room in the queue there is no agent either', async () => {
  await withShop();
  await team.stage.down();
  const full = await team.stage.start({ limits: { maxQueued: 0, roles: {} } });
  const name = named('half');
  await expect(team.work(full, { name })).rejects.toMatchObject({ code: 'queue_full' });
  expectNothingOf(full, name, 'with a full queue');
});
