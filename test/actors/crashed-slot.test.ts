import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import { SlotId } from '../../db/ids.ts';
import type { ScreenReading } from '../../services/terminal/reading.ts';
import { idleReading } from './fake-pty-host.ts';
import { becomesReady, createStage, hook, role, slotId, slotOf, until, untilSlot } from './mission-stage.ts';

const otherId = SlotId.parse('coder-2');

let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  stage = createStage({ slots: [slotOf(), slotOf({ id: otherId })] });
});
afterEach(() => stage.close());

/** A reading on which the statechart fails, as a bug would make it. */
const poison = (): ScreenReading => ({
  ...idleReading(),
  composer: Object.defineProperty(idleReading().composer, 'kind', {
    get() {
      throw new Error('a bug');
    },
  }),
});

/** One slot whose statechart fails, beside one that rests. */
async function crashed(works: (mission: RunningMission) => Promise<void> = async () => {}) {
  const mission = await stage.start();
  await mission.spawn(otherId, {});
  const { epoch } = await mission.spawn(slotId, {});
  await becomesReady(mission, stage);
  await works(mission);
  const crash = until(mission, 'crashed', () => mission.slot(slotId).status === 'crashed');
  stage.fake.show(slotId, poison());
  await crash;
  return { mission, epoch };
}

test('a slot on which missiond fails is listed as crashed, with why; the others go on', async () => {
  const { mission } = await crashed();
  expect(mission.slots().map((slot) => [slot.slotId, slot.status])).toEqual([
    [slotId, 'crashed'],
    [otherId, 'live'],
  ]);
  expect(mission.slot(slotId).failure).toContain('a bug');
  await expect(mission.spawn(slotId, {})).rejects.toThrow('missiond failed on this slot');
});

test('its program is ended and its terminal put away, and its token is worth nothing', async () => {
  const { mission, epoch } = await crashed();
  await untilSlot(mission, 'stopped');
  expect(stage.fake.held().map((terminal) => terminal.slotId)).toEqual([otherId]);
  await expect(mission.screen(slotId)).rejects.toMatchObject({ code: 'slot_not_running' });
  if (epoch === undefined) throw new Error('the slot had no run');
  await expect(mission.receiveHook(slotId, epoch, {}, AbortSignal.timeout(5_000))).rejects.toThrow();
});

test('its task goes on in the next session of the slot, which is told of the first', async () => {
  let id = '';
  const { mission, epoch } = await crashed(async (running) => {
    id = (await running.submit({ role, slotId, prompt: 'work' })).taskId;
    await until(running, 'task running', () => running.task(id).status === 'running');
    await hook(running, 'UserPromptSubmit', { prompt: 'work' });
  });
  await until(mission, 'up again', () => {
    const slot = mission.slot(slotId);
    return slot.status === 'live' && slot.epoch !== epoch;
  });
  await becomesReady(mission, stage);
  await until(mission, 'task running again', () => {
    const { status, attempts } = mission.task(id);
    return status === 'running' && attempts?.length === 2;
  });
  expect(mission.task(id).attempts).toMatchObject([
    { outcome: 'lost', prompt: 'work' },
    { prompt: expect.stringMatching(/^An earlier session ended.*\n\nwork$/) },
  ]);
});

test('it is put together again, says what had happened, and can be started', async () => {
  const { mission } = await crashed();
  await untilSlot(mission, 'stopped');
  expect(mission.slot(slotId).failure).toContain('a bug');
  expect(await mission.spawn(slotId, {})).toMatchObject({ status: 'live' });
  expect(mission.slot(slotId).failure).toBeUndefined();
});

test('the next daemon finds nothing of it that could be taken for an agent', async () => {
  await crashed();
  await stage.kill9();
  const second = await stage.start();
  expect(second.slot(slotId).status).toBe('stopped');
  expect(second.slot(otherId).status).toBe('live');
});

test('one that starts by itself comes back by itself', async () => {
  const mission = await stage.start({ slots: [slotOf({ autoStart: true }), slotOf({ id: otherId })] });
  await untilSlot(mission, 'live');
  const { epoch } = mission.slot(slotId);
  stage.fake.show(slotId, poison());
  await until(mission, 'another run', () => {
    const slot = mission.slot(slotId);
    return slot.status === 'live' && slot.epoch !== epoch;
  });
  expect(mission.slot(slotId).failure).toBeUndefined();
});
