import { afterEach, beforeEach, expect, test } from 'vitest';
import { createStage, role, startIdle, until, willingKeyboard } from './mission-stage.ts';

const HOUR_MS = 60 * 60_000;
let shift = 0;
let refusals = 0;
let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  shift = 0;
  refusals = 1;
  stage = createStage({
    now: () => Date.now() + shift,
    keyboard: () =>
      willingKeyboard({
        async deliver() {
          if (refusals === 0) return { ok: true };
          refusals -= 1;
          return { ok: false, failure: { code: 'slot_not_idle', message: 'busy' } };
        },
      }),
  });
});
afterEach(() => stage.close());

test('a slot that refused just before the clock was set back is asked again', async () => {
  const mission = await startIdle(stage);
  mission.subscribe((event) => {
    // Once the refusal is noted.
    if (event.type === 'task_changed' && event.task.status === 'queued' && refusals === 0)
      setImmediate(() => {
        shift = -HOUR_MS;
      });
  });
  const { taskId } = await mission.submit({ role, prompt: 'fix it' });
  await until(mission, 'running', () => mission.task(taskId).status === 'running');
  expect(refusals).toBe(0);
});
