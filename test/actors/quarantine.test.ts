import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import { SlotId, type TaskId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import {
  becomesReady,
  createStage,
  PROGRAM,
  role,
  slotId,
  slotOf,
  until,
  untilSlot,
} from './mission-stage.ts';

const otherId = SlotId.parse('coder-2');

let broken: boolean;
let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  broken = true;
  stage = createStage({
    slots: [slotOf(), slotOf({ id: otherId })],
    prepare: async ({ configuration }) => {
      if (broken && configuration.id === slotId) throw new MissionError('claude_missing', 'No program.');
      return PROGRAM;
    },
  });
});
afterEach(() => stage.close());

function over(mission: RunningMission, taskId: TaskId): Promise<void> {
  return until(mission, 'task failed', () => mission.task(taskId).status === 'failed');
}

/** A slot that could not be started for the tasks that were meant for it alone; the last of them waits. */
async function quarantined(mission: RunningMission): Promise<TaskId> {
  const first = await mission.submit({ slotId, prompt: 'first' });
  await over(mission, first.taskId);
  const { taskId } = await mission.submit({ slotId, prompt: 'second' });
  await untilSlot(mission, 'quarantined');
  return taskId;
}

test('a slot that keeps failing says so; what was meant for it alone waits, the rest is done by others', async () => {
  const mission = await stage.start();
  const waiting = await quarantined(mission);
  expect(mission.slot(slotId)).toMatchObject({
    failure: expect.stringContaining('No program.'),
    startsAgainAt: expect.any(Number),
  });
  const { taskId } = await mission.submit({ role, prompt: 'for anybody' });
  await until(mission, 'given to the other', () => mission.slot(otherId).status === 'live');
  expect(mission.task(taskId).status).not.toBe('failed');
  expect(mission.task(waiting).status).toBe('queued');
});

test('a task that only slots in quarantine could do waits and says why', async () => {
  const mission = await stage.start({ slots: [slotOf()] });
  await quarantined(mission);
  const { taskId, hint } = await mission.submit({ role, prompt: 'for anybody' });
  expect(hint).toContain(`${slotId} is quarantined`);
  broken = false;
  await mission.spawn(slotId, {});
  await becomesReady(mission, stage);
  await until(mission, 'taken', () => mission.task(taskId).status === 'running');
});

test('it is remembered by the next daemon, and ended by a person', async () => {
  const waiting = await quarantined(await stage.start());
  await stage.kill9();
  const second = await stage.start();
  expect(second.slot(slotId)).toMatchObject({
    status: 'quarantined',
    failure: expect.stringContaining('No program.'),
  });
  await stage.down();
  const third = await stage.start();
  expect(third.slot(slotId).status).toBe('quarantined');
  broken = false;
  await third.spawn(slotId, {});
  await becomesReady(third, stage);
  await until(third, 'running', () => third.task(waiting).status === 'running');
});
