import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import { QuestionId } from '../../db/ids.ts';
import { type AskingStage, createAskingStage, wishOf } from './asking-stage.ts';
import { slotId, startIdle, taskIs, until } from './mission-stage.ts';

const by = { name: 'cli', party: { kind: 'person' } } as const;
const never = new AbortController().signal;
const past = AbortSignal.abort();
/** Long enough to be asked, short enough to be waited for. */
const SOON_OVER_MS = 200;

let asking: AskingStage;
let stage: AskingStage['stage'];
let typed: AskingStage['typed'];
beforeEach(() => {
  asking = createAskingStage();
  ({ stage, typed } = asking);
});
afterEach(() => stage.close());

const asked = async (mission: RunningMission) => QuestionId.parse(await asking.asked(mission));

test('one that is dismissed is the result of the tool that waits, and the task goes on', async () => {
  const mission = await startIdle(stage);
  const taskId = await asking.taskRuns(mission);
  const answer = mission.ownQuestions.ask(slotId, wishOf(), never);
  const questionId = await asked(mission);
  await taskIs(mission, taskId, 'waiting');
  mission.ownQuestions.dismiss(questionId, 'Look at .editorconfig.', by);
  expect(await answer).toEqual({
    status: 'dismissed',
    questionId,
    why: expect.stringMatching(/dismissed.*Look at \.editorconfig\./),
  });
  await taskIs(mission, taskId, 'running');
  expect(mission.questions()).toEqual([]);
  // Asked again, nobody is asked again.
  expect(await mission.ownQuestions.ask(slotId, wishOf(), never)).toMatchObject({ status: 'dismissed' });
  expect(mission.ownQuestions.record(questionId)).toMatchObject({ status: 'dismissed', answeredBy: 'cli' });
  expect(() => mission.ownQuestions.dismiss(questionId, undefined, by)).toThrow(/waits/);
});

test('a task that was left for the answer goes on without it, and is told so', async () => {
  const mission = await startIdle(stage);
  const taskId = await asking.taskRuns(mission);
  await mission.ownQuestions.ask(slotId, wishOf(), past);
  const questionId = await asked(mission);
  await asking.turnEnds(mission, 'I wait for the answer.');
  await until(mission, 'left', () => mission.task(taskId).waitingFor === 'person');
  await until(mission, 'free', () => mission.slot(slotId).currentTaskId === undefined);
  mission.ownQuestions.dismiss(questionId, undefined, by);
  await until(mission, 'typed', () => typed.length === 2);
  expect(typed[1]).toMatch(
    /You asked: ```\nTabs or spaces\?\n```\nThe answer \(cli\): ```\nNobody answers this/,
  );
  await asking.begins(mission, taskId);
  await asking.turnEnds(mission, 'formatted');
  await taskIs(mission, taskId, 'done');
});

test('without a task it is told as a message', async () => {
  const mission = await startIdle(stage);
  await mission.ownQuestions.ask(slotId, wishOf({ wait: false }), never);
  mission.ownQuestions.dismiss(await asked(mission), undefined, by);
  await until(mission, 'typed', () => typed.length === 1);
  expect(typed[0]).toContain('| You asked: Tabs or spaces?');
  expect(typed[0]).toContain('| Nobody answers this: it was dismissed.');
});

test('its agent takes it back, and is told nothing of what it knows', async () => {
  const mission = await startIdle(stage);
  const taskId = await asking.taskRuns(mission);
  await mission.ownQuestions.ask(slotId, wishOf({ wait: false }), never);
  const questionId = await asked(mission);
  mission.ownQuestions.withdraw(questionId);
  expect(mission.questions()).toEqual([]);
  expect(mission.ownQuestions.record(questionId).status).toBe('withdrawn');
  await asking.turnEnds(mission, 'formatted');
  await taskIs(mission, taskId, 'done');
  expect(typed).toHaveLength(1);
});

test('when its time is over the agent hears so, and may ask again', async () => {
  const mission = await startIdle(stage);
  const taskId = await asking.taskRuns(mission);
  const wish = wishOf({ expiresInMs: SOON_OVER_MS, urgency: 'high', context: 'Both are in use.' });
  const answer = mission.ownQuestions.ask(slotId, wish, never);
  const questionId = await asked(mission);
  const [question] = mission.questions();
  expect(question).toMatchObject({ urgency: 'high', context: 'Both are in use.' });
  expect(question?.expiresAt).toBe((question?.askedAt ?? 0) + SOON_OVER_MS);
  expect(await answer).toMatchObject({
    status: 'expired',
    why: expect.stringContaining('Nobody has answered'),
  });
  await taskIs(mission, taskId, 'running');
  expect(mission.ownQuestions.record(questionId)).toMatchObject({
    status: 'expired',
    answeredBy: 'missiond',
  });
  expect(await mission.ownQuestions.ask(slotId, wishOf(), past)).toMatchObject({ status: 'waiting' });
});

test('its time goes on while the daemon is away, and the task that was left goes on', async () => {
  const mission = await startIdle(stage);
  const taskId = await asking.taskRuns(mission);
  await mission.ownQuestions.ask(slotId, wishOf({ expiresInMs: SOON_OVER_MS }), past);
  await asking.turnEnds(mission, 'I wait.');
  await until(
    mission,
    'left, or over',
    () => mission.task(taskId).waitingFor === 'person' || typed.length === 2,
  );
  await stage.kill9();
  const second = await stage.start();
  await until(second, 'typed', () =>
    typed.some((words) => words.includes('Nobody has answered in the time')),
  );
  expect(second.questions()).toEqual([]);
});
