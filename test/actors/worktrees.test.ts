import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SubmitRequest } from '../../actors/mission/api.ts';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import type { WorktreeView } from '../../actors/mission/views.ts';
import { SlotId, type TaskId } from '../../db/ids.ts';
import type { LaunchPlan } from '../../machines/slot.ts';
import { createWorktrees, type Worktrees } from '../../services/worktrees/create-worktrees.ts';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { idleReading } from './fake-pty-host.ts';
import {
  becomesReady,
  createStage,
  hook,
  notingKeyboard,
  PROGRAM,
  role,
  slotId,
  slotOf,
  startIdle,
  taskIs,
  until,
  untilSlot,
} from './mission-stage.ts';

let person: ReturnType<typeof createRealRepository>;
let stage: ReturnType<typeof createStage>;
/** What was started, in order. */
let plans: LaunchPlan[];
/** What was typed, in order. */
let typed: string[];
/** In which folders results were checked. */
let checked: string[];
beforeEach(() => {
  person = createRealRepository();
  plans = [];
  typed = [];
  checked = [];
  stage = createStage({
    slots: [slotOf({ cwd: person.folder })],
    async prepare(_, plan) {
      plans.push(plan);
      return { ...PROGRAM, cwd: plan.cwd };
    },
    keyboard: () => notingKeyboard(typed),
    lengthOf: async () => 1,
    runCheck: async (cwd) => {
      checked.push(cwd);
    },
  });
});
afterEach(async () => {
  await stage.close();
  person.close();
});

const realWorktrees = (): Worktrees =>
  createWorktrees({ root: path.join(person.directory, 'worktrees'), env: person.env });
const submit = async (mission: RunningMission, more: Partial<SubmitRequest> = {}): Promise<TaskId> =>
  (await mission.submit({ role, prompt: 'fix it', worktree: {}, ...more })).taskId;
const worktreeOf = (mission: RunningMission, taskId: TaskId): WorktreeView => {
  const { worktree } = mission.task(taskId);
  if (worktree === undefined) throw new Error('it has no worktree');
  return worktree;
};
const folderOf = (mission: RunningMission, taskId: TaskId): string => worktreeOf(mission, taskId).path;

/** The next program is started, and its session stands at its prompt. */
async function begins(mission: RunningMission, times: number): Promise<LaunchPlan> {
  await until(mission, `start ${times}`, () => plans.length === times);
  await untilSlot(mission, 'live');
  await becomesReady(mission, stage);
  const plan = plans[times - 1];
  if (plan === undefined) throw new Error('nothing was started');
  return plan;
}

/** Resolves when the session in a slot has answered the words that were typed last. */
async function answers(mission: RunningMission, taskId: TaskId): Promise<void> {
  await taskIs(mission, taskId, 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: typed.at(-1) });
  stage.fake.show(slotId, idleReading({ level: 'thinking' }));
  await untilSlot(mission, 'live', 'thinking');
  await hook(mission, 'Stop', { last_assistant_message: 'fixed' });
  stage.fake.show(slotId, idleReading());
  await taskIs(mission, taskId, 'done');
}

const becomes = (mission: RunningMission, taskId: TaskId, status: string): Promise<void> =>
  until(mission, `worktree ${status}`, () => mission.task(taskId).worktree?.status === status);

