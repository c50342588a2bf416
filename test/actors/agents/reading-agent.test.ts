import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import { Role } from '../../../db/ids.ts';
import { until } from '../mission-stage.ts';
import { type AgentsStage, createAgentsStage, named, never, shop } from './agents-stage.ts';

let team: AgentsStage;
beforeEach(() => {
  team = createAgentsStage();
});
afterEach(() => team.close());

const watching = {
  lengthOf: async () => 10,
  agentRoleFacts: (_: string, role: Role) => ({
    persistence: 'ephemeral' as const,
    worktree: role !== 'watcher',
  }),
};
const watcher = async (mission: RunningMission, change = {}) =>
  (await team.work(mission, { task: undefined, role: Role.parse('watcher'), name: named('owl'), ...change }))
    .worker;
/** What a colleague has pushed. */
function push(file: string): string {
  const colleague = team.colleague();
  const commit = team.commitIn(colleague, file, 'news');
  team.gitIn(colleague)('push', '-q', 'origin', 'HEAD:trunk');
  return commit;
}

test('an agent whose role has no worktree gets no branch and no set-up, and reads what the default branch is', async () => {
  const mission = await team.startWithShop(watching);
  await mission.repositories.configure({ repository: shop }, { configuration: { setup: 'touch set-up' } });
  const { branch, worktree, slotId, portBlock } = await watcher(mission);
  expect({ branch, portBlock }).toEqual({ branch: undefined, portBlock: undefined });
  expect(team.gitIn(team.main)('branch', '--format=%(refname:short)', '--no-column')).toBe('trunk');
  expect(existsSync(path.join(worktree, 'readme.md'))).toBe(true);
  expect(existsSync(path.join(worktree, 'set-up'))).toBe(false);

  const target = push('news.md');
  await mission.spawn(slotId, {});
  await team.stands(mission, slotId);
  const { agents } = await mission.workers.refresh({ name: named('owl') }, never);
  expect(agents).toMatchObject([{ status: 'refreshed', how: 'checkout', to: target, files: ['news.md'] }]);
  expect(team.gitIn(worktree)('rev-parse', 'HEAD')).toBe(target);
  expect(team.gitIn(worktree)('status', '--porcelain', '--branch')).toBe('## HEAD (no branch)');
  // No turn is spent on it.
  expect(mission.messages.list({ sent: false, unreadOnly: false, limit: 10 }, { kind: 'person' }).total).toBe(
    0,
  );
});

test('what lies there all the same is neither moved over nor lost', async () => {
  const mission = await team.startWithShop(watching);
  const { worktree } = await watcher(mission);
  writeFileSync(path.join(worktree, 'loose.md'), 'mine');
  push('news.md');
  const refresh = async () => (await mission.workers.refresh({ name: named('owl') }, never)).agents;
  expect(await refresh()).toMatchObject([{ status: 'left', why: '1 files are not committed' }]);
  team.commitIn(worktree, 'loose.md', 'mine');
  expect(await refresh()).toMatchObject([
    { status: 'left', why: expect.stringContaining('not in the default') },
  ]);
  for (const refused of [
    mission.workers.land({ name: named('owl') }, { keep: false, by: 'test' }, never),
    watcher(mission, { name: named('fox'), branch: 'trunk' }),
  ])
    await expect(refused).rejects.toThrow(/no branch/);
  await mission.workers.keep({ name: named('owl') }, 'test');
  const cleaned = await mission.repositories.cleanUp({ repository: shop }, { dryRun: false, remote: false });
  expect(cleaned.left).toMatchObject([{ name: 'owl', why: '1 commits are on no branch' }]);
  const gone = await mission.workers.discard({ name: named('owl') }, 'test', never);
  expect(existsSync(worktree)).toBe(false);
  expect(team.gitIn(team.main)('show', `${gone.rescue}:loose.md`)).toBe('mine');
});

test('it sleeps, is woken and mended, and goes when it is cleaned up', async () => {
  const mission = await team.startWithShop(watching);
  const { worktree, slotId } = await watcher(mission);
  mission.workers.hibernate({ name: named('owl') }, 'test');
  await until(mission, 'closed', () => mission.slots().every((slot) => slot.slotId !== slotId));
  rmSync(worktree, { recursive: true });
  expect(await mission.workers.repair({ apply: true }, never)).toMatchObject([{ slotId, done: true }]);
  expect(existsSync(path.join(worktree, 'readme.md'))).toBe(true);
  await mission.workers.wake({ name: named('owl') }, never);
  await mission.workers.keep({ name: named('owl') }, 'test');
  const options = { dryRun: false, remote: false };
  const { removed } = await mission.repositories.cleanUp({ repository: shop }, options);
  expect(removed).toMatchObject([{ name: 'owl', why: 'holds nothing' }]);
  expect(existsSync(worktree)).toBe(false);
  expect(team.gitIn(team.main)('worktree', 'list').split('\n')).toHaveLength(1);
});
