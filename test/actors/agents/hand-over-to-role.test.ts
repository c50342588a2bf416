import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import { Role, type SlotId, TaskId } from '../../../db/ids.ts';
import { idleReading } from '../fake-pty-host.ts';
import { slotId as boss, hook, taskIs, until } from '../mission-stage.ts';
import { type AgentsStage, createAgentsStage, never } from './agents-stage.ts';

const reviewer = Role.parse('reviewer');
const note = 'The price is in; look at the rounding.';

let team: AgentsStage;
beforeEach(() => {
  team = createAgentsStage();
});
afterEach(() => team.close());

/** So many things have been typed, and the last of them is taken by the session of a slot. */
async function takes(mission: RunningMission, slotId: SlotId, count: number): Promise<void> {
  await until(mission, 'typed', () => team.typed.length === count);
  await hook(
    mission,
    'UserPromptSubmit',
    { prompt: team.typed.at(-1), prompt_id: `prompt-${count}` },
    slotId,
  );
}

async function ends(mission: RunningMission, slotId: SlotId, words: string): Promise<void> {
  const body = { last_assistant_message: words, prompt_id: `prompt-${team.typed.length}` };
  await hook(mission, 'Stop', body, slotId);
  team.stage.fake.show(slotId, idleReading());
}

async function atWork(mission: RunningMission) {
  const { worker } = await team.work(mission, { submitter: `slot:${boss}` });
  await team.stands(mission, worker.slotId);
  await takes(mission, worker.slotId, 1);
  return { ...worker, taskId: TaskId.parse(worker.taskId) };
}

test('an agent of the other role goes on with the same task where the work stands, and is told the note', async () => {
  const mission = await team.startWithShop();
  const worker = await atWork(mission);
  const tip = team.commitIn(worker.worktree, 'price.md', '42');
  const heir = await mission.workers.handOver(worker.slotId, { note, role: reviewer }, never);
  expect(heir).toMatchObject({ role: 'reviewer', base: tip, createdBy: `slot:${boss}` });
  expect(mission.task(worker.taskId).status).toBe('running');
  await ends(mission, worker.slotId, 'over to you');
  await team.stands(mission, heir.slotId);
  await takes(mission, heir.slotId, 2);
  expect(team.typed[1]).toMatch(
    /^An earlier session has handed this task over.*look at the rounding.*do it$/s,
  );
  await until(mission, 'closed', () => mission.slots().every(({ slotId }) => slotId !== worker.slotId));
  expect(mission.workers.get({ name: worker.name }).status).toBe('completed');
  await ends(mission, heir.slotId, 'rounded');
  await taskIs(mission, worker.taskId, 'done');
  expect(mission.task(worker.taskId)).toMatchObject({ result: 'rounded', slotId: heir.slotId });
  await until(
    mission,
    'completed',
    () => mission.workers.get({ name: heir.name }).completion?.summary === 'rounded',
  );
});

test('it goes on there, too, when the daemon is killed before the turn has ended', async () => {
  const mission = await team.startWithShop();
  const worker = await atWork(mission);
  const heir = await mission.workers.handOver(worker.slotId, { note, role: reviewer }, never);
  await team.stage.kill9();
  const second = await team.stage.start();
  await ends(second, worker.slotId, 'over to you');
  await team.stands(second, heir.slotId);
  await takes(second, heir.slotId, 2);
  expect(team.typed[1]).toContain(note);
  expect(second.task(worker.taskId).slotId).toBe(heir.slotId);
});

test('it goes on there, too, when the session ends by itself before its turn has: nobody begins twice', async () => {
  const mission = await team.startWithShop();
  const worker = await atWork(mission);
  const heir = await mission.workers.handOver(worker.slotId, { note, role: reviewer }, never);
  const run = team.stage.fake.alive().find(({ slotId }) => slotId === worker.slotId);
  if (run === undefined) throw new Error('the worker has no run');
  team.stage.fake.end(run.epoch, { code: 1 });
  await team.stands(mission, heir.slotId);
  await takes(mission, heir.slotId, 2);
  expect(team.typed[1]).toContain(note);
  expect(mission.task(worker.taskId).slotId).toBe(heir.slotId);
});

test.each([
  ['a role that it may not make', { creates: ['worker'] }],
  ['none where it may make none', { creates: [] }],
])('%s gets nothing', async (_, facts) => {
  const mission = await team.startWithShop({
    agentRoleFacts: () => ({ persistence: 'ephemeral', ...facts }),
  });
  const worker = await atWork(mission);
  await expect(
    mission.workers.handOver(worker.slotId, { note, role: reviewer }, never),
  ).rejects.toMatchObject({ code: 'not_permitted' });
  expect(mission.workers.list({ limit: 9 })).toHaveLength(1);
  await ends(mission, worker.slotId, 'done after all');
  await taskIs(mission, worker.taskId, 'done');
});

test('what is not committed is not left behind, and nobody hands over twice', async () => {
  const mission = await team.startWithShop();
  const worker = await atWork(mission);
  const handOver = () => mission.workers.handOver(worker.slotId, { note, role: reviewer }, never);
  writeFileSync(path.join(worker.worktree, 'loose.md'), 'loose');
  await expect(handOver()).rejects.toMatchObject({
    code: 'agent_refused',
    message: expect.stringContaining('not committed'),
  });
  team.commitIn(worker.worktree, 'loose.md', 'loose');
  await handOver();
  await expect(handOver()).rejects.toMatchObject({ code: 'agent_refused' });
  // Its task would count as done.
  await expect(mission.workers.done(worker.slotId, { summary: 'done' })).rejects.toMatchObject({
    code: 'agent_refused',
  });
  expect(mission.workers.list({ limit: 9 })).toHaveLength(2);
});

test('the task fails where the other agent was removed before the turn has ended', async () => {
  const mission = await team.startWithShop();
  const worker = await atWork(mission);
  const heir = await mission.workers.handOver(worker.slotId, { note, role: reviewer }, never);
  await mission.workers.discard({ name: heir.name }, 'test', never);
  await ends(mission, worker.slotId, 'over to you');
  await taskIs(mission, worker.taskId, 'failed');
  expect(mission.task(worker.taskId).error).toContain(`handed over to ${heir.name}, which is removed now`);
});

test('the other agent waits for nothing where the one before it was killed before its turn had ended', async () => {
  const mission = await team.startWithShop();
  const worker = await atWork(mission);
  const heir = await mission.workers.handOver(worker.slotId, { note, role: reviewer }, never);
  await mission.kill(worker.slotId, 'person');
  await taskIs(mission, worker.taskId, 'failed');
  await until(mission, 'ended', () => mission.workers.get({ name: heir.name }).status === 'completed');
  expect(mission.workers.get({ name: heir.name }).completion?.failure).toContain('was killed');
});

test('an agent that has no task, and a slot of no repository, hand over to nobody', async () => {
  const mission = await team.startWithShop();
  const { worker } = await team.work(mission, { task: undefined });
  for (const slotId of [worker.slotId, boss])
    await expect(mission.workers.handOver(slotId, { note, role: reviewer }, never)).rejects.toMatchObject({
      code: slotId === boss ? 'agent_unknown' : 'agent_refused',
    });
  expect(mission.workers.list({ limit: 9 })).toHaveLength(1);
});
