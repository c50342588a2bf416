import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AskingStage, createAskingStage, wishOf } from './asking-stage.ts';
import { slotId, startIdle, sweepGoesBy, taskIs, until } from './mission-stage.ts';

const person = { name: 'cli', isPerson: true, mayWiden: true };
const program = { name: 'mcp:orchestrator', isPerson: false, mayWiden: true };
const never = new AbortController().signal;
const past = AbortSignal.abort();

let asking: AskingStage;
let stage: AskingStage['stage'];
let typed: AskingStage['typed'];
beforeEach(() => {
  asking = createAskingStage();
  ({ stage, typed } = asking);
});
afterEach(() => stage.close());

describe('an agent asks', () => {
  test('and the answer is the result of its tool, while its task waits for a person', async () => {
    const mission = await startIdle(stage);
    const taskId = await asking.taskRuns(mission);
    const answer = mission.ownQuestions.ask(slotId, wishOf(), never);
    const questionId = await asking.asked(mission);
    await taskIs(mission, taskId, 'waiting');
    expect(mission.task(taskId).waitingFor).toBe('person');
    expect(mission.questions()[0]).toMatchObject({
      kind: 'agent',
      question: 'Tabs or spaces?',
      slotId,
      taskId,
    });
    expect(await mission.confirm({ questionId, response: 2 }, program)).toMatchObject({ chosen: 'Spaces' });
    expect(await answer).toMatchObject({ status: 'answered', answer: 'Spaces', answeredBy: program.name });
    await taskIs(mission, taskId, 'running');
    expect(mission.questions()).toEqual([]);
    await asking.turnEnds(mission, 'formatted');
    await taskIs(mission, taskId, 'done');
    expect(mission.task(taskId).result).toBe('formatted');
    // Nobody tells it a second time.
    expect(
      mission.messages.list({ sent: false, unreadOnly: false, limit: 9 }, { kind: 'person' }).total,
    ).toBe(0);
  });

  test('what it asks a person, no program answers', async () => {
    const mission = await startIdle(stage);
    await asking.taskRuns(mission);
    const answer = mission.ownQuestions.ask(slotId, wishOf({ of: 'person' }), never);
    const questionId = await asking.asked(mission);
    await expect(mission.confirm({ questionId, response: 'Tabs' }, program)).rejects.toMatchObject({
      code: 'person_only',
    });
    await mission.confirm({ slotId, response: 'whatever you like' }, person);
    expect(await answer).toMatchObject({ answer: 'whatever you like', answeredBy: 'cli' });
  });

  test('and an answer that the disk does not take can be given again', async () => {
    const mission = await startIdle(stage);
    await asking.taskRuns(mission);
    const answer = mission.ownQuestions.ask(slotId, wishOf(), never);
    const questionId = await asking.asked(mission);
    const { raw } = stage.database();
    // What is wrong is noticed when the transaction ends, as with a disk that is full.
    raw.exec(`create table there (id integer primary key);
      create table refused (id integer references there(id) deferrable initially deferred);
      create trigger full after update on questions begin insert into refused values (1); end`);
    await expect(mission.confirm({ questionId, response: 1 }, person)).rejects.toThrow();
    raw.exec('drop trigger full');
    expect(mission.questions().map(({ id }) => id)).toEqual([questionId]);
    await mission.confirm({ questionId, response: 1 }, person);
    expect(await answer).toMatchObject({ status: 'answered', answer: 'Tabs' });
  });

  test('in the same words twice, and nobody is asked twice', async () => {
    const mission = await startIdle(stage);
    await asking.taskRuns(mission);
    const first = await mission.ownQuestions.ask(slotId, wishOf(), past);
    expect(first.status).toBe('waiting');
    const second = mission.ownQuestions.ask(slotId, wishOf(), never);
    const questionId = await asking.asked(mission);
    expect(mission.questions()).toHaveLength(1);
    await mission.confirm({ questionId, response: 'Tabs' }, person);
    expect(await second).toMatchObject({ status: 'answered', answer: 'Tabs' });
    expect(await mission.ownQuestions.ask(slotId, wishOf(), never)).toMatchObject({ answer: 'Tabs' });
    expect(mission.questions()).toEqual([]);
  });

  test('and may ask ten things at once, no more', async () => {
    const mission = await startIdle(stage);
    for (let number = 0; number < 10; number += 1)
      await mission.ownQuestions.ask(slotId, wishOf({ question: `${number}?`, wait: false }), never);
    await expect(mission.ownQuestions.ask(slotId, wishOf({ wait: false }), never)).rejects.toMatchObject({
      code: 'too_many',
    });
    await expect(mission.confirm({ slotId, response: 'x' }, person)).rejects.toThrow(/10 questions/);
  });
});

