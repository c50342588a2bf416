import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { idleReading } from './fake-pty-host.ts';
import { createStage, hook, role, slotId, startIdle, until, untilSlot } from './mission-stage.ts';

const MINUTE_MS = 60_000;

let now: number;
let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  now = Date.parse('2026-06-15T12:00:00Z');
  stage = createStage({ now: () => now });
});
afterEach(() => stage.close());

/** A task whose turn has ended with these words of the API, and another that waits. */
async function failedWith(error: string, words: string) {
  const mission = await startIdle(stage);
  const { taskId } = await mission.submit({ role, prompt: 'work' });
  await until(mission, 'running', () => mission.task(taskId).status === 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: 'work', prompt_id: 'prompt-1' });
  stage.fake.show(slotId, idleReading({ level: 'thinking', at: now }));
  await untilSlot(mission, 'live', 'thinking');
  await hook(mission, 'StopFailure', { prompt_id: 'prompt-1', error, last_assistant_message: words });
  stage.fake.show(slotId, idleReading({ level: 'error', errorText: words, at: now }));
  await until(mission, 'failed', () => mission.task(taskId).status === 'failed');
  const next = await mission.submit({ role, prompt: 'more work' });
  for (let tick = 0; tick < 4; tick += 1) await setImmediate();
  return { mission, failed: mission.task(taskId), next: next.taskId };
}

test.each([
  ['needs_login', 'authentication_failed', 'Invalid API key · Please run /login', 5],
  ['api_down', 'overloaded', 'API Error: 529 Overloaded', 1],
])(
  '%s is told of; what waits is not burnt in it, and is tried again later',
  async (code, error, words, minutes) => {
    const { mission, failed, next } = await failedWith(error, words);
    expect(failed.errorCode).toBe(code);
    expect(mission.slot(slotId).trouble).toBe(code);
    expect(mission.task(next).status).toBe('queued');
    now += minutes * MINUTE_MS;
    await until(mission, 'tried again', () => mission.task(next).status === 'running');
  },
);

test('an error of the turn itself holds up nobody', async () => {
  const { mission, failed, next } = await failedWith('invalid_request', 'API Error: 400 too many images');
  expect(failed.errorCode).toBe('turn_failed');
  expect(mission.slot(slotId).trouble).toBeUndefined();
  await until(mission, 'running', () => mission.task(next).status === 'running');
});

test('a sign-in that stands on the screen is told of', async () => {
  const mission = await startIdle(stage);
  const dialog = { kind: 'signIn' as const, options: [{ label: 'Claude account', highlighted: true }] };
  stage.fake.show(slotId, idleReading({ level: 'dialog', dialog, at: now }));
  await until(mission, 'told', () => mission.slot(slotId).trouble === 'needs_login');
});
