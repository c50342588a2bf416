import { afterEach, beforeEach, expect, test } from 'vitest';
import { idleReading } from './fake-pty-host.ts';
import { createStage, hook, notingKeyboard, slotId, startIdle, taskIs, untilSlot } from './mission-stage.ts';

/** What was done to which terminal, in order. */
let done: string[];
let typed: string[];
let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  done = [];
  typed = [];
  stage = createStage();
});
afterEach(() => stage.close());

/** A slot that stands at its prompt; every byte that is written to a terminal is noted. */
const starts = () => {
  const { host } = stage.fake;
  return startIdle(stage, {
    keyboard: () => notingKeyboard(typed),
    host: {
      spawn: (spec) => {
        done.push(`start ${spec.epoch}`);
        return host.spawn(spec);
      },
      write: async (epoch) => void done.push(`write ${epoch}`),
      terminate: (epoch, ...more) => {
        done.push(`end ${epoch}`);
        return host.terminate(epoch, ...more);
      },
    },
  });
};

test.each(['idle', 'working'] as const)(
  'who restarts a session that is %s has its program ended before another is started, and nothing is typed into either',
  async (state) => {
    const mission = await starts();
    const taskId = state === 'idle' ? null : (await mission.submit({ slotId, prompt: 'work' })).taskId;
    if (taskId !== null) {
      await taskIs(mission, taskId, 'running');
      await hook(mission, 'UserPromptSubmit', { prompt: 'work', prompt_id: 'prompt-1' });
      stage.fake.show(slotId, idleReading({ level: 'thinking', sequence: 5 }));
    }
    const before = mission.slot(slotId).epoch;
    await mission.restart(slotId, 'a person');
    await untilSlot(mission, 'live');
    const after = mission.slot(slotId).epoch;
    expect(after).not.toBe(before);
    expect(done).toEqual([`start ${before}`, `end ${before}`, `start ${after}`]);
    expect(stage.fake.alive().map(({ epoch }) => epoch)).toEqual([after]);
    expect(typed).toEqual(taskId === null ? [] : ['work']);
    if (taskId !== null) expect(mission.task(taskId)).toMatchObject({ status: 'failed' });
  },
);