describe('an agent ends its turn before the answer', () => {
  test('its task is not done: it goes on with the answer, in the same session', async () => {
    const mission = await startIdle(stage);
    const taskId = await asking.taskRuns(mission);
    const { sessionId } = mission.slot(slotId);
    await mission.ownQuestions.ask(slotId, wishOf(), past);
    await asking.turnEnds(mission, 'I wait for the answer.');
    await until(mission, 'left', () => mission.task(taskId).waitingFor === 'person');
    await until(mission, 'free', () => mission.slot(slotId).currentTaskId === undefined);
    expect(mission.task(taskId).finishedAt).toBeUndefined();
    await mission.confirm({ slotId, response: 'Spaces' }, person);
    await until(mission, 'typed', () => typed.length === 2);
    expect(typed[1]).toMatch(/You asked: ```\nTabs or spaces\?\n```\nThe answer \(cli\): ```\nSpaces\n```/);
    expect(typed[1]).toMatch(/The task was:\n\nformat the code$/);
    await asking.begins(mission, taskId);
    await asking.turnEnds(mission, 'formatted with spaces');
    await taskIs(mission, taskId, 'done');
    expect(mission.slot(slotId).sessionId).toBe(sessionId);
    const { attempts, result } = mission.task(taskId);
    expect(attempts?.map(({ outcome }) => outcome)).toEqual(['continued', 'done']);
    expect(result).toBe('formatted with spaces');
  });

  test('an answer that comes while the turn goes on and did not reach it begins the next one', async () => {
    const mission = await startIdle(stage);
    const taskId = await asking.taskRuns(mission);
    await mission.ownQuestions.ask(slotId, wishOf({ wait: false }), never);
    await mission.confirm({ slotId, response: 'Tabs' }, person);
    await asking.turnEnds(mission, 'The rest is done.');
    await until(mission, 'typed', () => typed.length === 2);
    expect(typed[1]).toContain('Tabs\n```');
    await asking.begins(mission, taskId);
    await asking.turnEnds(mission, 'all of it');
    await taskIs(mission, taskId, 'done');
    // By one way alone.
    expect(typed).toHaveLength(2);
  });

  test('the task may be cancelled meanwhile, and its question is not asked any more', async () => {
    const mission = await startIdle(stage);
    const taskId = await asking.taskRuns(mission);
    await mission.ownQuestions.ask(slotId, wishOf(), past);
    await asking.turnEnds(mission, 'I wait.');
    await until(mission, 'left', () => mission.task(taskId).waitingFor === 'person');
    await mission.cancel(taskId);
    await taskIs(mission, taskId, 'cancelled');
    expect(mission.questions()).toEqual([]);
    await expect(mission.confirm({ slotId, response: 'Tabs' }, person)).rejects.toMatchObject({
      code: 'question_gone',
    });
  });
});

describe('after a kill -9 of the daemon', () => {
  test('a question keeps its id, and its answer reaches the task that waits for it', async () => {
    const mission = await startIdle(stage);
    const taskId = await asking.taskRuns(mission);
    await mission.ownQuestions.ask(slotId, wishOf(), past);
    const questionId = await asking.asked(mission);
    await asking.turnEnds(mission, 'I wait.');
    await until(mission, 'left', () => mission.slot(slotId).currentTaskId === undefined);
    await stage.kill9();
    const second = await stage.start();
    await sweepGoesBy(second);
    expect(second.questions().map(({ id }) => id)).toEqual([questionId]);
    expect(second.task(taskId)).toMatchObject({ status: 'waiting', waitingFor: 'person' });
    await second.confirm({ questionId, response: 'Spaces' }, person);
    await until(second, 'typed', () => typed.some((words) => words.includes('Spaces\n```')));
  });

  test('a call that waited is over, its task runs, and asking again goes on waiting', async () => {
    const mission = await startIdle(stage);
    const taskId = await asking.taskRuns(mission);
    void mission.ownQuestions.ask(slotId, wishOf(), never);
    const questionId = await asking.asked(mission);
    await taskIs(mission, taskId, 'waiting');
    await stage.kill9();
    const second = await stage.start();
    await taskIs(second, taskId, 'running');
    const again = second.ownQuestions.ask(slotId, wishOf(), never);
    expect(second.questions().map(({ id }) => id)).toEqual([questionId]);
    await second.confirm({ questionId, response: 1 }, person);
    expect(await again).toMatchObject({ status: 'answered', answer: 'Tabs' });
  });
});

test('without a task the answer comes as a message', async () => {
  const mission = await startIdle(stage);
  await mission.ownQuestions.ask(slotId, wishOf({ wait: false }), never);
  await mission.confirm({ slotId, response: 'Tabs' }, person);
  await until(mission, 'typed', () => typed.length === 1);
  expect(typed[0]).toContain('| You asked: Tabs or spaces?');
  expect(typed[0]).toContain('| The answer: Tabs');
});
