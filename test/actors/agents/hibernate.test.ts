import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FIRST_PAGE } from '../../../actors/mission/text-page.ts';
import { createAgentLedger } from '../../../services/ledger/agent-ledger.ts';
import { hook, taskIs, until } from '../mission-stage.ts';
import { type AgentsStage, createAgentsStage, never, shop } from './agents-stage.ts';

let team: AgentsStage;
beforeEach(() => {
  team = createAgentsStage();
});
afterEach(() => team.close());

describe('a team that hibernates', () => {
  test('ends with its turns, stays down over a restart, and goes on with its conversation when it is woken', async () => {
    const mission = await team.startWithShop();
    const { worker } = await team.work(mission);
    await team.begins(mission, worker.slotId);
    const { sessionId } = mission.slot(worker.slotId);
    writeFileSync(path.join(worker.worktree, 'loose.bin'), Buffer.from([0, 255]));
    const { taskId: later } = await mission.submit({ slotId: worker.slotId, prompt: 'later' });
    expect(mission.workers.hibernate({ repository: shop }, 'test').map(({ status }) => status)).toEqual([
      'hibernated',
    ]);
    expect(mission.slot(worker.slotId).status).toBe('live');
    await team.ends(mission, worker.slotId, 'done');
    await until(mission, 'closed', () => mission.slots().every(({ slotId }) => slotId !== worker.slotId));
    expect(mission.task(later).status).toBe('queued');
    await team.stage.down();
    const second = await team.stage.start({ lengthOf: async () => 10 });
    expect(second.slots().map(({ slotId }) => slotId)).toEqual(['coder-1']);
    expect(team.stage.fake.held()).toEqual([]);
    await expect(second.submit({ slotId: worker.slotId, prompt: 'up' })).rejects.toMatchObject({
      code: 'slot_unknown',
    });
    expect([...readFileSync(path.join(worker.worktree, 'loose.bin'))]).toEqual([0, 255]);
    await second.workers.wake({ repository: shop }, never);
    await team.begins(second, worker.slotId, 'later');
    expect(second.slot(worker.slotId).sessionId).toBe(sessionId);
    await taskIs(second, later, 'running');
  });

  test('has what was written to it meanwhile when it is woken, over a restart', async () => {
    const mission = await team.startWithShop();
    const { worker } = await team.work(mission, { task: undefined });
    await mission.spawn(worker.slotId, {});
    await team.stands(mission, worker.slotId);
    mission.workers.hibernate({ repository: shop }, 'test');
    await until(mission, 'closed', () => mission.slots().every(({ slotId }) => slotId !== worker.slotId));
    const [message] = mission.messages.send({ to: `shop/${worker.name}`, body: 'm-1' }, { kind: 'person' });
    await team.stage.down();
    const second = await team.stage.start({ lengthOf: async () => 10 });
    const statusOf = () =>
      second.messages.read(message?.id ?? '', FIRST_PAGE, { kind: 'program', name: 'test' }).status;
    expect(statusOf()).toBe('pending');
    await second.workers.wake({ repository: shop }, never);
    await second.spawn(worker.slotId, {});
    await team.stands(second, worker.slotId);
    await until(second, 'typed', () => team.typed.some((prompt) => prompt.includes('m-1')));
    const prompt = team.typed.find((one) => one.includes('m-1')) ?? '';
    await hook(second, 'UserPromptSubmit', { prompt }, worker.slotId);
    await until(second, 'delivered', () => statusOf() === 'delivered');
    expect(team.typed.filter((one) => one.includes('m-1'))).toHaveLength(1);
  });

  test('has completed the work of which the last turn ended meanwhile', async () => {
    const mission = await team.startWithShop();
    const { worker } = await team.work(mission);
    await team.begins(mission, worker.slotId);
    mission.workers.hibernate({ repository: shop }, 'test');
    await team.ends(mission, worker.slotId, 'priced');
    const now = () => mission.workers.get({ name: worker.name });
    await until(mission, 'completed', () => now().status === 'completed');
    expect(now().completion).toMatchObject({ summary: 'priced', by: 'task' });
    await until(mission, 'closed', () => mission.slots().every(({ slotId }) => slotId !== worker.slotId));
  });

  test('is mended without a hand on one that is just being made', async () => {
    const mission = await team.startWithShop();
    const { worker: half } = await team.work(mission, { task: undefined });
    const agents = createAgentLedger(team.stage.database().db);
    agents.update(half.slotId, { status: 'making', trouble: 'The disk was full.' });
    const [{ worker }] = await Promise.all([
      team.work(mission, { task: undefined }),
      vi
        .waitUntil(() => agents.inStatus('making').length === 2, { interval: 1, timeout: 20_000 })
        .then(() => mission.workers.repair({ apply: true }, never)),
    ]);
    expect(existsSync(half.worktree)).toBe(false);
    expect(existsSync(worker.worktree)).toBe(true);
    expect(mission.workers.get({ name: worker.name }).status).toBe('active');
  });

  test('is mended when a worktree has gone', async () => {
    const mission = await team.startWithShop();
    const { worker } = await team.work(mission, { task: undefined });
    expect(await mission.workers.repair({ apply: true }, never)).toEqual([]);
    rmSync(worker.worktree, { recursive: true });
    const said = await mission.workers.repair({ apply: false }, never);
    expect(said).toMatchObject([{ slotId: worker.slotId, done: false }]);
    expect(existsSync(worker.worktree)).toBe(false);
    expect(await mission.workers.repair({ apply: true }, never)).toMatchObject([{ done: true }]);
    expect(team.gitIn(worker.worktree)('branch', '--show-current')).toBe(worker.branch);
    rmSync(team.main, { recursive: true });
    expect(await mission.workers.repair({ apply: true }, never)).toMatchObject([{ done: false }]);
  });
});
