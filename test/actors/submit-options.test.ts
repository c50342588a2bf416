import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SubmitRequest } from '../../actors/mission/api.ts';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import { Role, SlotId, type TaskId } from '../../db/ids.ts';
import { idleReading } from './fake-pty-host.ts';
import {
  createStage,
  hook,
  notingKeyboard,
  role,
  slotId,
  slotOf,
  startIdle,
  taskIs,
  until,
  untilSlot,
} from './mission-stage.ts';

const NOON = Date.parse('2026-06-15T12:00:00Z');

let now: number;
let stage: ReturnType<typeof createStage>;
let typed: string[];
let interrupts: number;
beforeEach(() => {
  now = NOON;
  typed = [];
  interrupts = 0;
  stage = createStage({
    now: () => now,
    keyboard: () =>
      notingKeyboard(typed, {
        async interrupt() {
          interrupts += 1;
          stage.fake.show(slotId, idleReading({ at: now }));
          return { ok: true };
        },
      }),
  });
});
afterEach(() => stage.close());

const submit = async (mission: RunningMission, prompt: string, more: Partial<SubmitRequest> = {}) =>
  (await mission.submit({ role, prompt, ...more })).taskId;

/** Claude Code has taken the words of the task and works. */
async function works(mission: RunningMission, taskId: TaskId): Promise<void> {
  await taskIs(mission, taskId, 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: typed.at(-1) });
  stage.fake.show(slotId, idleReading({ level: 'thinking', at: now }));
  await untilSlot(mission, 'live', 'thinking');
}

async function rests(): Promise<void> {
  stage.fake.show(slotId, idleReading({ at: now }));
}

async function answers(mission: RunningMission, taskId: TaskId, words: string): Promise<void> {
  await works(mission, taskId);
  await hook(mission, 'Stop', { last_assistant_message: words });
  await rests();
  await taskIs(mission, taskId, 'done');
}

async function fails(mission: RunningMission, taskId: TaskId): Promise<void> {
  await works(mission, taskId);
  await hook(mission, 'StopFailure', { error: 'invalid_request', last_assistant_message: 'API Error: 400' });
  await rests();
}

const attempts = (mission: RunningMission, taskId: TaskId): unknown[] =>
  (mission.task(taskId).attempts ?? []).map(({ outcome, errorCode }) => errorCode ?? outcome);

describe('retries', () => {
  test('a turn that ends with an error is tried again after a pause, with what had happened', async () => {
    const mission = await startIdle(stage);
    const taskId = await submit(mission, 'fix it', { retries: 1, retryBackoffMs: 60_000 });
    await fails(mission, taskId);
    await taskIs(mission, taskId, 'waiting');
    const { notBefore = 0, waitingFor } = mission.task(taskId);
    expect(waitingFor).toBe('time');
    expect(notBefore - NOON).toBeGreaterThanOrEqual(30_000);
    expect(notBefore - NOON).toBeLessThanOrEqual(60_000);
    now = notBefore;
    await rests();
    await answers(mission, taskId, 'fixed');
    expect(typed[1]).toMatch(/^An earlier attempt at this task failed.*API Error: 400.*\n\nfix it$/s);
    expect(attempts(mission, taskId)).toEqual(['turn_failed', 'done']);
    expect(mission.inbox({ unreadOnly: true, limit: 9 })).toHaveLength(1);
  });

  test('when all are used up the task fails with what went wrong last', async () => {
    const mission = await startIdle(stage);
    const taskId = await submit(mission, 'fix it', { retries: 1, retryBackoffMs: 0 });
    await fails(mission, taskId);
    await taskIs(mission, taskId, 'queued');
    // A slot that a task has just left is asked again a little later.
    now += 1_000;
    await rests();
    await until(mission, 'typed again', () => typed.length === 2);
    await fails(mission, taskId);
    await taskIs(mission, taskId, 'failed');
    expect(mission.task(taskId)).toMatchObject({ errorCode: 'turn_failed' });
    expect(attempts(mission, taskId)).toEqual(['turn_failed', 'turn_failed']);
  });

  test('a task whose session a person killed is not tried again', async () => {
    const mission = await startIdle(stage);
    const taskId = await submit(mission, 'fix it', { retries: 3, retryBackoffMs: 0 });
    await works(mission, taskId);
    await mission.kill(slotId, 'test');
    expect(mission.task(taskId)).toMatchObject({ status: 'failed', errorCode: 'session_exited' });
  });

  test('the pause goes on over a kill -9 of the daemon, and the tries before it count', async () => {
    const first = await startIdle(stage);
    const taskId = await submit(first, 'fix it', { retries: 1, retryBackoffMs: 60_000 });
    await fails(first, taskId);
    await taskIs(first, taskId, 'waiting');
    await stage.kill9();
    const second = await stage.start();
    expect(second.task(taskId).status).toBe('waiting');
    now += 60_000;
    await rests();
    await until(second, 'typed again', () => typed.length === 2);
    await fails(second, taskId);
    await taskIs(second, taskId, 'failed');
    expect(attempts(second, taskId)).toEqual(['turn_failed', 'turn_failed']);
  });
});

