import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import { idleReading } from './fake-pty-host.ts';
import { becomesReady, createStage, hook, role, slotId, until, untilSlot } from './mission-stage.ts';

const LIMIT = "You've hit your limit · resets 3pm (UTC)";
const NOON = Date.parse('2026-06-15T12:00:00Z');
/** A minute late: clocks differ. */
const THREE = Date.parse('2026-06-15T15:01:00Z');

let now: number;
let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  now = NOON;
  stage = createStage({ now: () => now });
});
afterEach(() => stage.close());

function showLimit(words: string): void {
  stage.fake.show(slotId, idleReading({ level: 'limited', limitText: words, at: now }));
}

/** A session that a usage limit has stopped, and a task that waits for it. */
async function limited(words = LIMIT) {
  const mission = await stage.start();
  await mission.spawn(slotId, {});
  await becomesReady(mission, stage);
  await hook(mission, 'UserPromptSubmit', { prompt: 'by hand' });
  await untilSlot(mission, 'live', 'thinking');
  stage.fake.show(slotId, idleReading({ level: 'thinking', composer: { kind: 'empty', text: '' }, at: now }));
  showLimit(words);
  await hook(mission, 'StopFailure', { error: 'rate_limit', last_assistant_message: words });
  await until(mission, 'limited', () => mission.slot(slotId).conversation === 'limited');
  const { taskId } = await mission.submit({ role, prompt: 'work' });
  await staysQueued(mission, taskId);
  return { mission, taskId };
}

async function staysQueued(mission: RunningMission, taskId: string): Promise<void> {
  for (let tick = 0; tick < 4; tick += 1) await setImmediate();
  expect(mission.task(taskId).status).toBe('queued');
}

test('a session that a usage limit has stopped says so, and takes the next task when the named time has passed', async () => {
  const { mission, taskId } = await limited();
  expect(mission.slot(slotId)).toMatchObject({ state: 'error', statusText: LIMIT });
  now = THREE - 1;
  // What is seen again later is the same limit, not one that ends at three tomorrow.
  showLimit(LIMIT);
  await staysQueued(mission, taskId);
  now = THREE;
  showLimit(LIMIT);
  await until(mission, 'running', () => mission.task(taskId).status === 'running');
});

test('the time is not forgotten by a daemon that is killed', async () => {
  const { taskId } = await limited();
  await stage.kill9();
  now = THREE;
  const second = await stage.start();
  await until(second, 'running', () => second.task(taskId).status === 'running');
});

test('a limit without a time ends when a prompt of a person is answered again', async () => {
  const { mission, taskId } = await limited("You've hit your limit");
  now = THREE;
  showLimit("You've hit your limit");
  await staysQueued(mission, taskId);
  await hook(mission, 'UserPromptSubmit', { prompt: 'are you there?' });
  await untilSlot(mission, 'live', 'thinking');
  await hook(mission, 'Stop', { last_assistant_message: 'yes' });
  stage.fake.show(slotId, idleReading({ at: now }));
  await until(mission, 'running', () => mission.task(taskId).status === 'running');
});
