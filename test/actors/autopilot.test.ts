import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BoardFields } from '../../actors/board/api.ts';
import type { BoardTaskView } from '../../actors/board/board-views.ts';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import { type BoardTaskId, SlotId } from '../../db/ids.ts';
import { tasks } from '../../db/schema/tasks.ts';
import { idleReading } from './fake-pty-host.ts';
import {
  becomesReady,
  createStage,
  hook,
  notingKeyboard,
  role,
  slotId,
  slotOf,
  startIdle,
  until,
  untilSlot,
} from './mission-stage.ts';

const NOON = Date.parse('2026-06-15T12:00:00Z');
const MINUTE_MS = 60_000;

let now: number;
let stage: ReturnType<typeof createStage>;
let typed: string[];
beforeEach(() => {
  now = NOON;
  typed = [];
  stage = createStage({
    now: () => now,
    keyboard: () =>
      notingKeyboard(typed, {
        async interrupt() {
          stage.fake.show(slotId, idleReading({ at: now }));
          return { ok: true };
        },
      }),
  });
});
afterEach(async () => {
  expect(stage.errors).toEqual([]);
  await stage.close();
});

const add = (mission: RunningMission, title: string, more: BoardFields = {}): BoardTaskView =>
  mission.board.create({ title, assignee: slotId, autoExecute: true, ...more }, 'test');

const boardIs = (mission: RunningMission, id: BoardTaskId, status: string): Promise<void> =>
  until(mission, `board task ${status}`, () => mission.board.get(id).status === status);

/** The slot has been given the words, and Claude Code works on them. */
async function works(mission: RunningMission, words: string): Promise<void> {
  await until(mission, `typed ${words}`, () => typed.at(-1) === words);
  await hook(mission, 'UserPromptSubmit', { prompt: words, prompt_id: words });
  stage.fake.show(slotId, idleReading({ level: 'thinking', at: now }));
  await untilSlot(mission, 'live', 'thinking');
}

async function answers(mission: RunningMission, words: string, answer: string): Promise<void> {
  await works(mission, words);
  await hook(mission, 'Stop', { prompt_id: words, last_assistant_message: answer });
  stage.fake.show(slotId, idleReading({ at: now }));
}

async function fails(mission: RunningMission, words: string): Promise<void> {
  await works(mission, words);
  await hook(mission, 'StopFailure', { error: 'invalid_request', last_assistant_message: 'API Error: 400' });
  stage.fake.show(slotId, idleReading({ at: now }));
}

const handedIn = (): unknown[] => stage.database().db.select().from(tasks).all();

test('an open board task with autoExecute is done by its assignee, and its note holds the answer', async () => {
  const mission = await startIdle(stage);
  const { id } = add(mission, 'Fix the build', { description: 'It is red.' });
  await boardIs(mission, id, 'running');
  expect(mission.board.get(id)).toMatchObject({ claimExecutorType: 'autopilot', runs: 1 });
  await answers(mission, 'Fix the build\n\nIt is red.', 'It is green now.');
  await boardIs(mission, id, 'done');
  const { notes, taskId, ...task } = mission.board.get(id);
  expect(notes).toMatchObject([
    { noteType: 'summary', author: 'autopilot', content: 'It is green now.', taskId: id },
  ]);
  expect(task).not.toHaveProperty('claimExecutorId');
  expect(mission.inbox({ unreadOnly: true, limit: 9 })).toMatchObject([
    { taskId, boardTaskId: id, content: 'It is green now.' },
  ]);
});

test('nothing begins unasked: not without autoExecute, not before its day, not while something below it is unfinished', async () => {
  const mission = await startIdle(stage);
  const idle = mission.board.create({ title: 'not asked for', assignee: slotId }, 'test');
  const later = add(mission, 'not yet', { dueDate: '2026-06-16' });
  const parent = mission.board.create({ title: 'the whole', assignee: slotId }, 'test');
  const child = add(mission, 'a part', { parentId: parent.id });
  await mission.board.update(parent.id, { autoExecute: true }, 'test');
  await answers(mission, 'a part', 'the part is done');
  await boardIs(mission, child.id, 'done');
  await answers(mission, 'the whole\n\nIts subtasks are done:\n- a part: the part is done', 'all is done');
  await boardIs(mission, parent.id, 'done');
  expect(mission.board.get(later.id)).toMatchObject({ status: 'open', waitsFor: 'It begins on 2026-06-16.' });
  now += 24 * 60 * MINUTE_MS;
  await answers(mission, 'not yet', 'now');
  await boardIs(mission, later.id, 'done');
  expect(mission.board.get(idle.id)).toMatchObject({ status: 'open', runs: 0 });
});