test('an attempt that takes too long is interrupted, and the task fails with timeout', async () => {
  const mission = await startIdle(stage);
  const taskId = await submit(mission, 'fix it', { timeoutMs: 5_000 });
  await works(mission, taskId);
  now += 5_000;
  await taskIs(mission, taskId, 'failed');
  expect(mission.task(taskId)).toMatchObject({ errorCode: 'timeout' });
  expect(interrupts).toBe(1);
});

describe('dependsOn', () => {
  test('a task waits for the others and gets their results', async () => {
    const mission = await startIdle(stage);
    const first = await submit(mission, 'one');
    const second = await submit(mission, 'two');
    const both = await submit(mission, `Join {{result:${first}}}.`, {
      dependsOn: [first, second],
      includeResults: true,
    });
    expect(mission.task(both)).toMatchObject({ status: 'waiting', waitingFor: 'dependency' });
    await answers(mission, first, 'the first $& answer');
    await answers(mission, second, 'a ``` fence');
    await taskIs(mission, both, 'running');
    expect(typed[2]).toBe(
      `Join the first $& answer.\n\nResult of task ${second} (coder):\n\`\`\`\`\na \`\`\` fence\n\`\`\`\``,
    );
  });

  test('when one fails, those that need it fail too, through and through', async () => {
    const mission = await startIdle(stage);
    const first = await submit(mission, 'one');
    const second = await submit(mission, 'two', { dependsOn: [first] });
    const third = await submit(mission, 'three', { dependsOn: [second.slice(0, 13)] });
    await fails(mission, first);
    await taskIs(mission, third, 'failed');
    expect(mission.task(second)).toMatchObject({ status: 'failed', errorCode: 'dependency_failed' });
    expect(mission.task(second).error).toContain('API Error: 400');
    expect(mission.task(third).errorCode).toBe('dependency_failed');
    await expect(submit(mission, 'four', { dependsOn: [first] })).rejects.toMatchObject({
      code: 'dependency_failed',
    });
  });

  test('results that make the prompt too long fail the task; nothing is cut', async () => {
    const mission = await startIdle(stage);
    const first = await submit(mission, 'one');
    const second = await submit(mission, 'two', { dependsOn: [first], includeResults: true });
    await answers(mission, first, 'x'.repeat(100_000));
    await taskIs(mission, second, 'failed');
    expect(mission.task(second).errorCode).toBe('prompt_too_long');
  });

  test('what is not there cannot be waited for', async () => {
    const mission = await startIdle(stage);
    const unknown = '00000000-0000-4000-8000-00000000beef';
    await expect(submit(mission, 'two', { dependsOn: [unknown] })).rejects.toMatchObject({
      code: 'task_unknown',
    });
    await expect(submit(mission, `{{result:${unknown}}}`)).rejects.toMatchObject({ code: 'input_invalid' });
  });

  test('a task that ended when the daemon was killed lets in those that wait for it', async () => {
    const first = await startIdle(stage);
    const one = await submit(first, 'one');
    const two = await submit(first, 'two', { dependsOn: [one] });
    await stage.kill9();
    stage.database().raw.prepare(`update tasks set status = 'done', result = 'r' where id = ?`).run(one);
    const second = await stage.start();
    await rests();
    await taskIs(second, two, 'running');
  });

  test('a task that could not be moved when the last one before it ended is moved soon after', async () => {
    const mission = await startIdle(stage);
    await works(mission, await submit(mission, 'one'));
    const two = await submit(mission, 'two');
    const three = await submit(mission, 'three', { dependsOn: [two] });
    // As if the row of the dependent could not be written while the disk was full.
    stage.database().raw.prepare("update tasks set status = 'done', finished_at = 1 where id = ?").run(two);
    await until(mission, 'moved', () => mission.task(three).status === 'queued');
  });

  test('a task that waits can be cancelled', async () => {
    const mission = await startIdle(stage);
    const one = await submit(mission, 'one');
    const two = await submit(mission, 'two', { dependsOn: [one] });
    expect(await mission.cancel(two)).toMatchObject({ cancelled: true });
  });
});

