import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import type { SlotConfiguration, SlotKeyboard } from '../../actors/slot-runtime.ts';
import { SlotId, type TaskId } from '../../db/ids.ts';
import { BudgetsSchema } from '../../services/config/budgets.ts';
import { idleReading } from './fake-pty-host.ts';
import {
  becomesReady,
  createStage,
  hook,
  slotId,
  slotOf,
  startIdle,
  sweepGoesBy,
  until,
} from './mission-stage.ts';

const otherId = SlotId.parse('coder-2');

let typed: string[];
let commands: string[];
let left: number;
let cost: number | null;
/** Whose money the status line tells of. */
let conversation: string | null;
let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  typed = [];
  commands = [];
  left = 100;
  cost = null;
  conversation = null;
  const ok = async () => ({ ok: true }) as const;
  const keyboard: SlotKeyboard = {
    async deliver(prompt, { typed: beforeEnter }) {
      typed.push(prompt);
      beforeEnter();
      return { ok: true };
    },
    async command(command) {
      commands.push(command);
      return { ok: true };
    },
    queue: ok,
    choose: ok,
    dismiss: ok,
    interrupt: ok,
    passThrough: async () => {},
  };
  stage = createStage({
    keyboard: () => keyboard,
    statusLineRow: () => ({
      row: '',
      contextLeftPercent: left,
      costUsd: cost,
      version: null,
      sessionId: conversation,
      windows: [],
    }),
  });
});
afterEach(() => stage.close());

/** The prompt that was typed last is heard and answered. */
async function answer(mission: RunningMission, words: string): Promise<void> {
  const prompt_id = `prompt-${typed.length}`;
  await hook(mission, 'UserPromptSubmit', { prompt: typed.at(-1), prompt_id });
  await hook(mission, 'Stop', { last_assistant_message: words, prompt_id });
  stage.fake.show(slotId, idleReading());
}

async function typedAre(mission: RunningMission, count: number): Promise<void> {
  await until(mission, `${count} prompts`, () => typed.length === count);
  await until(mission, 'running', () => {
    const { currentTaskId } = mission.slot(slotId);
    return currentTaskId !== undefined && mission.task(currentTaskId).status === 'running';
  });
}

/** A session that has done a task, and has little context left then. */
async function usedUp(
  context: SlotConfiguration['context'],
): Promise<{ mission: RunningMission; next: TaskId }> {
  const mission = await stage.start({ slots: [slotOf({ context }), slotOf({ id: otherId })] });
  await mission.spawn(slotId, {});
  await becomesReady(mission, stage);
  const { taskId } = await mission.submit({ slotId, prompt: 'first' });
  await typedAre(mission, 1);
  left = 7;
  const { epoch } = mission.slot(slotId);
  if (epoch !== undefined) mission.receiveStatusLine(slotId, epoch, {});
  const next = await mission.submit({ slotId, prompt: 'second' });
  await answer(mission, 'one');
  await until(mission, 'done', () => mission.task(taskId).status === 'done');
  return { mission, next: next.taskId };
}

test('between two tasks the session writes a hand-over; the next task begins with it in a fresh session', async () => {
  const { mission, next } = await usedUp({ handOverBelowPercent: 10, by: 'handOver' });
  const { sessionId } = mission.slot(slotId);
  await typedAre(mission, 2);
  expect(typed[1]).toContain('Write the hand-over');
  expect(mission.slot(slotId).handOver).toBe('writing');
  expect(mission.task(next).status).toBe('queued');
  left = 100;
  await answer(mission, 'The parser is half done.');
  await until(mission, 'another session', () => mission.slot(slotId).handOver === 'carrying');
  await becomesReady(mission, stage);
  await typedAre(mission, 3);
  expect(mission.slot(slotId).sessionId).not.toBe(sessionId);
  expect(typed[2]).toMatch(/The parser is half done\.\n\nThe task now is:\n\nsecond$/);
  await answer(mission, 'two');
  await until(mission, 'done', () => mission.task(next).status === 'done');
  expect(mission.task(next)).toMatchObject({ prompt: 'second', result: 'two' });
  await until(mission, 'handed over', () => mission.slot(slotId).handOver === undefined);
});

