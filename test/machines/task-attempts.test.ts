import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TaskEvent } from '../../machines/task-events.ts';
import { ASSIGNMENT, FAILURE, startTask, type TaskBench } from './task-bench.ts';

const EVENTS: readonly TaskEvent[] = [
  { type: 'prompt.submitted', at: 2 },
  { type: 'turn.ended', result: 'fixed', at: 3 },
  { type: 'turn.failed', failure: FAILURE, at: 3 },
  { type: 'turn.failed', failure: { code: 'turn_interrupted', message: 'Esc' }, at: 3 },
  { type: 'session.lost', failure: { code: 'session_exited', message: 'signal 9' }, at: 3 },
  { type: 'question.asked' },
  { type: 'question.closed' },
  { type: 'task.cancel', at: 4 },
  { type: 'task.refuse', failure: { code: 'launch_failed', message: 'no program' }, at: 4 },
  { type: 'task.stop', failure: { code: 'budget_exceeded', message: 'spent' }, at: 4 },
  { type: 'task.requeue' },
  { type: 'deadline.passed', at: 5 },
  { type: 'attempt.timedOut', timeoutMs: 1, at: 5 },
  { type: 'task.restored', at: 6 },
];

type Act = (task: TaskBench) => unknown;
/** The number of the attempt that would begin now, as the rows count them. */
const nextAttempt = (task: TaskBench): number =>
  Math.max(task.context().attempt, ...task.context().ended.map(({ number }) => number)) + 1;
const ACTS: readonly (readonly [string, Act])[] = [
  ['assigned', (task) => task.assign(nextAttempt(task))],
  ['delivered', (task) => task.delivered()],
  ['not delivered: not now', (task) => task.notDelivered('slot_not_idle')],
  ['not delivered: gone', (task) => task.notDelivered('slot_not_running')],
  ['not delivered', (task) => task.notDelivered('hooks_silent')],
  [
    'resumed',
    (task) => task.recovered({ kind: 'resumed', assignment: ASSIGNMENT, attempt: nextAttempt(task) }),
  ],
  ['elsewhere', (task) => task.recovered({ kind: 'elsewhere' })],
  ['never begun', (task) => task.recovered({ kind: 'unbegun' })],
  ['lost too often', (task) => task.notRecovered('session_exited')],
  ['the check agrees', (task) => task.checked({ agreed: true, words: 'PASS' })],
  ['the check does not agree', (task) => task.checked({ agreed: false, words: 'FAIL' })],
  ['the check fails', (task) => task.notChecked('verify_failed')],
  ['interrupted', (task) => task.interrupted()],
  ...EVENTS.map((event): readonly [string, Act] => [event.type, (task) => task.send(event)]),
];

const FINAL: readonly string[] = ['done', 'failed', 'cancelled'];
/** What each state asks of the world; the others ask nothing. */
const ASKS: Readonly<Partial<Record<string, string>>> = {
  delivering: 'deliver',
  recovering: 'recover',
  verifying: 'verify',
  ending: 'interrupt',
};

function holds(task: TaskBench): void {
  const { assignment, attempt, ended, result, failure, retries, retried } = task.context();
  const state = task.state();
  expect(state).not.toBe('failing');
  expect(task.waitsFor()).toEqual(ASKS[state] === undefined ? [] : [ASKS[state]]);
  if (state === 'queued') expect([assignment, result]).toEqual([null, null]);
  else if (!FINAL.includes(state)) expect(assignment).toEqual(ASSIGNMENT);
  if (state === 'done') expect(result).toBe('fixed');
  if (state === 'failed') expect(failure).not.toBeNull();
  expect(retried).toBeLessThanOrEqual(retries);
  // No attempt ends twice, and none goes on that has ended.
  const numbers = ended.map(({ number }) => number);
  expect(new Set(numbers).size).toBe(numbers.length);
  if (!FINAL.includes(state) && state !== 'queued') expect(numbers).not.toContain(attempt);
}

describe('whatever happens to a task', () => {
  it('keeps one attempt at a time, ends in one final state, and goes on from its snapshot', async () => {
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...ACTS), { maxLength: 25 }),
        fc.record({ retries: fc.integer({ min: 0, max: 2 }), isVerified: fc.boolean() }),
        async (acts, input) => {
          const task = startTask(input);
          for (const [, act] of [['assigned', ACTS[0]?.[1] ?? (() => {})] as const, ...acts]) {
            if (FINAL.includes(task.state())) break;
            await act(task);
            holds(task);
            reached.add(task.state());
          }
          if (FINAL.includes(task.state())) return;
          const restored = startTask(input, task.stored());
          expect([restored.state(), restored.context()]).toEqual([task.state(), task.context()]);
          holds(restored);
          task.actor.stop();
          restored.actor.stop();
        },
      ),
      { numRuns: 600 },
    );
    expect([...reached].sort()).toEqual(
      [
        'cancelled',
        'delivering',
        'done',
        'ending',
        'failed',
        'queued',
        'recovering',
        'running',
        'verifying',
        'waiting',
      ].sort(),
    );
  });
});

describe('a retry', () => {
  it('pauses twice as long each time, and by the id of the task up to half less', async () => {
    const task = startTask({ retries: 3, retryBackoffMs: 1_000 });
    const pauses: (number | null)[] = [];
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      task.assign(attempt);
      await task.delivered();
      task.send({ type: 'turn.failed', failure: FAILURE, at: attempt });
      pauses.push(task.context().pauseMs);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000]);
    task.assign(4);
    await task.delivered();
    task.send({ type: 'turn.failed', failure: FAILURE, at: 4 });
    expect(task.state()).toBe('failed');
  });

  it('is not made for a person who interrupted it', async () => {
    const task = startTask({ retries: 3 });
    task.assign(1);
    await task.delivered();
    task.send({ type: 'turn.failed', failure: { code: 'turn_interrupted', message: 'Esc' }, at: 2 });
    expect(task.state()).toBe('failed');
  });
});