test('one that asks is blocked with the question, and goes on when it is answered', async () => {
  const mission = await startIdle(stage);
  const { id } = add(mission, 'paint it');
  await works(mission, 'paint it');
  const dialog = {
    kind: 'question' as const,
    question: 'Which colour?',
    options: [
      { number: 1, label: 'Red', highlighted: true },
      { number: 2, label: 'Blue', highlighted: false },
    ],
  };
  stage.fake.show(slotId, idleReading({ level: 'dialog', dialog, at: now }));
  await boardIs(mission, id, 'blocked');
  expect(mission.board.get(id).blockedOn).toMatchObject({
    question: 'Which colour?',
    options: ['Red', 'Blue'],
    slotId,
  });
  expect(mission.board.summary(0)).toMatchObject({ blocked: 1, pendingQuestions: 1 });
  expect(mission.inbox({ unreadOnly: true, limit: 9 })).toMatchObject([
    { boardTaskId: id, content: expect.stringContaining('Which colour?') },
  ]);
  await expect(mission.board.update(id, { status: 'running' }, 'test')).rejects.toMatchObject({
    code: 'board_claimed',
  });
  const confirming = mission.confirm(
    { slotId, response: 'Blue' },
    { name: 'test', isPerson: true, mayWiden: true },
  );
  stage.fake.show(slotId, idleReading({ level: 'thinking', at: now }));
  await confirming;
  await boardIs(mission, id, 'running');
  await hook(mission, 'Stop', { last_assistant_message: 'painted' });
  stage.fake.show(slotId, idleReading({ at: now }));
  await boardIs(mission, id, 'done');
  expect(mission.board.get(id)).not.toHaveProperty('blockedOn');
});

describe('what somebody else decides', () => {
  test('a task that a person calls done is done: the run is cancelled, which the hint says', async () => {
    const mission = await startIdle(stage);
    const { id } = add(mission, 'do it');
    await works(mission, 'do it');
    const told = await mission.board.update(id, { status: 'done' }, 'test');
    expect(told).toMatchObject({ status: 'done', hint: expect.stringContaining('was cancelled') });
    expect(mission.task(told.taskId ?? '').status).toBe('cancelled');
    stage.fake.show(slotId, idleReading({ at: now }));
    const next = add(mission, 'the next');
    await answers(mission, 'the next', 'fine');
    await boardIs(mission, next.id, 'done');
    expect(mission.board.get(id)).toMatchObject({ status: 'done', runs: 1 });
  });

  test('one whose task is cancelled is blocked and does not begin again by itself; open lets it, with what was noted', async () => {
    const mission = await startIdle(stage);
    const { id } = add(mission, 'do it');
    await works(mission, 'do it');
    await mission.cancel(mission.board.get(id).taskId ?? '');
    await boardIs(mission, id, 'blocked');
    mission.board.addNote(id, { content: 'but not the tests', noteType: 'note', author: 'me' });
    await mission.board.update(id, { status: 'open' }, 'test');
    now += 1_000;
    stage.fake.show(slotId, idleReading({ at: now }));
    await answers(mission, 'do it\n\nNoted since it was tried last:\n- but not the tests', 'done');
    await boardIs(mission, id, 'done');
    expect(mission.board.get(id).runs).toBe(2);
  });

  test('a deleted one is cancelled and nothing of it comes back', async () => {
    const mission = await startIdle(stage);
    const { id } = add(mission, 'do it');
    await works(mission, 'do it');
    const { taskId = '' } = mission.board.get(id);
    expect(await mission.board.remove(id, { children: false })).toEqual({ deleted: 1, id });
    expect(mission.task(taskId).status).toBe('cancelled');
    expect(mission.board.list({})).toEqual([]);
  });
});

