import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import { TaskId } from '../../../db/ids.ts';
import { createAgentLedger } from '../../../services/ledger/agent-ledger.ts';
import { slotId as boss, sweepGoesBy, taskIs, until } from '../mission-stage.ts';
import { type AgentsStage, createAgentsStage, never } from './agents-stage.ts';

let team: AgentsStage;
beforeEach(() => {
  team = createAgentsStage();
});
afterEach(() => team.close());

/** What whoever had it made has been told. */
const told = (mission: RunningMission): readonly string[] =>
  mission.messages
    .list({ inbox: `slot:${boss}`, sent: false, unreadOnly: false, limit: 50 }, { kind: 'person' })
    .messages.map(({ body }) => body);

const statusOf = (mission: RunningMission, name: string) => mission.workers.get({ name }).status;

/** So that an end that is not to be told of would be told of before the next sweep. */
const countedAtOnce = {
  changes: async () => ({ commits: 0, files: 0, insertions: 0, deletions: 0, uncommitted: 0 }),
};

async function working(mission: RunningMission) {
  const made = await team.work(mission, { submitter: `slot:${boss}` });
  await team.begins(mission, made.worker.slotId);
  return made.worker;
}

async function completed(mission: RunningMission, name: string): Promise<void> {
  await until(mission, 'completed', () => statusOf(mission, name) === 'completed');
  await until(mission, 'closed', () => mission.slots().every(({ slotId }) => slotId === boss));
}

describe('of its end is told once', () => {
  test('one that is woken without a task stays awake over a restart', async () => {
    const mission = await team.startWithShop();
    const worker = await working(mission);
    await team.ends(mission, worker.slotId, 'priced');
    await completed(mission, worker.name);
    expect(told(mission)).toHaveLength(1);
    await mission.workers.wake({ name: worker.name }, never);
    await team.stage.kill9();
    const second = await team.stage.start({ agentWorktrees: countedAtOnce });
    await sweepGoesBy(second);
    expect(statusOf(second, worker.name)).toBe('active');
    expect(told(second)).toHaveLength(1);
  });

  test('one that said so itself and is woken in its last turn stays awake', async () => {
    const mission = await team.startWithShop({ agentWorktrees: countedAtOnce });
    const worker = await working(mission);
    await mission.workers.done(worker.slotId, { summary: 'priced' });
    await mission.workers.wake({ name: worker.name }, never);
    await team.ends(mission, worker.slotId, 'and out');
    await taskIs(mission, TaskId.parse(worker.taskId), 'done');
    await sweepGoesBy(mission);
    expect(statusOf(mission, worker.name)).toBe('active');
    expect(told(mission)).toHaveLength(1);
  });

  test('the end of its second task is told of in its words, when the daemon was killed before it could', async () => {
    const mission = await team.startWithShop();
    const worker = await working(mission);
    await mission.workers.done(worker.slotId, { summary: 'first' });
    const { taskId } = await mission.workers.giveWork(
      { name: worker.name },
      { task: 'mend it', submitter: 'test' },
      never,
    );
    await team.ends(mission, worker.slotId, 'and out');
    await team.begins(mission, worker.slotId, 'mend it');
    const agents = createAgentLedger(team.stage.database().db);
    const before = agents.get(worker.slotId);
    await team.ends(mission, worker.slotId, 'mended');
    await taskIs(mission, taskId, 'done');
    await until(mission, 'told', () => told(mission).length === 2);
    await team.stage.kill9();
    createAgentLedger(team.stage.database().db).update(worker.slotId, { ...before });
    const second = await team.stage.start();
    await until(second, 'completed', () => statusOf(second, worker.name) === 'completed');
    expect(second.workers.get({ name: worker.name }).completion?.summary).toBe('mended');
  });

  test('it says the same twice, by two calls of one turn or one after the other', async () => {
    const mission = await team.startWithShop();
    const worker = await working(mission);
    const said = { summary: 'priced', tests: 'all green' };
    await Promise.all([mission.workers.done(worker.slotId, said), mission.workers.done(worker.slotId, said)]);
    expect(await mission.workers.done(worker.slotId, said)).toMatchObject({
      status: 'completed',
      completion: said,
    });
    expect(told(mission)).toHaveLength(1);
    await mission.workers.done(worker.slotId, { ...said, failure: 'the tests were not mine' });
    expect(told(mission)).toHaveLength(2);
  });

  test('a persistent one says the same twice where nothing was given to it in between', async () => {
    const mission = await team.startWithShop({ agentRoleFacts: () => ({ persistence: 'persistent' }) });
    const { worker } = await team.work(mission, { submitter: `slot:${boss}` });
    await team.begins(mission, worker.slotId);
    await mission.workers.done(worker.slotId, { summary: 'all is merged' });
    await team.ends(mission, worker.slotId, 'and out');
    await taskIs(mission, TaskId.parse(worker.taskId), 'done');
    await mission.workers.done(worker.slotId, { summary: 'all is merged' });
    expect(told(mission)).toHaveLength(1);
    const { taskId } = await mission.submit({ slotId: worker.slotId, prompt: 'and the next one' });
    await team.begins(mission, worker.slotId, 'and the next one');
    await team.ends(mission, worker.slotId, 'merged');
    await taskIs(mission, taskId, 'done');
    await mission.workers.done(worker.slotId, { summary: 'all is merged' });
    expect(told(mission)).toHaveLength(2);
  });

  test('with the same words for more work it is told of again', async () => {
    const mission = await team.startWithShop();
    const worker = await working(mission);
    await mission.workers.done(worker.slotId, { summary: 'done' });
    const { taskId } = await mission.workers.giveWork(
      { name: worker.name },
      { task: 'mend it', submitter: 'test' },
      never,
    );
    await team.ends(mission, worker.slotId, 'and out');
    await team.begins(mission, worker.slotId, 'mend it');
    await taskIs(mission, taskId, 'running');
    await mission.workers.done(worker.slotId, { summary: 'done' });
    expect(told(mission)).toHaveLength(2);
  });
});

test.each(['before', 'after'] as const)(
  'one that said so before all was done ends when the rest is taken back %s its turn has ended, and nobody is told twice',
  async (when) => {
    const mission = await team.startWithShop();
    const worker = await working(mission);
    const { taskId } = await mission.submit({ slotId: worker.slotId, prompt: 'and the tax' });
    await mission.workers.done(worker.slotId, { summary: 'priced' });
    expect(statusOf(mission, worker.name)).toBe('active');
    if (when === 'before') await mission.cancel(taskId);
    await team.ends(mission, worker.slotId, 'priced');
    await taskIs(mission, TaskId.parse(worker.taskId), 'done');
    if (when === 'after') await mission.cancel(taskId);
    await completed(mission, worker.name);
    expect(told(mission)).toHaveLength(1);
  },
);