test('a task that leaves work behind: its session works there, the worktree is kept, the next task is done at home', async () => {
  const before = person.own();
  const mission = await startIdle(stage);
  const { taskId, hint } = await mission.submit({ role, prompt: 'fix it', worktree: {} });
  expect(hint).toBe(`Queued. ${slotId} is being brought to the folder of task ${taskId}`);
  const { cwd } = await begins(mission, 2);
  const { branch, base } = worktreeOf(mission, taskId);
  expect(cwd).toBe(folderOf(mission, taskId));
  expect({ branch, base }).toEqual({ branch: `work/${taskId.slice(0, 8)}`, base: person.head() });
  await taskIs(mission, taskId, 'running');
  expect(mission.slot(slotId)).toMatchObject({ cwd, worktreeOf: taskId, currentTaskId: taskId });
  person.write('new.txt', 'new', cwd);
  await mission.lookAtWorktree(taskId);
  expect(worktreeOf(mission, taskId)).toMatchObject({ status: 'open', changedFiles: 1 });
  await answers(mission, taskId);
  await becomes(mission, taskId, 'kept');
  expect(worktreeOf(mission, taskId)).toMatchObject({ commits: 0, changedFiles: 1, uncommitted: 1 });
  expect(mission.slot(slotId)).toMatchObject({ cwd, worktreeOf: taskId, state: 'idle' });

  // Words to the session reach it where it is.
  await mission.send(slotId, 'and why?', { waitForResponse: false, timeoutMs: 1_000 });
  await until(mission, 'typed', () => typed.at(-1) === 'and why?');
  expect(plans).toHaveLength(2);
  await hook(mission, 'UserPromptSubmit', { prompt: 'and why?' });
  await hook(mission, 'Stop', { last_assistant_message: 'because' });
  stage.fake.show(slotId, idleReading({ at: Date.now() + 1 }));

  const next = await submit(mission, { worktree: undefined });
  expect(await begins(mission, 3)).toMatchObject({ cwd: person.folder, resume: false });
  await taskIs(mission, next, 'running');
  expect(mission.slot(slotId).worktreeOf).toBeUndefined();
  expect(await mission.worktrees({ removed: false, limit: 10 })).toMatchObject([{ taskId, status: 'kept' }]);
  expect(person.own()).toEqual(before);
});

test('a task that leaves nothing behind: its session goes home, and worktree and branch are removed', async () => {
  const mission = await stage.start();
  const taskId = await submit(mission, { worktree: { branch: 'question/one' } });
  const { cwd } = await begins(mission, 1);
  expect(person.git(['rev-parse', '--abbrev-ref', 'HEAD'], cwd)).toBe('question/one');
  await answers(mission, taskId);
  expect((await begins(mission, 2)).cwd).toBe(person.folder);
  await becomes(mission, taskId, 'removed');
  expect(existsSync(cwd)).toBe(false);
  expect(person.git(['branch', '--format', '%(refname:short)'])).toBe('trunk');
  expect(await mission.worktrees({ removed: false, limit: 10 })).toEqual([]);
});

test('two tasks in two worktrees at once', async () => {
  const other = SlotId.parse('coder-2');
  const mission = await stage.start({
    slots: [slotOf({ cwd: person.folder }), slotOf({ id: other, cwd: person.folder })],
  });
  const [one, two] = [await submit(mission), await submit(mission)];
  await until(mission, 'both started', () => plans.length === 2);
  expect(new Set(plans.map(({ cwd }) => cwd))).toEqual(
    new Set([folderOf(mission, one), folderOf(mission, two)]),
  );
});

describe('refused before anything is stored', () => {
  test.each([
    ['a branch that is there', { branch: 'trunk' }, 'worktree_refused'],
    ['a base that is not', { base: 'nowhere' }, 'worktree_refused'],
  ])('%s', async (_, worktree, code) => {
    const mission = await stage.start();
    await expect(submit(mission, { worktree })).rejects.toMatchObject({ code });
    expect(mission.tasks({})).toEqual([]);
  });

  test('slots whose folders are in no repository, unless another could do it', async () => {
    const outside = { id: SlotId.parse('coder-0'), cwd: person.directory };
    const mission = await stage.start({ slots: [slotOf(outside), slotOf({ cwd: person.folder })] });
    await expect(submit(mission, { slotId: outside.id })).rejects.toMatchObject({ code: 'no_repository' });
    expect(mission.tasks({})).toEqual([]);
    await submit(mission);
  });

  test('but not what was handed in before under the same key', async () => {
    const mission = await startIdle(stage);
    const request = { idempotencyKey: 'once', worktree: { branch: 'work/once' } };
    const taskId = await submit(mission, request);
    await begins(mission, 2);
    expect(await submit(mission, request)).toBe(taskId);
  });
});