test('who fails three times in a row gets nothing for half an hour, then one try', async () => {
  const mission = await startIdle(stage);
  const titles = ['one', 'two', 'three', 'four', 'five'];
  const ids = titles.map((title) => add(mission, title, { options: { retries: 0 } }).id);
  for (const title of titles.slice(0, 3)) {
    await fails(mission, title);
    now += 1_000;
    stage.fake.show(slotId, idleReading({ at: now }));
  }
  const four = ids[3] ?? '';
  await until(mission, 'throttled', () => mission.board.get(four).waitsFor?.includes('three times') === true);
  expect(mission.board.get(ids[0] ?? '')).toMatchObject({
    status: 'failed',
    notes: [{ content: expect.stringContaining('turn_failed: ') }],
  });
  now += 29 * MINUTE_MS;
  // Somebody else's work goes on: the sweep has seen the slot since, and gave it nothing of the board.
  const { taskId } = await mission.submit({ slotId, prompt: 'by hand' });
  await answers(mission, 'by hand', 'ok');
  await until(mission, 'by hand done', () => mission.task(taskId).status === 'done');
  expect(mission.board.get(four).status).toBe('open');
  now += MINUTE_MS;
  stage.fake.show(slotId, idleReading({ at: now }));
  await fails(mission, 'four');
  await until(mission, 'throttled again', () =>
    (mission.board.get(ids[4] ?? '').waitsFor ?? '').includes('three times'),
  );
});

test('it is verifying while its result is checked, and has failed when the check does not agree', async () => {
  const checks: ((error: Error) => void)[] = [];
  const mission = await startIdle(stage, {
    runCheck: () => new Promise((_, reject) => checks.push(reject)),
  });
  const { id } = add(mission, 'do it', { options: { verify: { command: 'npm test' }, retries: 0 } });
  await answers(mission, 'do it', 'done, I think');
  await boardIs(mission, id, 'verifying');
  await vi.waitFor(() => expect(checks).toHaveLength(1));
  checks[0]?.(new Error('it ended with status 1'));
  await boardIs(mission, id, 'failed');
  expect(mission.board.get(id).notes[0]?.content).toMatch(/^verify_failed: .*npm test/);
});

test('what finds no room in the queue stays open and begins when there is some', async () => {
  const mission = await startIdle(stage, { limits: { maxQueued: 1, roles: {} } });
  const { taskId: first } = await mission.submit({ slotId, prompt: 'first' });
  await works(mission, 'first');
  const { taskId: second } = await mission.submit({ slotId, prompt: 'second' });
  const { id } = add(mission, 'of the board');
  const seen: string[] = [];
  mission.subscribe((event) => {
    if (event.type === 'board_changed') seen.push(event.task.status);
  });
  await mission.cancel(first);
  await answers(mission, 'second', 'ok');
  await until(mission, 'second done', () => mission.task(second).status === 'done');
  await answers(mission, 'of the board', 'ok');
  await boardIs(mission, id, 'done');
  expect(mission.board.get(id).runs).toBe(1);
  expect(seen.filter((status) => status === 'open')).toEqual([]);
});

test('nothing of the board starts a slot that a person has stopped', async () => {
  const mission = await startIdle(stage);
  const one = add(mission, 'one');
  const two = add(mission, 'two');
  await works(mission, 'one');
  await mission.kill(slotId, 'test');
  await boardIs(mission, one.id, 'failed');
  await until(mission, 'waits', () => mission.board.get(two.id).waitsFor?.includes('was stopped') === true);
  // The sweep that fails this one has looked at the board, too.
  const { taskId } = await mission.submit({
    slotId,
    prompt: 'late',
    notBefore: now + MINUTE_MS,
    deadlineMs: 1_000,
  });
  now += 1_000;
  await until(mission, 'swept', () => mission.task(taskId).status === 'failed');
  expect(mission.slot(slotId).status).toBe('stopped');
  await mission.spawn(slotId, {});
  await becomesReady(mission, stage);
  await answers(mission, 'two', 'ok');
  await boardIs(mission, two.id, 'done');
});

