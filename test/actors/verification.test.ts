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
} from './mission-stage.ts';

const reviewer = SlotId.parse('reviewer-1');
const reviewers = Role.parse('reviewer');

let now: number;
let stage: ReturnType<typeof createStage>;
let typed: string[];
/** How each run of the command ends: undefined agrees, a text does not; a promise is waited for. */
let verdicts: (string | undefined | Promise<void>)[];
let commands: string[];
beforeEach(() => {
  now = Date.parse('2026-06-15T12:00:00Z');
  typed = [];
  verdicts = [];
  commands = [];
  stage = createStage({
    now: () => now,
    slots: [slotOf(), slotOf({ id: reviewer, role: reviewers })],
    keyboard: () => notingKeyboard(typed),
    async runCheck(slot, command, { signal, printed }) {
      commands.push(`${slot}: ${command}`);
      const verdict = verdicts.shift();
      if (verdict instanceof Promise) {
        await new Promise<void>((resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('it did not end in time')));
          verdict.then(resolve, reject);
        });
      }
      if (typeof verdict !== 'string') return;
      printed(verdict);
      throw new Error('it ended with status 1');
    },
  });
});
afterEach(() => stage.close());

const checked = (mission: RunningMission, taskId: TaskId): Promise<void> =>
  until(mission, 'being checked', () => mission.task(taskId).waitingFor === 'check');

const submit = async (mission: RunningMission, more: Partial<SubmitRequest> = {}): Promise<TaskId> =>
  (await mission.submit({ role, prompt: 'fix it', ...more })).taskId;

/** The session of a slot takes its words and answers them. */
async function answers(
  mission: RunningMission,
  taskId: TaskId,
  words: string,
  of: SlotId = slotId,
): Promise<void> {
  await taskIs(mission, taskId, 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: typed.at(-1) }, of);
  stage.fake.show(of, idleReading({ level: 'thinking', at: now }));
  await until(mission, 'thinking', () => mission.slot(of).state === 'thinking');
  await hook(mission, 'Stop', { last_assistant_message: words }, of);
  now += 1_000;
  stage.fake.show(of, idleReading({ at: now }));
}

const command = { verify: { command: 'npm test' } };

describe('a command', () => {
  test('that agrees makes the task done, with the answer of the agent', async () => {
    const mission = await startIdle(stage);
    const taskId = await submit(mission, command);
    await answers(mission, taskId, 'fixed');
    await taskIs(mission, taskId, 'done');
    expect(mission.task(taskId).result).toBe('fixed');
    expect(commands).toEqual(['/tmp: npm test']);
  });

  test('that does not agree fails the task with what it said', async () => {
    verdicts = ['1 test failed'];
    const mission = await startIdle(stage);
    const taskId = await submit(mission, command);
    await answers(mission, taskId, 'fixed');
    await taskIs(mission, taskId, 'failed');
    expect(mission.task(taskId)).toMatchObject({ errorCode: 'verify_failed', result: 'fixed' });
    expect(mission.task(taskId).error).toContain('1 test failed');
  });

  test('that does not agree is told to the session while retries are left, at once', async () => {
    verdicts = ['1 test failed', undefined];
    const mission = await startIdle(stage);
    const taskId = await submit(mission, { ...command, retries: 1, retryBackoffMs: 3_600_000 });
    await answers(mission, taskId, 'fixed');
    await taskIs(mission, taskId, 'queued');
    // A slot that a task has just left is asked again a little later.
    now += 1_000;
    stage.fake.show(slotId, idleReading({ at: now }));
    await until(mission, 'typed again', () => typed.length === 2);
    expect(typed[1]).toMatch(/^What you did for this task was checked.*1 test failed.*\n\nfix it$/s);
    await answers(mission, taskId, 'really fixed');
    await taskIs(mission, taskId, 'done');
    expect(mission.task(taskId)).toMatchObject({
      result: 'really fixed',
      attempts: [{ outcome: 'failed', errorCode: 'verify_failed' }, { outcome: 'done' }],
    });
  });

  test('runs while the task counts as running, and nobody else gets its slot', async () => {
    let end = (): void => {};
    verdicts = [new Promise((resolve) => (end = resolve))];
    const mission = await startIdle(stage);
    const taskId = await submit(mission, command);
    const next = await submit(mission, { slotId });
    await answers(mission, taskId, 'fixed');
    await checked(mission, taskId);
    expect(mission.task(taskId).status).toBe('running');
    expect(mission.task(next).status).toBe('queued');
    end();
    await taskIs(mission, taskId, 'done');
    await taskIs(mission, next, 'running');
  });

  test('is ended with the task when that is cancelled', async () => {
    verdicts = [new Promise(() => {})];
    const mission = await startIdle(stage);
    const taskId = await submit(mission, command);
    await answers(mission, taskId, 'fixed');
    await checked(mission, taskId);
    expect(await mission.cancel(taskId)).toMatchObject({ cancelled: true });
  });

  test.each([
    ['of the same version', ''],
    ['of another version', 'update tasks set snapshot_version = 0; update slots set snapshot_version = 0'],
  ])('runs again when a daemon %s comes back', async (_, aging) => {
    verdicts = [new Promise(() => {}), undefined];
    const first = await startIdle(stage);
    const taskId = await submit(first, command);
    await answers(first, taskId, 'fixed');
    await checked(first, taskId);
    await stage.kill9();
    if (aging !== '') stage.database().raw.exec(aging);
    const second = await stage.start();
    await taskIs(second, taskId, 'done');
    expect(second.task(taskId).result).toBe('fixed');
    expect(commands).toHaveLength(2);
  });
});

