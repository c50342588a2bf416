import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import { createAgentLedger } from '../../../services/ledger/agent-ledger.ts';
import { type AgentsStage, createAgentsStage, never } from './agents-stage.ts';

let team: AgentsStage;
beforeEach(() => {
  team = createAgentsStage();
});
afterEach(() => team.close());

describe('landing', () => {
  async function committed(mission: RunningMission, file: string, text: string) {
    const { worker } = await team.work(mission, { task: undefined });
    team.commitIn(worker.worktree, file, text);
    return worker;
  }
  const land = (mission: RunningMission, name: string) =>
    mission.workers.land({ name }, { keep: false, by: 'test' }, never);

  test('forwards, merges what has diverged, and takes the clean working tree along', async () => {
    const mission = await team.startWithShop();
    const one = await committed(mission, 'one.md', '1');
    const two = await committed(mission, 'two.md', '2');
    expect((await land(mission, one.name)).landing).toMatchObject({
      how: 'forwarded',
      workingTree: team.main,
    });
    expect((await land(mission, two.name)).landing.how).toBe('merged');
    expect(team.gitIn(team.main)('ls-files').split('\n')).toEqual(['one.md', 'readme.md', 'two.md']);
    expect(team.gitIn(team.main)('status', '--porcelain')).toBe('');
    expect(existsSync(one.worktree) || existsSync(two.worktree)).toBe(false);
  });

  test('touches nothing when the working tree has changes, or the merge conflicts', async () => {
    const mission = await team.startWithShop();
    const worker = await committed(mission, 'readme.md', 'theirs');
    writeFileSync(path.join(team.main, 'readme.md'), 'mine, not committed');
    const before = team.gitIn(team.main)('rev-parse', 'trunk');
    await expect(land(mission, worker.name)).rejects.toMatchObject({ code: 'worktree_refused' });
    expect(readFileSync(path.join(team.main, 'readme.md'), 'utf8')).toBe('mine, not committed');
    const mine = team.commitIn(team.main, 'readme.md', 'mine');
    await expect(land(mission, worker.name)).rejects.toThrow(/conflicts.*readme\.md/);
    expect(team.gitIn(team.main)('rev-parse', 'trunk')).toBe(mine);
    expect(mine).not.toBe(before);
    expect(team.gitIn(team.main)('status', '--porcelain')).toBe('');
    expect(mission.workers.get({ name: worker.name }).status).toBe('active');
  });

  test('writes over no file that the working tree ignores', async () => {
    const mission = await team.startWithShop();
    team.commitIn(team.main, '.gitignore', 'notes.local\n');
    team.gitIn(team.main)('push', '-q', 'origin', 'trunk');
    const { worker } = await team.work(mission, { task: undefined });
    writeFileSync(path.join(worker.worktree, 'notes.local'), 'theirs');
    team.gitIn(worker.worktree)('add', '-f', 'notes.local');
    team.gitIn(worker.worktree)('commit', '-qm', 'notes');
    writeFileSync(path.join(team.main, 'notes.local'), 'mine');
    await expect(land(mission, worker.name)).rejects.toThrow(/would be overwritten/);
    expect(readFileSync(path.join(team.main, 'notes.local'), 'utf8')).toBe('mine');
  });

  test('lands nothing that is not committed', async () => {
    const mission = await team.startWithShop();
    const worker = await committed(mission, 'one.md', '1');
    writeFileSync(path.join(worker.worktree, 'loose.md'), 'x');
    await expect(land(mission, worker.name)).rejects.toThrow(/1 files .* not committed/);
  });

  test('a branch that a person is rebasing is not moved', async () => {
    const mission = await team.startWithShop();
    const worker = await committed(mission, 'one.md', '1');
    const git = team.gitIn(team.main);
    git('checkout', '-qb', 'other');
    team.commitIn(team.main, 'readme.md', 'other');
    git('checkout', '-q', 'trunk');
    const mine = team.commitIn(team.main, 'readme.md', 'mine');
    expect(() => git('rebase', '-q', 'other')).toThrow();
    await expect(land(mission, worker.name)).rejects.toThrow(/a rebase of trunk is half done/);
    expect(git('rev-parse', 'trunk')).toBe(mine);
    git('checkout', '-q', '--ours', 'readme.md');
    git('add', 'readme.md');
    git('-c', 'core.editor=true', 'rebase', '--continue');
    expect((await land(mission, worker.name)).landing.how).toBe('merged');
  });

  test('merges what had a task of any length, of which the commit says the beginning', async () => {
    const mission = await team.startWithShop();
    const { worker } = await team.work(mission, { task: undefined });
    const task = `change one.md\n${'x'.repeat(200_000)}`;
    createAgentLedger(team.stage.database().db).update(worker.slotId, { task });
    team.commitIn(worker.worktree, 'one.md', '1');
    team.commitIn(team.main, 'two.md', '2');
    expect((await land(mission, worker.name)).landing.how).toBe('merged');
    expect(team.gitIn(team.main)('log', '-1', '--format=%b')).toMatch(/^change one\.md\nx+…$/);
  });

  test('takes no task away that has not begun', async () => {
    const mission = await team.startWithShop();
    const { worker } = await team.work(mission, { task: 'do it' });
    await expect(land(mission, worker.name)).rejects.toMatchObject({ code: 'agent_refused' });
    expect(mission.workers.get({ name: worker.name })).toMatchObject({ status: 'active' });
    expect(mission.tasks({}).map(({ error }) => error)).toEqual([undefined]);
  });
});
