import { afterEach, beforeEach, expect, test } from 'vitest';
import { createStage, role, startIdle, taskIs, willingKeyboard } from './mission-stage.ts';

const UNSEEN = {
  ok: false,
  failure: { code: 'delivery_failed', message: 'The text did not appear in the prompt box.' },
} as const;

let stage: ReturnType<typeof createStage>;
/** What was typed; true where Enter may have been pressed. */
let typed: boolean[];
/** How often the box does not show the text, and whether Enter was pressed all the same. */
let unseen: { times: number; entered: boolean };
beforeEach(() => {
  typed = [];
  stage = createStage({
    keyboard: () =>
      willingKeyboard({
        async deliver(_, { typed: reached }) {
          unseen.times -= 1;
          const fails = unseen.times >= 0;
          const enters = !fails || unseen.entered;
          typed.push(enters);
          if (enters) reached();
          return fails ? UNSEEN : { ok: true };
        },
      }),
  });
});
afterEach(() => stage.close());

async function submitted(times: number, entered: boolean) {
  unseen = { times, entered };
  const mission = await startIdle(stage);
  const { taskId } = await mission.submit({ role, prompt: 'work' });
  return { mission, taskId };
}

test('a prompt that the box did not show, and that was not sent, is typed again', async () => {
  const { mission, taskId } = await submitted(2, false);
  await taskIs(mission, taskId, 'running');
  expect(typed).toEqual([false, false, true]);
});

test('not for ever: then the task fails with that', async () => {
  const { mission, taskId } = await submitted(99, false);
  await taskIs(mission, taskId, 'failed');
  expect(mission.task(taskId).errorCode).toBe('delivery_failed');
  expect(typed).toHaveLength(3);
});

test('a prompt that may have been sent is not typed again', async () => {
  const { mission, taskId } = await submitted(1, true);
  await taskIs(mission, taskId, 'failed');
  expect(typed).toEqual([true]);
});
