import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Role, type SlotId } from '../../../db/ids.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { createAgentLedger } from '../../../services/ledger/agent-ledger.ts';
import { agentRow } from '../agent-row.ts';
import { type AgentsStage, createAgentsStage, named, never, shop } from './agents-stage.ts';

let team: AgentsStage;
beforeEach(() => {
  team = createAgentsStage();
});
afterEach(() => team.close());

describe('missiond work', () => {
  test('makes a branch at what the remote has now, a worktree, a slot and its task', async () => {
    const tip = team.commitIn(team.colleague(), 'new.md', 'from elsewhere');
    team.gitIn(path.join(team.folder, 'colleague'))('push', '-q', 'origin', 'HEAD:trunk');
    const mission = await team.startWithShop();
    const { worker, notes } = await team.work(mission, { name: named('busy-owl') });
    expect(notes).toEqual([]);
    expect(worker).toMatchObject({
      slotId: 'shop.busy-owl',
      kind: 'worker',
      status: 'active',
      branch: 'work/busy-owl',
      base: tip,
      createdBy: 'test',
    });
    expect(worker.worktree.endsWith(path.join('worktrees', 'shop', 'busy-owl'))).toBe(true);
    expect(readFileSync(path.join(worker.worktree, 'new.md'), 'utf8')).toBe('from elsewhere');
    // The person's own working tree stays as it was.
    expect(team.gitIn(team.main)('status', '--porcelain')).toBe('');
    expect(existsSync(path.join(team.main, 'new.md'))).toBe(false);
    await team.begins(mission, worker.slotId);
    expect(mission.slot(worker.slotId).cwd).toBe(worker.worktree);
    expect(mission.task(worker.taskId ?? '').status).toBe('running');
  });

  test('begins at what is known here when the remote cannot be reached, and says so', async () => {
    const mission = await team.startWithShop();
    rmSync(team.origin, { recursive: true });
    const { worker, notes } = await team.work(mission);
    expect(worker.base).toBe(team.gitIn(team.main)('rev-parse', 'trunk'));
    expect(notes.join()).toContain('as it is known here');
  });

  test('works on a branch that is there, unless that is checked out', async () => {
    team.gitIn(team.main)('branch', 'feature');
    const mission = await team.startWithShop();
    const { worker } = await team.work(mission, { branch: 'feature' });
    expect(team.gitIn(worker.worktree)('branch', '--show-current')).toBe('feature');
    await expect(team.work(mission, { branch: 'feature' })).rejects.toMatchObject({
      code: 'worktree_in_use',
    });
    await expect(team.work(mission, { branch: 'trunk' })).rejects.toMatchObject({ code: 'worktree_in_use' });
    await expect(team.work(mission, { branch: 'nowhere' })).rejects.toMatchObject({
      code: 'worktree_refused',
    });
    // It was there before, so it stays.
    await mission.workers.discard({ name: worker.name }, 'test', never);
    expect(team.gitIn(team.main)('branch', '--list', 'feature')).toContain('feature');
  });

  test('begins at a pull request, twice, also when that was pushed over', async () => {
    const other = team.colleague();
    const push = (text: string): string => {
      team.gitIn(other)('checkout', '-q', '-B', 'pr', 'origin/trunk');
      const tip = team.commitIn(other, 'pr.md', text);
      team.gitIn(other)('push', '-qf', 'origin', 'HEAD:refs/pull/7/head');
      return tip;
    };
    const mission = await team.startWithShop();
    const first = push('first');
    const review = { pullRequest: 7, role: Role.parse('reviewer') };
    expect((await team.work(mission, review)).worker).toMatchObject({
      base: first,
      kind: 'reviewer',
      pullRequest: 7,
    });
    const second = push('second');
    const { worker, notes } = await team.work(mission, review);
    expect(worker.base).toBe(second);
    // Rebased onto the default branch it could not be pushed to its pull request.
    expect(notes.join()).toContain('nothing brings it up to the default branch');
    expect(await mission.workers.refresh({ repository: worker.repository }, never)).toMatchObject({
      agents: expect.not.arrayContaining([expect.objectContaining({ status: 'refreshed' })]),
    });
    await expect(team.work(mission, { pullRequest: 8 })).rejects.toMatchObject({ code: 'worktree_refused' });
  });

  test('gives names once for ever, and the same ones in two repositories', async () => {
    const mission = await team.startWithShop();
    const other = path.join(team.folder, 'shop.2');
    team.gitIn(team.folder)('clone', '-q', team.origin, other);
    await mission.repositories.add({ source: other, timeoutMs: 60_000 }, { signal: never, progress() {} });
    const { worker } = await team.work(mission, { name: named('a.b') });
    await team.work(mission, { name: named('a') });
    await team.work(mission, { name: named('a'), which: { repository: 'shop.2' } });
    await mission.workers.discard({ name: 'shop/a.b' }, 'test', never);
    expect(existsSync(worker.worktree)).toBe(false);
    await expect(team.work(mission, { name: named('a.b') })).rejects.toMatchObject({ code: 'agent_refused' });
    await mission.repositories.use(null);
    expect(() => mission.workers.get({ name: 'a' })).toThrow(/several|of shop and of shop.2/);
    expect(mission.workers.get({ name: 'shop.2/a' }).slotId).toBe('shop.2.a');
    expect(mission.workers.get({ name: 'a', repository: shop }).slotId).toBe('shop.a');
  });

  test('makes a second agent of a role that lasts only by a name of its own, also when two are asked for at once', async () => {
    const mission = await team.startWithShop({ agentRoleFacts: () => ({ persistence: 'persistent' }) });
    const role = Role.parse('supervisor');
    const spawned = await Promise.allSettled([team.work(mission, { role }), team.work(mission, { role })]);
    const made = spawned.flatMap((one) => (one.status === 'fulfilled' ? [one.value.worker] : []));
    expect(made).toHaveLength(1);
    expect(spawned.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'agent_refused', message: expect.stringContaining(`already: ${made[0]?.name}`) },
    });
    await expect(team.work(mission, { role, name: named('second-owl') })).resolves.toBeDefined();
  });

  test('refuses a name whose branch or folder is in the way, and leaves both as they are', async () => {
    const mission = await team.startWithShop();
    team.gitIn(team.main)('branch', 'work/taken');
    await expect(team.work(mission, { name: named('taken') })).rejects.toMatchObject({
      code: 'agent_refused',
    });
    const { worker } = await team.work(mission);
    const inTheWay = path.join(path.dirname(worker.worktree), 'folder');
    mkdirSync(inTheWay);
    writeFileSync(path.join(inTheWay, 'mine'), 'x');
    await expect(team.work(mission, { name: named('folder') })).rejects.toMatchObject({
      code: 'agent_refused',
    });
    expect(existsSync(path.join(inTheWay, 'mine'))).toBe(true);
    expect(team.gitIn(team.main)('branch', '--list', 'work/folder')).toBe('');
  });

  test('one that cannot be made is taken back, however long others are at work in the repository', async () => {
    const mission = await team.startWithShop({
      agentWorktrees: {
        make: () => Promise.reject(new MissionError('worktree_failed', 'The disk is full.')),
        async undo(_, signal) {
          // An hour in which a large checkout goes on.
          vi.advanceTimersByTime(60 * 60_000);
          signal.throwIfAborted();
        },
      },
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      await expect(team.work(mission, { name: named('busy-owl') })).rejects.toThrow('The disk is full.');
    } finally {
      vi.useRealTimers();
    }
    expect(mission.workers.get({ name: 'busy-owl' })).toMatchObject({ status: 'removed' });
    expect(team.stage.errors).toEqual([]);
  });

  test('a daemon that is killed while it makes one leaves nothing of it', async () => {
    const first = await team.startWithShop();
    const { worker } = await team.work(first, { name: named('whole') });
    const half = { ...worker, worktree: path.join(path.dirname(worker.worktree), 'half') };
    createAgentLedger(team.stage.database().db).insert(
      agentRow({
        slotId: 'shop.half' as SlotId,
        name: named('half'),
        status: 'making',
        branch: 'work/half',
        base: worker.base,
        gitFolder: realpathSync(path.join(team.main, '.git')),
        worktree: half.worktree,
      }),
    );
    team.gitIn(team.main)(
      'update-ref',
      '--create-reflog',
      '-m',
      'missiond: made for half',
      'refs/heads/work/half',
      worker.base,
    );
    team.gitIn(team.main)('worktree', 'add', '-q', half.worktree, 'work/half');
    await team.stage.kill9();
    const second = await team.stage.start();
    await expect.poll(() => second.workers.get({ name: 'half' }).status, { timeout: 30_000 }).toBe('removed');
    expect(existsSync(half.worktree)).toBe(false);
    expect(team.gitIn(team.main)('branch', '--list', 'work/half')).toBe('');
    expect(second.workers.get({ name: 'whole' })).toMatchObject({ status: 'active', taskId: worker.taskId });
    expect(existsSync(worker.worktree)).toBe(true);
  });
});