test('of two that want one branch the second fails and says so', async () => {
  const mission = await startIdle(stage);
  const worktree = { branch: 'work/same' };
  const [one, two] = [await submit(mission, { worktree }), await submit(mission, { worktree })];
  await begins(mission, 2);
  person.write('new.txt', 'new', folderOf(mission, one));
  await answers(mission, one);
  await taskIs(mission, two, 'failed');
  expect(mission.task(two)).toMatchObject({ errorCode: 'worktree_refused' });
});

test('a task that is tried again, and its check, are in the same worktree', async () => {
  const mission = await stage.start();
  const taskId = await submit(mission, {
    retries: 1,
    retryBackoffMs: 0,
    verify: { command: 'npm test' },
  });
  const { cwd } = await begins(mission, 1);
  await taskIs(mission, taskId, 'running');
  person.write('new.txt', 'new', cwd);
  await hook(mission, 'UserPromptSubmit', { prompt: typed.at(-1) });
  await hook(mission, 'StopFailure', { error: 'api_error', error_details: 'it broke' });
  stage.fake.show(slotId, idleReading({ at: Date.now() + 1 }));
  await until(mission, 'tried again', () => typed.length === 2);
  await answers(mission, taskId);
  expect(plans.map((plan) => plan.cwd)).toEqual([cwd]);
  expect(checked).toEqual([cwd]);
  expect(existsSync(path.join(cwd, 'new.txt'))).toBe(true);
});

describe('a daemon that is killed', () => {
  async function working(): Promise<{ readonly taskId: TaskId; readonly cwd: string }> {
    const mission = await startIdle(stage);
    const taskId = await submit(mission);
    const { cwd } = await begins(mission, 2);
    await taskIs(mission, taskId, 'running');
    await hook(mission, 'UserPromptSubmit', { prompt: typed.at(-1) });
    return { taskId, cwd };
  }

  test('together with the host, in mid-task: the session is resumed in the worktree', async () => {
    const { taskId, cwd } = await working();
    await stage.kill9();
    await stage.fake.host.shutdown(0);
    const mission = await stage.start();
    expect(await begins(mission, 3)).toMatchObject({ cwd, resume: true, sessionId: plans[1]?.sessionId });
    await until(mission, 'typed again', () => typed.length === 2);
    await answers(mission, taskId);
    expect(mission.task(taskId).attempts).toMatchObject([{ outcome: 'lost' }, { outcome: 'done' }]);
  });

  test('and followed by one of another version: the session is found where it works', async () => {
    const { taskId, cwd } = await working();
    await stage.kill9();
    stage.database().raw.exec('update slots set snapshot_version = 0');
    const mission = await stage.start();
    await untilSlot(mission, 'live');
    expect(mission.slot(slotId)).toMatchObject({ cwd, worktreeOf: taskId });
    for (const { epoch } of stage.fake.alive()) stage.fake.end(epoch, { code: 1 });
    expect(await begins(mission, 3)).toMatchObject({ cwd, resume: true });
  });

  test('before the worktree was whole: it is made anew', async () => {
    const mission = await stage.start();
    const taskId = await submit(mission, { notBefore: Date.now() + 3_600_000 });
    const half = path.join(person.directory, 'half');
    stage
      .database()
      .raw.exec(`insert into worktrees (task_id, status, cwd, repository, path, folder, branch, base, created_at)
      values ('${taskId}', 'making', '${person.folder}', '${person.folder}/.git', '${half}', '${half}', 'work/half', '${person.head()}', 0)`);
    person.write('half.txt', 'half', half);
    await stage.kill9();
    stage.database().raw.exec(`update tasks set status = 'queued', waiting_for = null, not_before = null`);
    const second = await stage.start();
    expect((await begins(second, 1)).cwd).toBe(half);
    expect(person.git(['status', '--porcelain', '--branch'], half)).toBe('## work/half');
  });
});