test('a role gets as much at once as it has slots, the most urgent first', async () => {
  const second = SlotId.parse('coder-2');
  const mission = await stage.start({ slots: [slotOf(), slotOf({ id: second })] });
  const todo = { assignee: role };
  const late = add(mission, 'late', { ...todo, priority: 'low' });
  const [one, two] = [add(mission, 'one', { ...todo, priority: 'high' }), add(mission, 'two', todo)];
  await boardIs(mission, one.id, 'running');
  await boardIs(mission, two.id, 'running');
  expect(mission.board.get(late.id)).toMatchObject({
    status: 'open',
    waitsFor: 'It begins when coder has ended what it does for the board.',
  });
  await mission.cancel(mission.board.get(two.id).taskId ?? '');
  await boardIs(mission, late.id, 'running');
});

test('an end that a full disk did not take is written once there is room, once', async () => {
  const mission = await startIdle(stage);
  const { id } = add(mission, 'do it');
  await works(mission, 'do it');
  const { raw } = stage.database();
  raw.exec("create trigger full before insert on board_notes begin select raise(abort, 'disk is full'); end");
  await hook(mission, 'Stop', { prompt_id: 'do it', last_assistant_message: 'done it' });
  stage.fake.show(slotId, idleReading({ at: now }));
  await vi.waitUntil(() => stage.errors.some((error) => error.includes('disk is full')));
  expect(mission.board.get(id).status).toBe('running');
  raw.exec('drop trigger full');
  await boardIs(mission, id, 'done');
  expect(mission.board.get(id).notes).toMatchObject([{ content: 'done it' }]);
  stage.errors.length = 0;
});

test('what the agent of a slot has claimed is open again when that is killed', async () => {
  const mission = await startIdle(stage);
  const { id } = mission.board.create({ title: 'claimed' }, 'test');
  const others = mission.board.create({ title: 'of a person' }, 'test');
  const claim = { executorType: 'pty_slot', takeOver: false } as const;
  mission.board.claim(id, { ...claim, executorId: slotId });
  mission.board.claim(others.id, { ...claim, executorId: 'me', executorType: 'manual_session' });
  expect((await mission.kill(slotId, 'test')).claimsReleased).toEqual([id]);
  expect(mission.board.get(id).status).toBe('open');
  expect(mission.board.get(others.id).claimExecutorId).toBe('me');
});

describe('over a kill -9 of the daemon', () => {
  test('a run goes on, and ends once', async () => {
    const first = await startIdle(stage);
    const { id } = add(first, 'do it');
    await works(first, 'do it');
    await stage.kill9();
    const second = await stage.start();
    expect(second.board.get(id)).toMatchObject({
      status: 'running',
      claimExecutorType: 'autopilot',
      runs: 1,
    });
    await hook(second, 'Stop', { prompt_id: 'do it', last_assistant_message: 'done it' });
    stage.fake.show(slotId, idleReading({ at: now }));
    await boardIs(second, id, 'done');
    expect(handedIn()).toHaveLength(1);
    expect(second.board.get(id).notes).toHaveLength(1);
  });

  test('one that was claimed and not handed in yet is handed in once', async () => {
    const first = await startIdle(stage);
    const { id } = add(first, 'do it');
    await works(first, 'do it');
    await stage.kill9();
    // As if the daemon had been killed between the queue and the board.
    const { raw } = stage.database();
    raw.prepare('update board_runs set task_id = null').run();
    raw.prepare('update board_tasks set task_id = null').run();
    const second = await stage.start();
    await until(second, 'handed in', () => second.board.get(id).taskId !== undefined);
    expect(handedIn()).toHaveLength(1);
    await hook(second, 'Stop', { prompt_id: 'do it', last_assistant_message: 'done it' });
    stage.fake.show(slotId, idleReading({ at: now }));
    await boardIs(second, id, 'done');
    expect(handedIn()).toHaveLength(1);
  });

  test('a run that somebody had ended is cancelled by the next daemon', async () => {
    const first = await startIdle(stage);
    const { id } = add(first, 'do it');
    await works(first, 'do it');
    await stage.kill9();
    // As if the daemon had been killed between the board and the session.
    const { raw } = stage.database();
    raw.prepare("update board_runs set outcome = 'cancelled', ended_at = 1").run();
    raw.prepare("update board_tasks set status = 'skipped', claim_executor_id = null").run();
    const second = await stage.start();
    const { taskId = '' } = second.board.get(id);
    await until(second, 'cancelled', () => second.task(taskId).status === 'cancelled');
    expect(second.board.get(id).status).toBe('skipped');
  });
});
