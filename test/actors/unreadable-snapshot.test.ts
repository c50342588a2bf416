import { afterEach, beforeEach, expect, test } from 'vitest';
import { createStage, hook, notingKeyboard, slotId, startIdle, taskIs, untilSlot } from './mission-stage.ts';

let typed: string[];
let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  typed = [];
  stage = createStage({ keyboard: () => notingKeyboard(typed) });
});
afterEach(() => stage.close());

test.each(['{"status":"active"', '', 'null', '[]'])(
  'a daemon whose stored snapshots are %j goes on with what runs, and types nothing twice',
  async (stored) => {
    const first = await startIdle(stage);
    const { taskId } = await first.submit({ slotId, prompt: 'do it' });
    await taskIs(first, taskId, 'running');
    await hook(first, 'UserPromptSubmit', { prompt: 'do it', prompt_id: 'prompt-1' });
    await stage.kill9();
    const { raw } = stage.database();
    for (const table of ['slots', 'tasks']) {
      const { changes } = raw
        .prepare(`update ${table} set snapshot = ? where snapshot is not null`)
        .run(stored);
      expect(changes).toBe(1);
    }
    const second = await stage.start();
    await untilSlot(second, 'live');
    await hook(second, 'Stop', { prompt_id: 'prompt-1', last_assistant_message: 'done' });
    await taskIs(second, taskId, 'done');
    expect(second.task(taskId).result).toBe('done');
    expect(typed).toEqual(['do it']);
  },
);
