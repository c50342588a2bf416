import { afterEach, beforeEach, expect, test } from 'vitest';
import { SlotId } from '../../db/ids.ts';
import type { ScreenReading } from '../../services/terminal/reading.ts';
import { idleReading } from './fake-pty-host.ts';
import { becomesReady, createStage, role, slotId, slotOf, until, untilSlot } from './mission-stage.ts';

const otherId = SlotId.parse('coder-2');

let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  stage = createStage({ slots: [slotOf(), slotOf({ id: otherId })] });
});
afterEach(() => stage.close());

/** A reading on which the statechart fails, as a bug would make it. */
const poison = (): ScreenReading =>
  Object.defineProperty(idleReading(), 'composer', {
    get() {
      throw new Error('a bug');
    },
  });

/** One slot whose statechart fails while it works on a task, beside one that rests. */
async function crashed() {
  const mission = await stage.start();
  await mission.spawn(otherId, {});
  const { epoch } = await mission.spawn(slotId, {});
  await becomesReady(mission, stage);
  const { taskId } = await mission.submit({ role, slotId, prompt: 'work' });
  await until(mission, 'task running', () => mission.task(taskId).status === 'running');
  const crash = until(mission, 'crashed', () => mission.slot(slotId).status === 'crashed');
  stage.fake.show(slotId, poison());
  await crash;
  return { mission, taskId, epoch };
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

test('its program is ended and its terminal put away, its task fails, and its token is worth nothing', async () => {
  const { mission, taskId, epoch } = await crashed();
  await until(mission, 'task failed', () => mission.task(taskId).status === 'failed');
  expect(mission.task(taskId).errorCode).toBe('session_exited');
  expect(stage.fake.held().map((terminal) => terminal.slotId)).toEqual([otherId]);
  await expect(mission.screen(slotId)).rejects.toMatchObject({ code: 'slot_not_running' });
  if (epoch === undefined) throw new Error('the slot had no run');
  await expect(mission.receiveHook(slotId, epoch, {}, AbortSignal.timeout(5_000))).rejects.toThrow();
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
