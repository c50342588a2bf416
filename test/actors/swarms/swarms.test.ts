import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import { idleReading } from '../fake-pty-host.ts';
import {
  createStage,
  hook,
  notingKeyboard,
  role,
  slotId,
  startIdle,
  until,
  untilSlot,
} from '../mission-stage.ts';

const never = new AbortController().signal;

let stage: ReturnType<typeof createStage>;
let typed: string[];
beforeEach(() => {
  typed = [];
  stage = createStage({ keyboard: () => notingKeyboard(typed) });
});
afterEach(() => stage.close());

async function answers(mission: RunningMission, prompt: string, words: string): Promise<void> {
  await until(mission, `${prompt} is typed`, () => typed.at(-1) === prompt);
  await hook(mission, 'UserPromptSubmit', { prompt });
  stage.fake.show(slotId, idleReading({ level: 'thinking' }));
  await untilSlot(mission, 'live', 'thinking');
  await hook(mission, 'Stop', { last_assistant_message: words });
  stage.fake.show(slotId, idleReading());
}

test('results are gathered in the order of the tasks, and a killed daemon loses and doubles none', async () => {
  const first = await startIdle(stage);
  const prompts = ['one', 'two', 'three'];
  const id = first.swarms.begin({ prompts, roles: [role], slotIds: [], atOnce: 1, submitter: 'cli' });
  await answers(first, 'one', 'first');
  await until(first, 'the second', () => typed.at(-1) === 'two');
  await hook(first, 'UserPromptSubmit', { prompt: 'two', prompt_id: 'prompt-2' });
  stage.fake.show(slotId, idleReading({ level: 'thinking' }));
  await untilSlot(first, 'live', 'thinking');
  await stage.kill9();
  const next = await stage.start();
  await untilSlot(next, 'live');
  const gathered = next.swarms.gather(id, { waitMs: 30_000, signal: never });
  await hook(next, 'Stop', { prompt_id: 'prompt-2', last_assistant_message: 'second' });
  await until(next, 'the second is done', () => next.swarms.look(id).counts.done === 2);
  stage.fake.show(slotId, idleReading());
  await answers(next, 'three', 'third');
  const { done, tasks, counts } = await gathered;
  expect([done, counts.done]).toEqual([true, 3]);
  expect(tasks.map(({ result }) => result)).toEqual(['first', 'second', 'third']);
  expect(typed).toEqual(prompts);
  expect(next.tasks({})).toHaveLength(3);
});
