import { afterEach, beforeEach, expect, test } from 'vitest';
import { createStage, hook, notingKeyboard, role, slotId, startIdle, taskIs } from '../mission-stage.ts';

const never = new AbortController().signal;
const lead = { by: 'owner', name: 'lead' };

let stage: ReturnType<typeof createStage>;
let typed: string[];
beforeEach(() => {
  typed = [];
  stage = createStage({ keyboard: () => notingKeyboard(typed) });
});
afterEach(() => stage.close());

test('what a consumer has not acknowledged is told again by the next daemon, and only that', async () => {
  const first = await stage.start();
  const ask = (mission = first, cursor?: number) =>
    mission.following.ended({ consumer: lead, cursor, limit: 10, waitMs: 0, signal: never });
  await ask();
  const end = async (prompt: string) => {
    const { taskId } = await first.submit({ slotId, prompt, notBefore: Date.now() + 600_000 });
    await first.cancel(taskId);
    return taskId;
  };
  await end('one');
  await ask(first, (await ask()).cursor);
  const two = await end('two');
  await stage.kill9();
  const next = await stage.start();
  expect((await ask(next)).tasks.map(({ id }) => id)).toEqual([two]);
});

test('a task is tracked with what its session does and said', async () => {
  const mission = await startIdle(stage);
  const { taskId } = await mission.submit({ role, prompt: 'do it' });
  await taskIs(mission, taskId, 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: typed.at(-1) });
  const before = await mission.following.track(taskId, { waitMs: 0, signal: never });
  expect(before.slot).toMatchObject({ slotId, status: 'live' });
  const waiting = mission.following.track(taskId, { cursor: before.cursor, waitMs: 30_000, signal: never });
  await hook(mission, 'PreToolUse', {
    tool_name: 'Read',
    tool_input: { file_path: '/tmp/x' },
    tool_use_id: 'toolu_1',
  });
  expect((await waiting).changed).toBe(true);
  const gone = new AbortController();
  const given = mission.following.track(taskId, { waitMs: 30_000, signal: gone.signal });
  gone.abort();
  await expect(given).rejects.toMatchObject({ code: 'cancelled' });
});
