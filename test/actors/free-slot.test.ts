import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MissionEvent } from '../../actors/mission/views.ts';
import { idleReading } from './fake-pty-host.ts';
import {
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

let stage: ReturnType<typeof createStage>;
/** Whether Claude Code takes what is typed. */
let takes: boolean;
beforeEach(() => {
  takes = true;
  stage = createStage({
    keyboard: () =>
      willingKeyboard({
        async deliver(_, { typed }) {
          if (!takes)
            return {
              ok: false,
              failure: { code: 'composer_occupied', message: 'somebody types', remedy: '' },
            };
          typed();
          return { ok: true };
        },
      }),
  });
});
afterEach(() => stage.close());

test('whoever hears that a task has ended finds its slot free', async () => {
  const mission = await startIdle(stage);
  const { taskId } = await mission.submit({ role, prompt: 'work' });
  const holder = new Promise((resolve) =>
    mission.subscribe((event) => {
      if (event.type === 'task_changed' && event.task.status === 'done')
        resolve(mission.slot(slotId).currentTaskId ?? 'nobody');
    }),
  );
  await taskIs(mission, taskId, 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: 'work' });
  stage.fake.show(slotId, idleReading({ level: 'thinking' }));
  await untilSlot(mission, 'live', 'thinking');
  await hook(mission, 'Stop', { last_assistant_message: 'done' });
  stage.fake.show(slotId, idleReading());
  expect(await holder).toBe('nobody');
});

test('a slot that did not take a task is told of as free again', async () => {
  const mission = await startIdle(stage);
  takes = false;
  const holders: (string | undefined)[] = [];
  mission.subscribe((event: MissionEvent) => {
    if (event.type === 'slot_changed') holders.push(event.slot.currentTaskId);
  });
  const { taskId } = await mission.submit({ role, prompt: 'work' });
  await until(mission, 'free again', () => holders.lastIndexOf(undefined) > holders.indexOf(taskId));
  expect(holders).toContain(taskId);
});
