import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import type { SlotKeyboard } from '../../actors/slot-runtime.ts';
import { idleReading } from './fake-pty-host.ts';
import { becomesReady, createStage, hook, role, slotId, slotOf, until, untilSlot } from './mission-stage.ts';

let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  stage = createStage({ slots: [slotOf({ autoStart: true })] });
});
afterEach(() => stage.close());

/** What is started or dispatched at once has been by then. */
async function ticksPass(): Promise<void> {
  for (let tick = 0; tick < 4; tick += 1) await setImmediate();
}

async function rests(mission: RunningMission): Promise<void> {
  await untilSlot(mission, 'live');
  await becomesReady(mission, stage);
}

async function staysDown(mission: RunningMission): Promise<void> {
  await ticksPass();
  expect(mission.slot(slotId).status).toBe('stopped');
  expect(stage.fake.held()).toEqual([]);
}

describe('a slot that is started with the daemon', () => {
  test('stays down over a restart when somebody killed it', async () => {
    const first = await stage.start();
    await untilSlot(first, 'live');
    await first.kill(slotId, 'test');
    await stage.kill9();
    await staysDown(await stage.start());
  });

  test('stays down when a daemon of another version comes', async () => {
    const first = await stage.start();
    await untilSlot(first, 'live');
    await first.kill(slotId, 'test');
    await stage.kill9();
    stage.database().raw.exec('update slots set snapshot_version = 0');
    await staysDown(await stage.start());
  });

  test('comes up again after it went down with the daemon', async () => {
    await untilSlot(await stage.start(), 'live');
    await stage.down();
    await untilSlot(await stage.start(), 'live');
  });

  test('comes up again when it was started after the kill', async () => {
    const first = await stage.start();
    await untilSlot(first, 'live');
    await first.kill(slotId, 'test');
    await first.spawn(slotId, {});
    await stage.down();
    await untilSlot(await stage.start(), 'live');
  });
});

test('a task that was queued before the kill does not start the slot again; one that comes after it does, for both', async () => {
  const mission = await stage.start();
  await rests(mission);
  const running = await mission.submit({ role, slotId, prompt: 'running' });
  await until(mission, 'running', () => mission.task(running.taskId).status === 'running');
  const queued = await mission.submit({ role, slotId, prompt: 'queued' });
  expect(await mission.kill(slotId, 'test')).toMatchObject({ failedTasks: [running.taskId] });
  await staysDown(mission);
  expect(mission.task(queued.taskId).status).toBe('queued');
  await mission.submit({ role, prompt: 'wanted now' });
  await rests(mission);
  await until(mission, 'the older first', () => mission.task(queued.taskId).status === 'running');
});

test('a task that the slot had refused to take goes back into the queue when it is killed', async () => {
  let calls = 0;
  const refuses = async () => {
    calls += 1;
    return { ok: false, failure: { code: 'slot_not_idle', message: 'not now' } } as const;
  };
  const never: SlotKeyboard = {
    deliver: refuses,
    queue: refuses,
    command: refuses,
    choose: refuses,
    dismiss: refuses,
    interrupt: refuses,
    passThrough: async () => {},
  };
  const lengthAsked: (() => void)[] = [];
  const mission = await stage.start({
    keyboard: () => never,
    // The second delivery gets no further than this.
    lengthOf: () => (calls === 0 ? Promise.resolve(0) : new Promise(() => lengthAsked.shift()?.())),
  });
  await rests(mission);
  const again = new Promise<void>((resolve) => lengthAsked.push(resolve));
  const { taskId } = await mission.submit({ role, slotId, prompt: 'work' });
  await again;
  expect(mission.task(taskId).status).toBe('delivering');
  expect(await mission.kill(slotId, 'test')).toMatchObject({ requeuedTasks: [taskId], failedTasks: [] });
  await until(mission, 'queued', () => mission.task(taskId).status === 'queued');
});

test('a task whose last words were heard is done, also when its slot is killed before it was seen at rest', async () => {
  const mission = await stage.start();
  await rests(mission);
  const { taskId } = await mission.submit({ role, slotId, prompt: 'work' });
  await until(mission, 'running', () => mission.task(taskId).status === 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: 'work', prompt_id: 'prompt-1' });
  stage.fake.show(slotId, idleReading({ level: 'thinking', composer: { kind: 'empty', text: '' } }));
  await untilSlot(mission, 'live', 'thinking');
  await hook(mission, 'Stop', { prompt_id: 'prompt-1', last_assistant_message: 'all is well' });
  expect(mission.task(taskId).status).toBe('running');
  expect(await mission.kill(slotId, 'test')).toMatchObject({ failedTasks: [] });
  await until(mission, 'done', () => mission.task(taskId).status === 'done');
  expect(mission.task(taskId).result).toBe('all is well');
});
