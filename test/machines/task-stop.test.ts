import { expect, it } from 'vitest';
import { createActor, fromPromise } from 'xstate';
import { ClaudeSessionId, Epoch, SlotId, TaskId } from '../../db/ids.ts';
import { taskMachine } from '../../machines/task.ts';
import type { TaskEvent } from '../../machines/task-events.ts';

const failure = { code: 'budget_exceeded', message: 'The budget of the task is spent.' };
const assignment = {
  slotId: SlotId.parse('coder-1'),
  epoch: Epoch.parse('00000000-0000-4000-8000-000000000003'),
  sessionId: ClaudeSessionId.parse('00000000-0000-4000-8000-000000000001'),
};

function start(interrupt: () => Promise<void>, retries = 0) {
  const machine = taskMachine.provide({
    actors: { deliver: fromPromise(() => new Promise<void>(() => {})), interrupt: fromPromise(interrupt) },
  });
  const taskId = TaskId.parse('00000000-0000-4000-8000-000000000002');
  const actor = createActor(machine, {
    input: { taskId, deadlineAt: null, retries, retried: 0, retryBackoffMs: 0, isVerified: false },
  });
  actor.start();
  return actor;
}

it('a task that must not go on is failed only after its session was interrupted', async () => {
  let interrupted = () => {};
  const actor = start(
    () =>
      new Promise((resolve) => {
        interrupted = resolve;
      }),
  );
  actor.send({ type: 'task.assign', assignment, attempt: 1, at: 1 });
  actor.send({ type: 'prompt.submitted', at: 2 });
  actor.send({ type: 'task.stop', failure, at: 3 });
  expect(actor.getSnapshot().value).toBe('ending');
  const ended = new Promise<void>((resolve) => actor.subscribe({ complete: resolve }));
  interrupted();
  await ended;
  expect(actor.getSnapshot()).toMatchObject({ value: 'failed', context: { failure, finishedAt: 3 } });
});

/** A task whose session could not be ended, after `event` asked for its end. */
async function endedInVain(event: TaskEvent) {
  const notEnded = Object.assign(new Error('It may still work.'), { code: 'session_not_ended' });
  const actor = start(() => Promise.reject(notEnded), 3);
  actor.send({ type: 'task.assign', assignment, attempt: 1, at: 1 });
  actor.send({ type: 'prompt.submitted', at: 2 });
  const ended = new Promise<void>((resolve) => actor.subscribe({ complete: resolve }));
  actor.send(event);
  await ended;
  return actor.getSnapshot();
}

it('one whose session could not be ended is not tried again, and says so', async () => {
  const { value, context } = await endedInVain({ type: 'attempt.timedOut', timeoutMs: 5, at: 3 });
  expect(value).toBe('failed');
  expect(context.failure).toMatchObject({
    code: 'session_not_ended',
    message: 'The attempt had taken 5 ms and was interrupted. It may still work.',
  });
});

it('one that was cancelled although its session could not be ended says so', async () => {
  const { value, context } = await endedInVain({ type: 'task.cancel', at: 3 });
  expect(value).toBe('cancelled');
  expect(context.failure).toMatchObject({ code: 'session_not_ended', message: 'It may still work.' });
});

it('one that waits for a slot is failed at once', () => {
  const actor = start(() => Promise.reject(new Error('there is no session to interrupt')));
  actor.send({ type: 'task.stop', failure, at: 1 });
  expect(actor.getSnapshot()).toMatchObject({ value: 'failed', context: { failure } });
});
