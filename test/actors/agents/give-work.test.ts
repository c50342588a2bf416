import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import type { AgentRow } from '../../../services/ledger/agent-ledger.ts';
import { createAgentLedger } from '../../../services/ledger/agent-ledger.ts';
import { agentRow } from '../agent-row.ts';
import { createStage, slotOf } from '../mission-stage.ts';

let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  stage = createStage({ slots: [slotOf()] });
});
afterEach(() => stage.close());

async function startWith(change: Partial<AgentRow>): Promise<RunningMission> {
  createAgentLedger(stage.database().db).insert(agentRow({ worktree: '/tmp', ...change }));
  return stage.start();
}
const give = (mission: RunningMission) =>
  mission.workers.giveWork(
    { name: 'shop.busy-owl' },
    { task: 'say the price', submitter: 'slot:shop.boss' },
    AbortSignal.timeout(10_000),
  );

test('one whose work has ended is woken for it, and keeps who it is', async () => {
  const mission = await startWith({ status: 'completed', endedAt: 7, task: 'count the apples' });
  const { worker, taskId } = await give(mission);
  expect(worker).toMatchObject({ status: 'active', branch: 'work/busy-owl', worktree: '/tmp' });
  expect(worker.endedAt).toBeUndefined();
  expect(mission.task(taskId)).toMatchObject({ prompt: 'say the price', submitter: 'slot:shop.boss' });
  expect(mission.workers.ofSlot(worker.slotId)).toMatchObject({ status: 'active' });
  // It is found by everything that it was given, and stands as the last of it does.
  expect(worker).toMatchObject({
    task: expect.stringMatching(/^count the apples\n\nThen: say the price$/),
    taskId,
  });
});

test('one that works keeps what it has, and gets it besides', async () => {
  const mission = await startWith({ status: 'active' });
  const taskIds = [(await give(mission)).taskId, (await give(mission)).taskId];
  expect(
    mission
      .tasks({})
      .map(({ id }) => id)
      .sort(),
  ).toEqual(taskIds.sort());
});

test.each([
  ['hibernated', { status: 'hibernated' }, 'put to sleep'],
  ['gone', { status: 'removed' }, 'make another agent'],
  ['a workspace of the person', { kind: 'workspace' }, 'mission_message_send'],
  ['the merge queue', { kind: 'persistent' }, 'mission_message_send'],
] as const)(
  'one that is %s is given nothing, and the caller is told what to do',
  async (_, change, remedy) => {
    const mission = await startWith(change);
    await expect(give(mission)).rejects.toMatchObject({
      code: 'agent_refused',
      remedy: expect.stringContaining(remedy),
    });
    expect(mission.workers.get({ name: 'shop.busy-owl' })).toMatchObject(change);
    expect(mission.tasks({})).toEqual([]);
  },
);