test('removed when somebody asks: its session goes home first, and what was in it is saved', async () => {
  const mission = await startIdle(stage);
  const taskId = await submit(mission);
  const { cwd } = await begins(mission, 2);
  await taskIs(mission, taskId, 'running');
  person.write('new.txt', 'new', cwd);
  await expect(mission.removeWorktree(taskId)).rejects.toMatchObject({ code: 'worktree_in_use' });
  await answers(mission, taskId);
  await becomes(mission, taskId, 'kept');
  const { removed, worktree, hint } = await mission.removeWorktree(taskId.slice(0, 8));
  expect({ removed, status: worktree.status }).toEqual({ removed: true, status: 'removed' });
  expect(hint).toContain(worktree.rescue);
  expect(person.git(['show', `${worktree.rescue}:new.txt`])).toBe('new');
  expect(existsSync(cwd)).toBe(false);
  expect((await begins(mission, 3)).cwd).toBe(person.folder);
  expect(await mission.removeWorktree(taskId)).toMatchObject({ removed: false });
});

describe('a worktree that holds work', () => {
  async function kept(change: Partial<Worktrees> = {}) {
    const mission = await startIdle(stage, {
      worktrees: { ...realWorktrees(), ...change },
    });
    const taskId = await submit(mission);
    const { cwd } = await begins(mission, 2);
    person.write('new.txt', 'new', cwd);
    await answers(mission, taskId);
    await becomes(mission, taskId, 'kept');
    return { mission, taskId, cwd };
  }

  test('is removed once by a double click, and both are told where its work is', async () => {
    const { mission, taskId } = await kept();
    const [one, two] = await Promise.all([mission.removeWorktree(taskId), mission.removeWorktree(taskId)]);
    expect(person.git(['show', `${one.worktree.rescue}:new.txt`])).toBe('new');
    expect(two).toEqual(one);
  });

  test('whose removal is broken off: the ref is known, and no second removal forgets it', async () => {
    const real = realWorktrees();
    let breaks = true;
    const { mission, taskId } = await kept({
      async remove(worktree, saving, signal) {
        await real.remove(worktree, saving, signal);
        if (!breaks) return;
        breaks = false;
        throw new Error('killed');
      },
    });
    await expect(mission.removeWorktree(taskId)).rejects.toThrow('killed');
    const { rescue } = worktreeOf(mission, taskId);
    expect(person.git(['show', `${rescue}:new.txt`])).toBe('new');
    const { removed, worktree } = await mission.removeWorktree(taskId);
    expect({ removed, rescue: worktree.rescue }).toEqual({ removed: true, rescue });
  });

  test('and cannot be seen for a moment is listed as before', async () => {
    const { mission, taskId } = await kept();
    const list = () => mission.worktrees({ removed: false, limit: 10 });
    renameSync(person.folder, `${person.folder}-moved`);
    expect(await list()).toMatchObject([{ status: 'kept', trouble: expect.any(String) }]);
    renameSync(`${person.folder}-moved`, person.folder);
    expect(await list()).toMatchObject([{ status: 'kept', uncommitted: 1 }]);
    expect(worktreeOf(mission, taskId).trouble).toBeUndefined();
    person.git(['worktree', 'remove', '--force', folderOf(mission, taskId)]);
    expect(await list()).toMatchObject([{ status: 'kept', trouble: expect.stringContaining('is gone') }]);
    person.git(['branch', '--delete', '--force', worktreeOf(mission, taskId).branch]);
    expect(await list()).toEqual([]);
    expect(await mission.removeWorktree(taskId)).toMatchObject({ removed: true });
  });
});

test('a disk that is full for a moment fails no task', async () => {
  const real = realWorktrees();
  let isFull = true;
  const mission = await stage.start({
    worktrees: {
      ...real,
      make(wish, signal) {
        if (!isFull) return real.make(wish, signal);
        isFull = false;
        return Promise.reject(new Error('disk full'));
      },
    },
  });
  const taskId = await submit(mission);
  expect((await begins(mission, 1)).cwd).toBe(folderOf(mission, taskId));
  expect(stage.errors.join()).toContain('disk full');
});

test('a task that is cancelled keeps its worktree with what is in it', async () => {
  const mission = await startIdle(stage);
  const taskId = await submit(mission);
  const { cwd } = await begins(mission, 2);
  await taskIs(mission, taskId, 'running');
  person.write('new.txt', 'new', cwd);
  await mission.cancel(taskId);
  await becomes(mission, taskId, 'kept');
  expect(existsSync(path.join(cwd, 'new.txt'))).toBe(true);
});