test('notBefore: no slot takes it before', async () => {
  const mission = await startIdle(stage);
  const later = await submit(mission, 'later', { notBefore: NOON + 60_000 });
  const soon = await submit(mission, 'now');
  await answers(mission, soon, 'done');
  expect(mission.task(later)).toMatchObject({ status: 'waiting', waitingFor: 'time' });
  now = NOON + 60_000;
  await rests();
  await taskIs(mission, later, 'running');
});

test('a deadline passes for a task that waits for a time, too', async () => {
  const mission = await startIdle(stage);
  const taskId = await submit(mission, 'later', { notBefore: NOON + 60_000, deadlineMs: 1_000 });
  now += 1_000;
  await taskIs(mission, taskId, 'failed');
  expect(mission.task(taskId).errorCode).toBe('timeout');
});

describe('an idempotency key', () => {
  const key = { idempotencyKey: 'nightly', submitter: 'rest' };

  test('returns the task of the first time, also after it is done', async () => {
    const mission = await startIdle(stage);
    const first = await submit(mission, 'one', key);
    expect(await submit(mission, 'one', key)).toBe(first);
    await answers(mission, first, 'done');
    expect(await submit(mission, 'one', key)).toBe(first);
    expect(mission.tasks({ limit: 9 })).toHaveLength(1);
  });

  test('is refused for other words, and belongs to one submitter', async () => {
    const mission = await startIdle(stage);
    const first = await submit(mission, 'one', key);
    await expect(submit(mission, 'two', key)).rejects.toMatchObject({
      code: 'idempotency_conflict',
      facts: { taskId: first },
    });
    expect(await submit(mission, 'two', { ...key, submitter: 'cli' })).not.toBe(first);
    await expect(
      mission.submit({
        slotId: SlotId.parse('coder-9'),
        prompt: 'one',
        submitter: 'new',
        idempotencyKey: 'k',
      }),
    ).rejects.toMatchObject({ code: 'slot_unknown' });
  });

  test('answers with the task of the first time, also when its role is no longer there', async () => {
    const mission = await startIdle(stage);
    const first = await submit(mission, 'one', key);
    await stage.kill9();
    const without = await stage.start({ slots: [slotOf({ role: Role.parse('researcher') })] });
    expect(await submit(without, 'one', key)).toBe(first);
  });

  test('means the same whether what it depends on is named whole or by its beginning', async () => {
    const mission = await startIdle(stage);
    const one = await submit(mission, 'one');
    const first = await submit(mission, 'two', { ...key, dependsOn: [one] });
    expect(await submit(mission, 'two', { ...key, dependsOn: [one.slice(0, 8)] })).toBe(first);
    await expect(submit(mission, 'two', { ...key, dependsOn: [] })).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
  });
});

test('what no slot has cannot be required; the refusal says what each has', async () => {
  const mission = await stage.start({ slots: [slotOf({ traits: ['docker'] })] });
  await expect(submit(mission, 'train', { requires: ['docker', 'gpu'] })).rejects.toMatchObject({
    code: 'no_slot_fits',
    message: expect.stringContaining('coder-1 has docker'),
  });
  expect(mission.tasks({ limit: 9 })).toEqual([]);
});

describe('a full queue', () => {
  test('refuses more, of a role and of all, and says how many wait', async () => {
    const other = slotOf({ id: SlotId.parse('researcher-1'), role: Role.parse('researcher') });
    const mission = await stage.start({
      slots: [slotOf(), other],
      limits: { maxQueued: 3, roles: { [role]: { maxQueued: 2 } } },
    });
    await submit(mission, 'later', { notBefore: NOON + 60_000 });
    await submit(mission, 'two', { notBefore: NOON + 60_000 });
    await expect(submit(mission, 'three')).rejects.toMatchObject({
      code: 'queue_full',
      message: '2 tasks for the role coder wait already; 2 may.',
    });
    await submit(mission, 'elsewhere', { role: other.role, notBefore: NOON + 60_000 });
    await expect(submit(mission, 'too many', { role: other.role })).rejects.toMatchObject({
      code: 'queue_full',
      message: '3 tasks of all roles wait already; 3 may.',
    });
  });

  test('has room again when a task has ended', async () => {
    const mission = await stage.start({ limits: { maxQueued: 1, roles: {} } });
    const first = await submit(mission, 'one', { notBefore: NOON + 60_000 });
    await mission.cancel(first);
    await submit(mission, 'two');
  });
});
