import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { idleReading } from './fake-pty-host.ts';
import {
  createStage,
  hook,
  role,
  slotId,
  slotOf,
  startIdle,
  taskIs,
  until,
  untilSlot,
  willingKeyboard,
} from './mission-stage.ts';

const otherId = SlotId.parse('coder-2');

let now: number;
/** How often the host still fails to end a program. */
let failures: number;
let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  now = Date.parse('2026-06-15T12:00:00Z');
  failures = 0;
  stage = createStage({
    now: () => now,
    keyboard: () =>
      willingKeyboard({
        interrupt: async () => ({ ok: false, failure: { code: 'timeout', message: 'It is still at work.' } }),
      }),
    host: {
      async terminate(epoch) {
        failures -= 1;
        if (failures >= 0) throw new MissionError('pty_host_unreachable', 'The host does not answer.');
        return stage.fake.end(epoch);
      },
    },
  });
});
afterEach(() => stage.close());

/** A session that works on a task whose time is over after five seconds, and another slot that could do it. */
async function working() {
  const mission = await startIdle(stage, { slots: [slotOf(), slotOf({ id: otherId })] });
  const { taskId } = await mission.submit({ role, prompt: 'work', timeoutMs: 5_000, retries: 1 });
  await taskIs(mission, taskId, 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: 'work' });
  stage.fake.show(slotId, idleReading({ level: 'thinking', at: now }));
  await untilSlot(mission, 'live', 'thinking');
  return { mission, taskId, epoch: mission.slot(slotId).epoch };
}

test('a task is given to nobody else while a program that the host could not end may still work on it', async () => {
  failures = 3;
  const { mission, taskId, epoch } = await working();
  now += 5_000;
  await until(mission, 'given back', () => mission.task(taskId).status !== 'running');
  expect(failures).toBeLessThan(0);
  expect(stage.fake.alive().map((terminal) => terminal.epoch)).not.toContain(epoch);
});

test('a session is not ended under the hands of a person who types there', async () => {
  const { mission, taskId, epoch } = await working();
  const person = await mission.attach(
    slotId,
    { snapshot() {}, output() {}, resized() {}, exited() {} },
    { readOnly: false },
  );
  await person.input('x');
  now += 5_000;
  await expect.poll(() => stage.errors.join()).toContain('did not leave its turn');
  for (let round = 0; round < 50; round += 1) await setImmediate();
  expect(mission.slot(slotId).epoch).toBe(epoch);
  expect(mission.task(taskId).status).toBe('running');
  person.detach();
  await until(mission, 'given back', () => mission.task(taskId).status !== 'running');
  expect(stage.fake.alive().map((terminal) => terminal.epoch)).not.toContain(epoch);
});
