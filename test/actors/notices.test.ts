import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import { NoticeHook } from '../../services/config/notice-hooks.ts';
import { receiverOf } from '../../services/notices/receivers.ts';
import { idleReading } from './fake-pty-host.ts';
import { becomesReady, createStage, hook, role, slotId, until } from './mission-stage.ts';

const receiver = receiverOf(
  NoticeHook.parse({
    on: ['task_done', 'task_failed', 'question', 'limit'],
    url: 'http://orchestrator.example/hook',
  }),
);

let stage: ReturnType<typeof createStage>;
let taken: Record<string, unknown>[];
let takes: boolean;
beforeEach(() => {
  taken = [];
  takes = true;
  stage = createStage({
    telling: {
      receivers: [receiver],
      async send(_, { body }) {
        if (!takes) throw new Error('away');
        taken.push(JSON.parse(body));
      },
    },
    judge: () => ({
      decision: 'confirm',
      rule: 'test',
      argument: 'rm x',
      perhapsDenied: false,
      personOnly: false,
    }),
  });
});
afterEach(() => stage.close());

async function runningTask(mission: RunningMission) {
  await mission.spawn(slotId, {});
  await becomesReady(mission, stage);
  const { taskId } = await mission.submit({ role, prompt: 'fix it' });
  await until(mission, 'running', () => mission.task(taskId).status === 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: 'fix it' });
  return taskId;
}

async function finish(mission: RunningMission): Promise<void> {
  await hook(mission, 'Stop', { last_assistant_message: 'fixed' });
  stage.fake.show(slotId, idleReading({ sequence: 2 }));
}

const heard = (mission: RunningMission, event: string) =>
  until(mission, event, () => taken.some((notice) => notice['event'] === event));

test('the end of a task is told, with its answer, once', async () => {
  const mission = await stage.start();
  const taskId = await runningTask(mission);
  await finish(mission);
  await until(mission, 'done', () => mission.task(taskId).status === 'done');
  await heard(mission, 'task_done');
  expect(taken).toMatchObject([
    { event: 'task_done', task: { id: taskId, status: 'done', result: 'fixed' } },
  ]);
});

test('what nobody took before kill -9 is told by the next daemon, under the same id', async () => {
  takes = false;
  const first = await stage.start();
  const taskId = await runningTask(first);
  await finish(first);
  await until(first, 'done', () => first.task(taskId).status === 'done');
  const waiting = stage.database().raw.prepare('select id, status from notices').all();
  expect(waiting).toMatchObject([{ status: 'waiting' }]);
  await stage.kill9();
  stage.database().raw.exec('update notices set next_attempt_at = 0');
  takes = true;
  const second = await stage.start();
  await second.submit({ role, prompt: 'something else' });
  await heard(second, 'task_done');
  expect(waiting).toMatchObject([{ id: taken[0]?.['id'] }]);
});

test('a question and a usage limit are told', async () => {
  const mission = await stage.start();
  await runningTask(mission);
  const call = { tool_name: 'Bash', tool_input: { command: 'rm x' }, tool_use_id: '1' };
  const asked = hook(mission, 'PermissionRequest', call);
  await heard(mission, 'question');
  await mission.confirm({ slotId, response: true }, { name: 'test', isPerson: true, mayWiden: true });
  await asked;
  stage.fake.show(
    slotId,
    idleReading({ sequence: 3, level: 'limited', limitText: "You've hit your limit · resets 5pm" }),
  );
  await heard(mission, 'limit');
  expect(taken).toMatchObject([
    { event: 'question', question: { slotId, tool: 'Bash', argument: 'rm x' } },
    { event: 'limit', slot: { slotId, role }, words: expect.stringContaining('resets 5pm') },
  ]);
});
