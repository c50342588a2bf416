import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import { SlotId, type TaskId } from '../../db/ids.ts';
import type { Interrupted } from '../../services/keyboard/interrupt-turn.ts';
import type { ScreenReading } from '../../services/terminal/reading.ts';
import { idleReading } from './fake-pty-host.ts';
import {
  becomesReady,
  createStage,
  hook,
  role,
  slotId,
  slotOf,
  until,
  untilSlot,
  willingKeyboard,
} from './mission-stage.ts';

const otherId = SlotId.parse('coder-2');
const STILL_AT_WORK: Interrupted = {
  ok: false,
  failure: { code: 'timeout', message: 'The session is still at work after Esc.' },
};

let now: number;
let stage: ReturnType<typeof createStage>;
let escs: number;
/** What comes of each Esc, in order; the last one goes on. */
let outcomes: Interrupted[];
/** What the screen shows after an Esc that was taken. */
let after: ScreenReading['level'];
beforeEach(() => {
  now = Date.parse('2026-06-15T12:00:00Z');
  escs = 0;
  outcomes = [{ ok: true }];
  after = 'idle';
  stage = createStage({
    now: () => now,
    keyboard: () =>
      willingKeyboard({
        async interrupt() {
          escs += 1;
          const outcome = outcomes[Math.min(escs, outcomes.length) - 1] ?? { ok: true };
          if (outcome.ok) stage.fake.show(slotId, idleReading({ level: after, at: now }));
          return outcome;
        },
      }),
  });
});
afterEach(() => stage.close());

/** A session that works on a task; what stands in Claude Code's own queue is shown. */
async function working(
  mission: RunningMission,
  more: { readonly timeoutMs?: number; readonly retries?: number } = {},
): Promise<TaskId> {
  await mission.spawn(slotId, {});
  await becomesReady(mission, stage);
  const { taskId } = await mission.submit({ role, prompt: 'work', ...more });
  await until(mission, 'running', () => mission.task(taskId).status === 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: 'work' });
  stage.fake.show(slotId, idleReading({ level: 'thinking', at: now }));
  await untilSlot(mission, 'live', 'thinking');
  return taskId;
}

test('a session that Esc does not stop is ended before its task is given to another', async () => {
  outcomes = [STILL_AT_WORK];
  const mission = await stage.start({ slots: [slotOf(), slotOf({ id: otherId })] });
  const taskId = await working(mission, { timeoutMs: 5_000, retries: 1 });
  const { epoch } = mission.slot(slotId);
  const togetherAtIt: boolean[] = [];
  const stop = mission.subscribe((event) => {
    if (event.type === 'task_changed' && event.task.id === taskId && event.task.status !== 'running')
      togetherAtIt.push(mission.slot(slotId).epoch === epoch);
  });
  now += 5_000;
  await until(mission, 'given back', () => mission.task(taskId).status !== 'running');
  stop();
  expect(togetherAtIt).not.toContain(true);
  expect(mission.slot(slotId).epoch).not.toBe(epoch);
});

test('a session that leaves its turn is kept', async () => {
  const mission = await stage.start();
  const taskId = await working(mission);
  const { epoch } = mission.slot(slotId);
  await mission.cancel(taskId);
  expect(mission.task(taskId).status).toBe('cancelled');
  expect(mission.slot(slotId).epoch).toBe(epoch);
  expect(escs).toBe(1);
});

test('a session whose screen nobody can read is not believed to have left its turn', async () => {
  after = 'unknown';
  const mission = await stage.start({ slots: [slotOf(), slotOf({ id: otherId })] });
  const taskId = await working(mission, { timeoutMs: 5_000, retries: 1 });
  const { epoch } = mission.slot(slotId);
  now += 5_000;
  await until(mission, 'given back', () => mission.task(taskId).status !== 'running');
  expect(stage.fake.alive().map((terminal) => terminal.epoch)).not.toContain(epoch);
});

test('words that waited behind the turn are stopped, too', async () => {
  outcomes = [{ ok: true, wordsWaited: true }, { ok: true }];
  const mission = await stage.start();
  const taskId = await working(mission);
  const cancelled = mission.cancel(taskId);
  await until(mission, 'Esc', () => escs === 1 && mission.slot(slotId).state !== 'thinking');
  stage.fake.show(slotId, idleReading({ level: 'thinking', at: now }));
  await hook(mission, 'UserPromptSubmit', { prompt: 'a note' });
  expect((await cancelled).task.status).toBe('cancelled');
  expect(escs).toBe(2);
});
