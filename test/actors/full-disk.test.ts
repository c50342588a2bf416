import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import type { SlotKeyboard } from '../../actors/slot-runtime.ts';
import { createStage, hook, role, slotId, startIdle, until, willingKeyboard } from './mission-stage.ts';

let stage: ReturnType<typeof createStage>;
/** Prompts that were typed. */
let typed: string[];

const keyboard = (): SlotKeyboard =>
  willingKeyboard({
    async deliver(prompt, { submitted, typed: beforeEnter }) {
      typed.push(prompt);
      beforeEnter();
      await submitted;
      return { ok: true };
    },
  });

beforeEach(() => {
  typed = [];
  stage = createStage({ keyboard });
});
afterEach(() => stage.close());

/** From here on the database refuses this; what it returns gives it room again. */
function fill(when: string): () => void {
  const { raw } = stage.database();
  raw.exec(`create trigger full before ${when} begin select raise(abort, 'database or disk is full'); end`);
  return () => raw.exec('drop trigger full');
}

const submitted = (mission: RunningMission) => hook(mission, 'UserPromptSubmit', { prompt: 'do the work' });
const stopped = (mission: RunningMission) => hook(mission, 'Stop', { last_assistant_message: 'done it' });

describe('while the disk is full', () => {
  test.each([
    ['the assignment', "update on tasks when new.status = 'delivering'"],
    ['the delivery', 'insert on deliveries'],
  ])('nothing is typed before %s is stored; then the task goes on', async (_, when) => {
    const mission = await startIdle(stage);
    const makeRoom = fill(when);
    const { taskId } = await mission.submit({ role, prompt: 'do the work' });
    await vi.waitUntil(() => stage.errors.some((error) => error.includes('disk is full')));
    expect(typed).toEqual([]);
    makeRoom();
    await vi.waitUntil(() => typed.length > 0, { timeout: 20_000 });
    await submitted(mission);
    await stopped(mission);
    expect(await mission.waitForTask(taskId, { timeoutMs: 20_000 })).toMatchObject({
      status: 'done',
      result: 'done it',
    });
    expect(typed).toEqual(['do the work']);
  });

  test('what the hooks say is heard all the same, and stored when there is room', async () => {
    const mission = await startIdle(stage);
    const { taskId } = await mission.submit({ role, prompt: 'do the work' });
    await vi.waitUntil(() => typed.length > 0);
    const makeRoom = fill('insert on history');
    await submitted(mission);
    await stopped(mission);
    makeRoom();
    await until(mission, 'done', () => mission.task(taskId).status === 'done');
    expect(mission.task(taskId).result).toBe('done it');
    expect(mission.history(slotId).map(({ content }) => content)).toEqual(['do the work', 'done it']);
  });
});
