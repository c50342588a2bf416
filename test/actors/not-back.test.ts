import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import type { MissionEvent } from '../../actors/mission/views.ts';
import type { TaskId } from '../../db/ids.ts';
import type { ScreenReading } from '../../services/terminal/reading.ts';
import { idleReading } from './fake-pty-host.ts';
import {
  becomesReady,
  createStage,
  hook,
  role,
  slotId,
  startIdle,
  taskIs,
  until,
  untilSlot,
  willingKeyboard,
} from './mission-stage.ts';

const MINUTE_MS = 60_000;
const LIMIT = "You've hit your limit · resets 3pm (UTC)";

let now: number;
let typed: number;
let told: string[];
let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  now = Date.parse('2026-06-15T12:00:00Z');
  typed = 0;
  told = [];
  stage = createStage({
    now: () => now,
    lengthOf: async () => 1,
    keyboard: () =>
      willingKeyboard({
        async deliver(_, { typed: reached }) {
          typed += 1;
          reached();
          return { ok: true };
        },
      }),
    readTurn: async () => ({
      found: true,
      ended: false,
      interrupted: false,
      error: null,
      lastAssistantMessage: null,
    }),
    telling: {
      receivers: [
        { id: 'one', hook: { on: ['stuck'], url: 'http://127.0.0.1:1/', timeoutSeconds: 1 }, shownAs: 'one' },
      ],
      send: async (_, { body }) => {
        told.push(body);
      },
    },
  });
});
afterEach(() => stage.close());

/** A session died in the midst of a task; the one that was resumed shows this and is not ready. */
async function comesBackAs(
  reading: Partial<ScreenReading>,
  more: { readonly retries?: number } = {},
): Promise<{ readonly mission: RunningMission; readonly taskId: TaskId }> {
  const mission = await startIdle(stage);
  const { taskId } = await mission.submit({ role, prompt: 'work', retryBackoffMs: 0, ...more });
  await taskIs(mission, taskId, 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: 'work', prompt_id: 'prompt-1' });
  const { epoch } = mission.slot(slotId);
  for (const alive of stage.fake.alive()) stage.fake.end(alive.epoch, { code: null, signal: 9, at: now });
  await until(mission, 'another run', () => {
    const slot = mission.slot(slotId);
    return slot.status === 'live' && slot.epoch !== epoch;
  });
  stage.fake.show(slotId, idleReading({ at: now, ...reading }));
  await until(mission, 'waits', () => mission.task(taskId).waitingFor === 'session');
  return { mission, taskId };
}

const DRAFT: Partial<ScreenReading> = { composer: { kind: 'draft', text: 'wait, I' } };

test('a task whose session is not ready says so, somebody is told, and it fails in the end', async () => {
  const { mission, taskId } = await comesBackAs(DRAFT);
  const events: MissionEvent[] = [];
  mission.subscribe((event) => {
    if (event.type === 'slot_stuck') events.push(event);
  });
  await untilSlot(mission, 'live', 'idle');
  expect(mission.task(taskId)).toMatchObject({
    status: 'running',
    waitsBecause: 'coder-1 has a draft of a person in its prompt box',
  });
  now += 10 * MINUTE_MS;
  await until(mission, 'told', () => events.length === 1);
  expect(events[0]).toMatchObject({ slotId, taskId, reason: 'not back', step: 'wait' });
  await expect.poll(() => told.length, { timeout: 20_000 }).toBe(1);
  expect(mission.inbox({ unreadOnly: true, limit: 1 })[0]?.content).toMatch(
    /^stuck: coder-1 has a draft of a person/,
  );
  now += 50 * MINUTE_MS;
  await taskIs(mission, taskId, 'failed');
  expect(mission.task(taskId)).toMatchObject({
    errorCode: 'session_exited',
    error: expect.stringContaining('has not come back within 60 minutes: coder-1 has a draft of a person'),
  });
  expect(events).toHaveLength(1);
});

test('it is tried again then when it may be', async () => {
  const { mission, taskId } = await comesBackAs(DRAFT, { retries: 1 });
  now += 60 * MINUTE_MS;
  await taskIs(mission, taskId, 'queued');
  now += MINUTE_MS;
  await becomesReady(mission, stage);
  await until(mission, 'typed again', () => typed === 2);
});

test('a limit whose end is known is waited for, and its end is seen although nothing moves', async () => {
  const { mission, taskId } = await comesBackAs({ level: 'limited', limitText: LIMIT });
  await until(mission, 'limited', () => mission.slot(slotId).startsAgainAt !== undefined);
  await hook(mission, 'SessionStart', { source: 'resume' });
  now += 120 * MINUTE_MS;
  await expect
    .poll(() => mission.task(taskId).waitsBecause, { timeout: 20_000 })
    .toContain('has reached a usage limit');
  now += 62 * MINUTE_MS;
  await until(mission, 'delivered again', () => typed === 2);
  expect(mission.task(taskId).attempts).toMatchObject([{ outcome: 'lost' }, { number: 2 }]);
  expect(told).toEqual([]);
});