describe('an agent of another role', () => {
  const verify = { role: reviewers, prompt: 'Look at the tests.' };

  async function checkOf(mission: RunningMission, taskId: TaskId): Promise<TaskId> {
    await until(mission, 'the reviewer is started', () => mission.slot(reviewer).status === 'live');
    stage.fake.show(reviewer, idleReading({ at: now }));
    await until(mission, 'the reviewer is idle', () => mission.slot(reviewer).state === 'idle');
    await hook(mission, 'SessionStart', { source: 'startup' }, reviewer);
    const find = () => mission.tasks({ limit: 9 }).find(({ submitter }) => submitter === `check:${taskId}`);
    await until(mission, 'the check runs', () => find()?.status === 'running');
    const check = find();
    if (check === undefined) throw new Error('there is no check');
    return check.id;
  }

  test('gets task and answer; PASS makes the task done, and the inbox is told once', async () => {
    const mission = await startIdle(stage);
    const taskId = await submit(mission, { verify });
    await answers(mission, taskId, 'fixed');
    const check = await checkOf(mission, taskId);
    expect(typed.at(-1)).toContain('Look at the tests.');
    expect(typed.at(-1)).toMatch(/fix it[\s\S]*fixed/);
    await answers(mission, check, 'PASS: all is well', reviewer);
    await taskIs(mission, taskId, 'done');
    expect(mission.task(taskId).result).toBe('fixed');
    expect(mission.inbox({ unreadOnly: true, limit: 9 })).toHaveLength(1);
  });

  test('whose answer does not begin with PASS fails it', async () => {
    const mission = await startIdle(stage);
    const taskId = await submit(mission, { verify });
    await answers(mission, taskId, 'fixed');
    await answers(mission, await checkOf(mission, taskId), 'FAIL: no PASS from me', reviewer);
    await taskIs(mission, taskId, 'failed');
    expect(mission.task(taskId)).toMatchObject({
      errorCode: 'verify_failed',
      error: expect.stringContaining('no PASS from me'),
    });
  });

  test('may be in the very slot that did the task', async () => {
    const mission = await startIdle(stage);
    const taskId = await submit(mission, { verify: { role } });
    await answers(mission, taskId, 'fixed');
    await until(mission, 'the check is typed', () => typed.length === 2);
    const check = mission.tasks({ limit: 9 }).find(({ submitter }) => submitter === `check:${taskId}`);
    if (check === undefined) throw new Error('there is no check');
    await answers(mission, check.id, 'PASS');
    await taskIs(mission, taskId, 'done');
  });

  test('is asked once, also when the daemon is killed meanwhile', async () => {
    const first = await startIdle(stage);
    const taskId = await submit(first, { verify });
    await answers(first, taskId, 'fixed');
    const check = await checkOf(first, taskId);
    // Without the id of the prompt only a transcript could tell whose Stop it is.
    const prompt_id = 'prompt-1';
    await hook(first, 'UserPromptSubmit', { prompt: typed.at(-1), prompt_id }, reviewer);
    await stage.kill9();
    const second = await stage.start();
    await checked(second, taskId);
    stage.fake.show(reviewer, idleReading({ level: 'thinking', at: now }));
    await until(second, 'thinking', () => second.slot(reviewer).state === 'thinking');
    await hook(second, 'Stop', { last_assistant_message: 'PASS', prompt_id }, reviewer);
    now += 1_000;
    stage.fake.show(reviewer, idleReading({ at: now }));
    await taskIs(second, taskId, 'done');
    expect(second.tasks({ limit: 9 }).map(({ id }) => id)).toEqual(expect.arrayContaining([taskId, check]));
    expect(second.tasks({ limit: 9 })).toHaveLength(2);
  });

  test('of a role that does not exist is refused at once', async () => {
    const mission = await startIdle(stage);
    await expect(submit(mission, { verify: { role: Role.parse('nobody') } })).rejects.toMatchObject({
      code: 'role_unknown',
    });
  });
});
