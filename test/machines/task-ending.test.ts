import { describe, expect, it } from 'vitest';
import { createActor, fromPromise } from 'xstate';
import { ClaudeSessionId, Epoch, SlotId, TaskId } from '../../db/ids.ts';
import { taskMachine } from '../../machines/task.ts';
import type { TaskEvent } from '../../machines/task-events.ts';

const failure = { code: 'budget_exceeded', message: 'The budget is spent.' };
const assignment = {
  slotId: SlotId.parse('coder-1'),
  epoch: Epoch.parse('00000000-0000-4000-8000-000000000003'),
  sessionId: ClaudeSessionId.parse('00000000-0000-4000-8000-000000000001'),
};

/** A task whose attempt took too long and is being interrupted; it may be tried again. */
function timingOut(isVerified = false) {
  let interrupted = () => {};
  const machine = taskMachine.provide({
    actors: {
      deliver: fromPromise(() => new Promise<void>(() => {})),
      interrupt: fromPromise(
        () =>
          new Promise<void>((resolve) => {
            interrupted = resolve;
          }),
      ),
    },
  });
  const taskId = TaskId.parse('00000000-0000-4000-8000-000000000002');
  const retries = { retries: 1, retried: 0, retryBackoffMs: 0 };
  const actor = createActor(machine, { input: { taskId, deadlineAt: null, ...retries, isVerified } });
  actor.start();
  const send = (event: TaskEvent) => actor.send(event);
  send({ type: 'task.assign', assignment, attempt: 1, at: 1 });
  send({ type: 'prompt.submitted', at: 2 });
  send({ type: 'attempt.timedOut', timeoutMs: 10, at: 3 });
  return {
    send,
    state: () => actor.getSnapshot().value,
    context: () => actor.getSnapshot().context,
    async rests(): Promise<void> {
      interrupted();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('while an attempt that took too long is being interrupted', () => {
  it('nothing else makes it be tried again', async () => {
    const task = timingOut();
    expect(task.state()).toBe('ending');
    await task.rests();
    expect(task.state()).toBe('queued');
  });

  it.each<[string, TaskEvent, string]>([
    ['somebody cancels it', { type: 'task.cancel', at: 4 }, 'cancelled'],
    ['its budget is spent', { type: 'task.stop', failure, at: 4 }, 'failed'],
    ['its deadline passes', { type: 'deadline.passed', at: 4 }, 'failed'],
  ])('%s: it ends so, once its session rests', async (_, event, end) => {
    const task = timingOut();
    task.send(event);
    expect(task.state()).toBe('ending');
    await task.rests();
    expect(task.state()).toBe(end);
  });

  it('its session is killed: it ends at once', () => {
    const task = timingOut();
    task.send({ type: 'task.refuse', failure, at: 4 });
    expect(task.state()).toBe('failed');
  });

  it('a cancelled one whose session is killed is cancelled', () => {
    const task = timingOut();
    task.send({ type: 'task.cancel', at: 4 });
    task.send({ type: 'task.refuse', failure, at: 5 });
    expect(task.state()).toBe('cancelled');
  });

  it('an answer that was faster than Esc is its answer', () => {
    const task = timingOut();
    task.send({ type: 'turn.ended', result: 'the answer', at: 4 });
    expect(task.state()).toBe('done');
    expect(task.context()).toMatchObject({ result: 'the answer', failure: null });
  });

  it('and is checked first where a check is wanted', () => {
    const task = timingOut(true);
    task.send({ type: 'turn.ended', result: 'the answer', at: 4 });
    expect(task.state()).toBe('verifying');
  });
});