test('a daemon that is killed while the hand-over is written goes on with it', async () => {
  const { mission, next } = await usedUp({ handOverBelowPercent: 10, by: 'handOver' });
  await typedAre(mission, 2);
  await hook(mission, 'UserPromptSubmit', { prompt: typed.at(-1), prompt_id: 'prompt-2' });
  await until(mission, 'thinking', () => mission.slot(slotId).state === 'thinking');
  await stage.kill9();
  const second = await stage.start({
    slots: [slotOf({ context: { handOverBelowPercent: 10, by: 'handOver' } }), slotOf({ id: otherId })],
  });
  expect(second.slot(slotId).handOver).toBe('writing');
  await hook(second, 'Stop', { last_assistant_message: 'The parser is half done.', prompt_id: 'prompt-2' });
  stage.fake.show(slotId, idleReading({ title: 'rests' }));
  await until(second, 'another session', () => second.slot(slotId).handOver === 'carrying');
  await becomesReady(second, stage);
  await typedAre(second, 3);
  expect(typed[2]).toContain('The parser is half done.');
  expect(second.task(next).status).toBe('running');
});

test('a hand-over that waits for the next task is not lost when the daemon comes back in another version', async () => {
  const { mission, next } = await usedUp({ handOverBelowPercent: 10, by: 'handOver' });
  await typedAre(mission, 2);
  left = 100;
  await answer(mission, 'The parser is half done.');
  await until(mission, 'carrying', () => mission.slot(slotId).handOver === 'carrying');
  await stage.kill9();
  stage.database().raw.exec('update slots set snapshot_version = 0');
  const second = await stage.start({ slots: [slotOf(), slotOf({ id: otherId })] });
  expect(second.slot(slotId).handOver).toBe('carrying');
  await becomesReady(second, stage);
  await typedAre(second, 3);
  expect(typed[2]).toContain('The parser is half done.');
  expect(second.task(next).status).toBe('running');
});

test('a session that dies instead of writing it is replaced all the same, and its transcript is named', async () => {
  const { mission } = await usedUp({ handOverBelowPercent: 10, by: 'handOver' });
  await typedAre(mission, 2);
  for (const { epoch, slotId: of } of stage.fake.alive()) if (of === slotId) stage.fake.end(epoch);
  await until(mission, 'carrying', () => mission.slot(slotId).handOver === 'carrying');
  await becomesReady(mission, stage);
  await typedAre(mission, 3);
  expect(typed[2]).toContain('its transcript is /tmp/session.jsonl');
});

test('or it compacts, by configuration', async () => {
  const { mission, next } = await usedUp({ handOverBelowPercent: 10, by: 'compact' });
  await until(mission, 'compacts', () => commands.length > 0);
  expect(commands).toEqual(['/compact']);
  await until(mission, 'goes on', () => mission.task(next).status === 'running');
  expect(typed).toEqual(['first', 'second']);
});

test('or nothing is done', async () => {
  const { mission, next } = await usedUp({ handOverBelowPercent: 10, by: 'nothing' });
  await until(mission, 'goes on', () => mission.task(next).status === 'running');
  expect(typed).toEqual(['first', 'second']);
});

/** A hand-over that may begin would have begun in the meantime. */
async function twoSweeps(mission: RunningMission): Promise<void> {
  for (let sweep = 0; sweep < 2; sweep += 1) await sweepGoesBy(mission);
}

test('a daemon that stops when what runs has ended begins no hand-over', async () => {
  const mission = await startIdle(stage);
  await mission.submit({ slotId, prompt: 'first' });
  await typedAre(mission, 1);
  left = 7;
  const { epoch } = mission.slot(slotId);
  if (epoch !== undefined) mission.receiveStatusLine(slotId, epoch, {});
  const finished = mission.finish(AbortSignal.timeout(20_000));
  await answer(mission, 'one');
  await finished;
  await until(mission, 'rests', () => mission.slot(slotId).state === 'idle');
  await twoSweeps(mission);
  expect(typed).toEqual(['first']);
  expect(mission.slot(slotId).handOver).toBeUndefined();
});

