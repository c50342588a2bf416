import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import { Role } from '../../../db/ids.ts';
import { createAgentsStage, never, shop } from './agents-stage.ts';

let place: ReturnType<typeof createAgentsStage>;
let mission: RunningMission;
beforeEach(async () => {
  place = createAgentsStage();
  mission = await place.startWithShop();
  await mission.repositories.configure(
    { repository: shop },
    { configuration: { mostAgents: 2 }, defaultBranch: undefined },
  );
});
afterEach(() => place.close());

const makes = (role = 'worker') =>
  mission.workers.create(
    { which: { repository: shop }, role: Role.parse(role), submitter: 'slot:shop.boss' },
    never,
  );

test('of many that are wanted at once as many are made as may be, and the others leave nothing', async () => {
  const made = await Promise.allSettled([makes(), makes('reviewer'), makes(), makes()]);
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  for (const one of made)
    if (one.status === 'rejected')
      expect(one.reason).toMatchObject({
        code: 'too_many',
        remedy: expect.stringContaining('mostAgents=4 --repo shop'),
      });
  expect(mission.workers.list({ repository: shop, limit: 50 })).toHaveLength(2);
  expect(place.gitIn(place.main)('worktree', 'list').split('\n')).toHaveLength(3);
});

test('a person’s workspace is not counted, and who has ended makes room, but gets no more work in it then', async () => {
  const first = await makes();
  await makes();
  await makes('workspace');
  await expect(makes()).rejects.toMatchObject({ code: 'too_many' });
  await mission.workers.keep({ name: first.worker.slotId }, 'test');
  await makes();
  await expect(
    mission.workers.giveWork({ name: first.worker.slotId }, { task: 'more', submitter: 'test' }, never),
  ).rejects.toMatchObject({ code: 'too_many' });
  expect(mission.workers.get({ name: first.worker.slotId }).status).toBe('completed');
});

test('who sleeps is woken only where there is room, and sleeps on otherwise', async () => {
  const [one, two] = [await makes(), await makes()];
  for (const { worker } of [one, two]) mission.workers.hibernate({ name: worker.slotId }, 'test');
  for (const { worker } of [one, two])
    await expect.poll(() => mission.workers.get({ name: worker.slotId }).state).toBeUndefined();
  await makes();
  const { workers, notes } = await mission.workers.wake({ repository: shop }, never);
  expect([workers.length, notes]).toEqual([
    1,
    [expect.stringMatching(/sleeps on: 2 agents work on shop already/)],
  ]);
  const third = [one, two].find(({ worker }) => worker.slotId !== workers[0]?.slotId);
  await expect(mission.workers.wake({ name: third?.worker.slotId ?? '' }, never)).rejects.toMatchObject({
    code: 'too_many',
  });
});
