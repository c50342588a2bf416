import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import type { MissionEvent, TaskProgress } from '../../actors/mission/views.ts';
import type { TaskId } from '../../db/ids.ts';
import { becomesReady, createStage, hook, role, slotId, until } from './mission-stage.ts';

let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  stage = createStage({
    judge: (_, tool) => ({
      decision: tool === 'WebFetch' ? 'deny' : 'allow',
      rule: 'test',
      argument: 'npm test --token hunter2',
      perhapsDenied: false,
      personOnly: false,
    }),
    redact: (_, text) => text.replaceAll('hunter2', '[secret]'),
  });
});
afterEach(() => stage.close());

async function runningTask(mission: RunningMission): Promise<TaskId> {
  await mission.spawn(slotId, {});
  await becomesReady(mission, stage);
  const { taskId } = await mission.submit({ role, prompt: 'fix it' });
  await until(mission, 'running', () => mission.task(taskId).status === 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: 'fix it' });
  return taskId;
}

const began = (mission: RunningMission, tool: string, id: string) =>
  hook(mission, 'PreToolUse', { tool_name: tool, tool_input: {}, tool_use_id: id });
const ended = (mission: RunningMission, tool: string, id: string) =>
  hook(mission, 'PostToolUse', { tool_name: tool, tool_input: {}, tool_use_id: id, tool_response: '' });

const shows = (mission: RunningMission, taskId: TaskId, holds: (progress: TaskProgress) => boolean) =>
  until(mission, 'the progress', () => {
    const { progress } = mission.task(taskId);
    return progress !== undefined && holds(progress);
  });

test('a running task shows the tool that runs, how often each was called, and what was said last, without secrets', async () => {
  const mission = await stage.start();
  const taskId = await runningTask(mission);
  await began(mission, 'Read', 'r');
  await ended(mission, 'Read', 'r');
  await began(mission, 'WebFetch', 'denied');
  await hook(mission, 'MessageDisplay', { delta: 'The token is hun', final: false });
  await hook(mission, 'MessageDisplay', { delta: 'ter2.', final: true });
  await began(mission, 'Bash', 'b');
  await shows(mission, taskId, ({ currentTool }) => currentTool?.name === 'Bash');
  expect(mission.task(taskId).progress).toMatchObject({
    tools: { Read: 1, Bash: 1 },
    currentTool: { name: 'Bash', argument: 'npm test --token [secret]' },
    lastWords: 'The token is [secret].',
    turns: 1,
  });
  expect(mission.task(taskId).progress?.tools).not.toHaveProperty('WebFetch');
  await ended(mission, 'Bash', 'b');
  await shows(mission, taskId, ({ currentTool }) => currentTool === undefined);
});

test('a tool that was cut off with its session does not go on in the resumed one', async () => {
  const mission = await stage.start();
  const taskId = await runningTask(mission);
  await began(mission, 'Bash', 'b');
  await shows(mission, taskId, ({ currentTool }) => currentTool !== undefined);
  await hook(mission, 'SessionStart', { source: 'resume' });
  await shows(mission, taskId, ({ currentTool }) => currentTool === undefined);
});

test('where no hook tells what is said, the transcript does', async () => {
  const mission = await stage.start({ readLastWords: async () => 'I look at hunter2 first.' });
  const taskId = await runningTask(mission);
  await began(mission, 'Read', 'r');
  await shows(mission, taskId, ({ lastWords }) => lastWords === 'I look at [secret] first.');
});

test('a storm of tools is told of in a few events, and none of the calls is forgotten', async () => {
  const mission = await stage.start();
  const taskId = await runningTask(mission);
  const told: MissionEvent[] = [];
  mission.subscribe((event) => event.type === 'task_progress' && told.push(event));
  for (let call = 0; call < 200; call += 1) {
    await began(mission, 'Grep', String(call));
    await ended(mission, 'Grep', String(call));
  }
  await shows(mission, taskId, ({ tools }) => tools['Grep'] === 200);
  expect(told.length).toBeLessThan(100);
});

test('what a task has done is still known after kill -9, and counted on', async () => {
  const first = await stage.start();
  const taskId = await runningTask(first);
  await began(first, 'Edit', '1');
  await shows(first, taskId, ({ tools }) => tools['Edit'] === 1);
  await stage.kill9();
  const second = await stage.start();
  await began(second, 'Edit', '2');
  await shows(second, taskId, ({ tools }) => tools['Edit'] === 2);
  expect(second.task(taskId).progress?.turns).toBe(1);
});