test('nor does a slot whose budget is spent, until a person lets it go on', async () => {
  cost = 2;
  const budgets = BudgetsSchema.parse({ slot: { usd: 1 } });
  const mission = await startIdle(stage, { budgets });
  await mission.submit({ slotId, prompt: 'first' });
  await typedAre(mission, 1);
  left = 7;
  const { epoch, sessionId } = mission.slot(slotId);
  conversation = sessionId ?? null;
  if (epoch !== undefined) mission.receiveStatusLine(slotId, epoch, {});
  await answer(mission, 'one');
  await until(mission, 'paused', () => mission.slot(slotId).paused !== undefined);
  await twoSweeps(mission);
  expect(typed).toEqual(['first']);
  mission.resume(slotId);
  await until(mission, 'asked', () => typed.length === 2);
  expect(typed[1]).toContain('Write the hand-over');
});

describe('an agent hands over by itself', () => {
  async function offered(): Promise<{ mission: RunningMission; taskId: TaskId }> {
    const mission = await stage.start({ slots: [slotOf(), slotOf({ id: otherId })] });
    await mission.spawn(slotId, {});
    await becomesReady(mission, stage);
    const { taskId } = await mission.submit({ role: mission.slot(slotId).role, prompt: 'all of it' });
    await typedAre(mission, 1);
    mission.handOver(slotId, 'The parser is done, the printer is next.');
    return { mission, taskId };
  }

  async function goesOnAfresh(mission: RunningMission, taskId: TaskId, session: string | undefined) {
    await until(mission, 'another session', () => mission.slot(slotId).handOver === 'carrying');
    await becomesReady(mission, stage);
    await typedAre(mission, 2);
    expect(mission.slot(slotId).sessionId).not.toBe(session);
    expect(mission.task(taskId)).toMatchObject({ status: 'running', slotId });
    expect(typed[1]).toContain('The parser is done, the printer is next.');
    expect(typed[1]).toMatch(/handed this task over.*The task is:\n\nall of it$/s);
    await answer(mission, 'both are done');
    await until(mission, 'done', () => mission.task(taskId).status === 'done');
    const { attempts, result } = mission.task(taskId);
    expect(result).toBe('both are done');
    expect(attempts?.map(({ outcome }) => outcome)).toEqual(['continued', 'done']);
  }

  test('its task is not done with its turn: a fresh session goes on with it, and knows the note', async () => {
    const { mission, taskId } = await offered();
    const { sessionId } = mission.slot(slotId);
    expect(mission.slot(slotId).handOver).toBe('leaving');
    await answer(mission, 'I have handed over.');
    await goesOnAfresh(mission, taskId, sessionId);
  });

  test('a daemon that is killed before that turn has ended goes on with it', async () => {
    const { mission, taskId } = await offered();
    const { sessionId } = mission.slot(slotId);
    await hook(mission, 'UserPromptSubmit', { prompt: typed.at(-1), prompt_id: 'prompt-1' });
    await until(mission, 'thinking', () => mission.slot(slotId).state === 'thinking');
    await stage.kill9();
    const second = await stage.start({ slots: [slotOf(), slotOf({ id: otherId })] });
    expect(second.slot(slotId).handOver).toBe('leaving');
    await hook(second, 'Stop', { last_assistant_message: 'I have handed over.', prompt_id: 'prompt-1' });
    stage.fake.show(slotId, idleReading({ title: 'rests' }));
    await goesOnAfresh(second, taskId, sessionId);
  });

  test('a task goes from hand to hand ten times, no more', async () => {
    const { mission, taskId } = await offered();
    const insert = stage.database().raw.prepare(
      `insert into attempts (task_id, number, slot_id, epoch, session_id, prompt, started_at, ended_at, outcome, error_code)
       values (?, ?, 'coder-1', 'e', 's', 'p', 1, 2, 'continued', 'handed_over')`,
    );
    for (let times = 1; times <= 10; times += 1) insert.run(taskId, -times);
    expect(() => mission.handOver(slotId, 'once more')).toThrow(/10 times/);
  });
});
