import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import { SlotId } from '../../db/ids.ts';
import { idleReading } from './fake-pty-host.ts';
import { createStage, hook, role, slotId, slotOf, startIdle, until, untilSlot } from './mission-stage.ts';

const LIMIT = "You've hit your limit · resets 3pm (UTC)";
const NOON = Date.parse('2026-06-15T12:00:00Z');
/** A minute late, since clocks differ; and up to a minute later, so that not all slots begin at once. */
const THREE = Date.parse('2026-06-15T15:02:00Z');
const TOO_EARLY = Date.parse('2026-06-15T15:00:59Z');

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
async function limited(words = LIMIT, change: Parameters<typeof stage.start>[0] = {}) {
  const mission = await startIdle(stage, change);
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
  now = TOO_EARLY;
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

test('a limit whose words name no time ends with the window of the account that the status line names', async () => {
  const { mission, taskId } = await limited("You've hit your limit", {
    statusLineRow: () => ({
      row: '',
      contextLeftPercent: null,
      costUsd: null,
      version: null,
      sessionId: null,
      windows: [{ name: 'five_hour', usedPercent: 100, resetsAt: Date.parse('2026-06-15T15:00:00Z') }],
    }),
  });
  const { epoch } = mission.slot(slotId);
  if (epoch !== undefined) mission.receiveStatusLine(slotId, epoch, {});
  await until(mission, 'told', () => mission.slot(slotId).startsAgainAt !== undefined);
  now = TOO_EARLY;
  showLimit("You've hit your limit");
  await staysQueued(mission, taskId);
  now = THREE;
  showLimit("You've hit your limit");
  await until(mission, 'running', () => mission.task(taskId).status === 'running');
});

test('a slot that a limit has stopped holds up no other of its role', async () => {
  const otherId = SlotId.parse('coder-2');
  const mission = await startIdle(stage, { slots: [slotOf(), slotOf({ id: otherId })] });
  showLimit(LIMIT);
  await until(mission, 'limited', () => mission.slot(slotId).conversation === 'limited');
  await mission.submit({ role, prompt: 'work' });
  await until(mission, 'the other is started', () => mission.slot(otherId).status === 'live');
});
