import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { idleReading } from '../fake-pty-host.ts';
import { hook, until } from '../mission-stage.ts';
import { type AgentsStage, createAgentsStage, never, shop } from './agents-stage.ts';

let team: AgentsStage;
beforeEach(() => {
  team = createAgentsStage();
});
afterEach(() => team.close());

describe('the end of an agent', () => {
  test('is written down with what has changed when its task ends, and its session goes; the worktree stays', async () => {
    const mission = await team.startWithShop();
    const { worker } = await team.work(mission);
    await team.begins(mission, worker.slotId);
    team.commitIn(worker.worktree, 'done.md', 'a\nb\n');
    const completed = until(
      mission,
      'completed',
      () => mission.workers.get({ name: worker.name }).status === 'completed',
    );
    await team.ends(mission, worker.slotId, 'It is all done.');
    await completed;
    expect(mission.workers.get({ name: worker.name }).completion).toMatchObject({
      summary: 'It is all done.',
      by: 'task',
      changes: { commits: 1, files: 1, insertions: 2, deletions: 0, uncommitted: 0 },
    });
    await until(mission, 'closed', () => mission.slots().every(({ slotId }) => slotId !== worker.slotId));
    expect(team.stage.fake.held()).toEqual([]);
    expect(existsSync(worker.worktree)).toBe(true);
    const found = (search: string) =>
      mission.workers.list({ search, statuses: ['completed'], limit: 10 }).map(({ name }) => name);
    expect(found('all DONE')).toEqual([worker.name]);
    expect(found('%')).toEqual([]);
  });

  test('is said by the agent itself before its turn ends', async () => {
    const mission = await team.startWithShop();
    const { worker } = await team.work(mission);
    await team.begins(mission, worker.slotId);
    await mission.workers.done(worker.slotId, { summary: 'mine', tests: 'all green' });
    expect(mission.workers.get({ name: worker.name })).toMatchObject({
      status: 'completed',
      completion: { summary: 'mine', tests: 'all green', by: 'agent' },
    });
    expect(mission.task(worker.taskId ?? '').status).toBe('running');
    await team.ends(mission, worker.slotId, 'and out');
    await until(mission, 'closed', () => mission.slots().every(({ slotId }) => slotId !== worker.slotId));
    expect(mission.task(worker.taskId ?? '').status).toBe('done');
    expect(mission.workers.get({ name: worker.name }).completion?.summary).toBe('mine');
  });

  test('says no value of its environment, and leaves the words that a person is writing there', async () => {
    const mission = await team.stage.start({ redact: (_, text) => text.replaceAll('hunter2', '[redacted]') });
    const where = { source: team.main, name: shop, timeoutMs: 60_000 };
    await mission.repositories.add(where, { signal: never, progress() {} });
    const { worker } = await team.work(mission);
    await team.begins(mission, worker.slotId);
    const said = { summary: 'with hunter2', tests: 'hunter2', failure: 'hunter2' };
    await mission.workers.done(worker.slotId, said);
    expect(JSON.stringify(mission.workers.get({ name: worker.name }))).not.toContain('hunter2');
    const draft = { composer: { kind: 'draft', text: 'and now' } } as const;
    team.stage.fake.show(worker.slotId, idleReading(draft));
    await hook(mission, 'Stop', { last_assistant_message: 'done' }, worker.slotId);
    await until(mission, 'draft', () => mission.slot(worker.slotId).composer === 'personDraft');
    await until(mission, 'done', () => mission.task(worker.taskId ?? '').status === 'done');
    await nextTurn();
    expect(mission.slot(worker.slotId).status).toBe('live');
    team.stage.fake.show(worker.slotId, idleReading());
    await until(mission, 'closed', () => mission.slots().every(({ slotId }) => slotId !== worker.slotId));
  });

  test('discards after saving everything under a ref', async () => {
    const mission = await team.startWithShop();
    const { worker } = await team.work(mission);
    team.commitIn(worker.worktree, 'done.md', 'committed');
    writeFileSync(path.join(worker.worktree, 'loose.bin'), Buffer.from([0, 1, 2]));
    const after = await mission.workers.discard({ name: worker.name }, 'test', never);
    expect(after.status).toBe('removed');
    expect(existsSync(worker.worktree)).toBe(false);
    const saved = team.gitIn(team.main)('ls-tree', '-r', '--name-only', after.rescue ?? '');
    expect(saved.split('\n')).toEqual(['done.md', 'loose.bin', 'readme.md']);
    expect(team.gitIn(team.main)('branch', '--list', 'work/*')).toBe('');
    expect(mission.slots().map(({ slotId }) => slotId)).toEqual(['coder-1']);
  });
});
