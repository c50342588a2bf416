import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import type { SlotKeyboard } from '../../actors/slot-runtime.ts';
import type { TurnRecord } from '../../actors/transcripts.ts';
import { type Epoch, SlotId, type TaskId } from '../../db/ids.ts';
import type { LaunchPlan } from '../../machines/slot.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { PtyExit } from '../../services/pty/pty-host.ts';
import { idleReading } from './fake-pty-host.ts';
import {
  becomesReady,
  createStage,
  hook,
  PROGRAM,
  role,
  slotId,
  slotOf,
  startIdle,
  taskIs,
  until,
  untilSlot,
  willingKeyboard,
} from './mission-stage.ts';

const other = SlotId.parse('coder-2');
const NOTHING: TurnRecord = {
  found: false,
  ended: false,
  interrupted: false,
  error: null,
  lastAssistantMessage: null,
};

let stage: ReturnType<typeof createStage>;
/** What was typed into sessions, in order. */
let typed: string[];
/** What was started, in order. */
let plans: LaunchPlan[];
let turn: TurnRecord;
/** Whether Claude Code takes what is typed; `unheard`: Enter was pressed, and no hook says what came of it. */
let takes: boolean | 'unheard';
/** The connection to the host breaks while something is typed. */
let breaks: () => void;
/** How what runs under an epoch is ended. */
let ends: (epoch: Epoch) => Promise<PtyExit>;
/** Called when the transcript is read. */
let looked: () => void;

const keyboard = (): SlotKeyboard =>
  willingKeyboard({
    deliver(prompt, { typed: reached }) {
      typed.push(prompt);
      if (takes !== false) reached();
      if (takes !== true)
        return new Promise((_, reject) => {
          breaks = () => reject(new MissionError('pty_host_unreachable', 'The host does not answer.'));
        });
      return Promise.resolve({ ok: true });
    },
  });

beforeEach(() => {
  typed = [];
  plans = [];
  turn = { ...NOTHING, found: true };
  takes = true;
  looked = () => {};
  ends = (epoch) => stage.fake.host.terminate(epoch, 0);
  stage = createStage({
    host: { terminate: (epoch) => ends(epoch) },
    keyboard,
    async prepare(_, plan) {
      plans.push(plan);
      return PROGRAM;
    },
    lengthOf: async () => 1,
    readTurn: async () => {
      looked();
      return turn;
    },
  });
});
afterEach(() => stage.close());

/** A session that works on a task. */
async function working(): Promise<{ readonly mission: RunningMission; readonly taskId: TaskId }> {
  const mission = await startIdle(stage);
  const { taskId } = await mission.submit({ role, prompt: 'fix the bug' });
  await taskIs(mission, taskId, 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: 'fix the bug', prompt_id: 'prompt-1' });
  return { mission, taskId };
}

function kill9(): void {
  for (const { epoch, slotId: of } of stage.fake.alive())
    if (of === slotId) stage.fake.end(epoch, { code: null, signal: 9 });
}

/** The slot comes back, and the task is typed into its new session. */
async function comesBack(mission: RunningMission, times: number): Promise<void> {
  await until(mission, 'started again', () => plans.length === times + 1);
  await untilSlot(mission, 'live');
  await becomesReady(mission, stage);
  await until(mission, 'delivered again', () => typed.length === times + 1);
}

async function answers(mission: RunningMission, taskId: TaskId): Promise<void> {
  await taskIs(mission, taskId, 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: typed.at(-1), prompt_id: 'prompt-2' });
  stage.fake.show(slotId, idleReading({ level: 'thinking' }));
  await untilSlot(mission, 'live', 'thinking');
  await hook(mission, 'Stop', { prompt_id: 'prompt-2', last_assistant_message: 'fixed' });
  stage.fake.show(slotId, idleReading());
  await taskIs(mission, taskId, 'done');
}

const outcomes = (mission: RunningMission, taskId: TaskId): unknown[] =>
  (mission.task(taskId).attempts ?? []).map(({ number, outcome }) => [number, outcome]);

describe('a session that dies in mid-task', () => {
  test('is resumed, told what happened, and its task is done once', async () => {
    const { mission, taskId } = await working();
    const { sessionId } = mission.slot(slotId);
    kill9();
    await comesBack(mission, 1);
    expect(plans[1]).toMatchObject({ resume: true, sessionId });
    expect(typed[1]).toMatch(/^The session ended before you had finished this task.*\n\nfix the bug$/);
    await answers(mission, taskId);
    const task = mission.task(taskId);
    expect(task).toMatchObject({ result: 'fixed', sessionId });
    expect(task.attempts).toMatchObject([
      { number: 1, outcome: 'lost', prompt: 'fix the bug', errorCode: 'session_exited' },
      { number: 2, outcome: 'done', prompt: typed[1] },
    ]);
    expect(mission.inbox({ unreadOnly: true, limit: 9 })).toHaveLength(1);
  });

  test('and had answered before: the task is done with that answer, and nothing is typed again', async () => {
    const { mission, taskId } = await working();
    turn = { ...turn, ended: true, lastAssistantMessage: 'fixed' };
    kill9();
    await taskIs(mission, taskId, 'done');
    expect(mission.task(taskId).result).toBe('fixed');
    expect(outcomes(mission, taskId)).toEqual([[1, 'done']]);
    expect(typed).toEqual(['fix the bug']);
    expect(plans).toHaveLength(1);
  });

  describe('because the process that held its terminal was killed', () => {
    /** The session lives on for a moment; what it writes in it is there when the last of it has ended. */
    async function hostDies(lastWords: Partial<TurnRecord>): Promise<void> {
      const lookedAt = new Promise<void>((resolve) => {
        looked = resolve;
      });
      ends = async (epoch) => {
        // Not before the daemon has looked, and has had the time to make up its mind.
        await lookedAt;
        for (let round = 0; round < 20; round += 1) await setImmediate();
        turn = { ...turn, ...lastWords };
        return stage.fake.host.terminate(epoch, 0);
      };
      await stage.fake.host.shutdown(0);
      stage.fake.disconnect();
    }

    test('and answers before it has ended: that answer counts, and nothing is typed again', async () => {
      const { mission, taskId } = await working();
      await hostDies({ ended: true, lastAssistantMessage: 'fixed' });
      await taskIs(mission, taskId, 'done');
      expect(mission.task(taskId).result).toBe('fixed');
      expect(typed).toEqual(['fix the bug']);
    });

    test('and takes the prompt before it has ended: it is resumed and told what happened', async () => {
      takes = 'unheard';
      turn = { ...turn, found: false };
      const mission = await startIdle(stage);
      const { taskId } = await mission.submit({ role, prompt: 'fix the bug' });
      await until(mission, 'being typed', () => typed.length === 1);
      takes = true;
      await hostDies({ found: true });
      await comesBack(mission, 1);
      expect(typed[1]).toMatch(/^The session ended before you had finished this task.*\n\nfix the bug$/);
      await answers(mission, taskId);
    });
  });

  describe('while it is at a message', () => {
    /** A session that works on something that was said to it. */
    async function atAMessage(): Promise<{ mission: RunningMission; response: Promise<unknown> }> {
      const mission = await startIdle(stage);
      const sent = mission.send(slotId, 'fix the bug', { waitForResponse: true, timeoutMs: 20_000 });
      const response = sent.then(
        (reply) => reply,
        (error: unknown) => error,
      );
      await until(mission, 'typed', () => typed.length === 1);
      await hook(mission, 'UserPromptSubmit', { prompt: 'fix the bug', prompt_id: 'prompt-1' });
      stage.fake.show(slotId, idleReading({ level: 'thinking' }));
      await untilSlot(mission, 'live', 'thinking');
      return { mission, response };
    }
    async function hostDies(): Promise<void> {
      await stage.fake.host.shutdown(0);
      stage.fake.disconnect();
    }
    async function goesOnWith(mission: RunningMission, words: RegExp): Promise<void> {
      await comesBack(mission, 1);
      expect(typed[1]).toMatch(words);
      await hook(mission, 'UserPromptSubmit', { prompt: typed[1], prompt_id: 'prompt-2' });
      stage.fake.show(slotId, idleReading({ level: 'thinking' }));
      await untilSlot(mission, 'live', 'thinking');
      await hook(mission, 'Stop', { prompt_id: 'prompt-2', last_assistant_message: 'fixed' });
      stage.fake.show(slotId, idleReading());
    }

    test('and its host is killed: the session is resumed and goes on, and whoever said it has the answer', async () => {
      const { mission, response } = await atAMessage();
      await hostDies();
      await goesOnWith(
        mission,
        /^The session ended while you were at the message that you were given last.*\.$/,
      );
      expect(plans[1]).toMatchObject({ resume: true });
      expect(await response).toMatchObject({ delivered: true, response: 'fixed' });
      expect(typed).toHaveLength(2);
    });

    test('and its host is killed before the transcript shows the words: they are said again, with what happened', async () => {
      const { mission, response } = await atAMessage();
      turn = NOTHING;
      await hostDies();
      await goesOnWith(mission, /^The session ended while you were given a message.*\n\nfix the bug$/);
      expect(await response).toMatchObject({ response: 'fixed' });
    });

    test('and ends by itself: whoever said it is told, and it is not said to the next session', async () => {
      const { mission, response } = await atAMessage();
      kill9();
      expect(await response).toMatchObject({ code: 'session_exited' });
      await mission.submit({ role, prompt: 'the next thing' });
      await comesBack(mission, 1);
      expect(typed).toEqual(['fix the bug', 'the next thing']);
    });
  });

  test('three times: the task fails and says what happened each time', async () => {
    const { mission, taskId } = await working();
    for (let lost = 1; lost < 3; lost += 1) {
      kill9();
      await comesBack(mission, lost);
      await taskIs(mission, taskId, 'running');
    }
    kill9();
    await taskIs(mission, taskId, 'failed');
    const { errorCode, error } = mission.task(taskId);
    expect(errorCode).toBe('session_exited');
    expect(error?.match(/signal 9/g)).toHaveLength(3);
    expect(outcomes(mission, taskId)).toEqual([
      [1, 'lost'],
      [2, 'lost'],
      [3, 'lost'],
    ]);
  });

  test('because its daemon was stopped, however often: that counts for nothing, and the task is done', async () => {
    const { mission, taskId } = await working();
    let daemon = mission;
    for (let stopped = 1; stopped <= 4; stopped += 1) {
      await stage.down();
      daemon = await stage.start();
      await comesBack(daemon, stopped);
      await taskIs(daemon, taskId, 'running');
    }
    await answers(daemon, taskId);
    expect(daemon.task(taskId).result).toBe('fixed');
  });

  test('before it had the words: the task is given again as it is, and that was no attempt', async () => {
    takes = false;
    const mission = await startIdle(stage);
    const { taskId } = await mission.submit({ role, prompt: 'fix the bug' });
    await until(mission, 'being typed', () => typed.length === 1);
    takes = true;
    kill9();
    await comesBack(mission, 1);
    expect(typed).toEqual(['fix the bug', 'fix the bug']);
    await answers(mission, taskId);
    expect(outcomes(mission, taskId)).toEqual([[1, 'done']]);
  });

  test('goes on over a kill -9 of the daemon in between', async () => {
    const { mission, taskId } = await working();
    // The daemon is killed before the slot is up again.
    kill9();
    await until(mission, 'started again', () => plans.length === 2);
    await stage.kill9();
    const second = await stage.start();
    await untilSlot(second, 'live');
    await becomesReady(second, stage);
    await until(second, 'delivered again', () => typed.length === 2);
    await answers(second, taskId);
    expect(outcomes(second, taskId)).toEqual([
      [1, 'lost'],
      [2, 'done'],
    ]);
  });

  test('and is not wanted any more: a task that is cancelled meanwhile is cancelled', async () => {
    const { mission, taskId } = await working();
    kill9();
    await until(mission, 'started again', () => plans.length === 2);
    expect(await mission.cancel(taskId)).toMatchObject({ cancelled: true });
    expect(outcomes(mission, taskId)).toEqual([[1, 'cancelled']]);
  });

  test('while a person kills its slot: the task fails, and the slot stays down', async () => {
    const { mission, taskId } = await working();
    kill9();
    await until(mission, 'started again', () => plans.length === 2);
    expect(await mission.kill(slotId, 'test')).toMatchObject({ failedTasks: [taskId] });
    expect(mission.task(taskId)).toMatchObject({ status: 'failed', errorCode: 'session_exited' });
    expect(mission.slot(slotId).status).toBe('stopped');
  });
});

test('a slot that does not come back gives its task to another one, which is told that part of it may be done', async () => {
  const broken = new Set<SlotId>();
  const mission = await startIdle(stage, {
    slots: [slotOf(), slotOf({ id: other })],
    host: {
      async spawn(spec) {
        if (broken.has(spec.slotId)) return { ok: false, reason: 'file_missing', message: 'no such program' };
        return stage.fake.host.spawn(spec);
      },
    },
  });
  const { taskId } = await mission.submit({ role, prompt: 'fix the bug' });
  await taskIs(mission, taskId, 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: 'fix the bug', prompt_id: 'prompt-1' });
  broken.add(slotId);
  kill9();
  await until(mission, 'the other is started', () => mission.slot(other).status === 'live');
  stage.fake.show(other, idleReading());
  await until(mission, 'the other is idle', () => mission.slot(other).state === 'idle');
  await hook(mission, 'SessionStart', { source: 'startup' }, other);
  await taskIs(mission, taskId, 'running');
  expect(mission.task(taskId).slotId).toBe(other);
  expect(typed[1]).toMatch(/^An earlier session ended.*\n\nfix the bug$/);
  expect(mission.task(taskId).attempts).toMatchObject([
    { outcome: 'lost', slotId },
    { number: 2, slotId: other },
  ]);
});

test('a connection that breaks behind Enter loses nothing: the prompt is looked for when the session rests, and not typed again', async () => {
  takes = 'unheard';
  turn = NOTHING;
  const mission = await startIdle(stage);
  const { taskId } = await mission.submit({ role, prompt: 'fix the bug' });
  await until(mission, 'being typed', () => typed.length === 1);
  const lookedAt = new Promise<void>((resolve) => {
    looked = resolve;
  });
  breaks();
  await lookedAt;
  for (let round = 0; round < 20; round += 1) await setImmediate();
  // Claude Code had taken it; its transcript comes late.
  stage.fake.show(slotId, idleReading({ level: 'thinking' }));
  turn = { ...NOTHING, found: true, ended: true, lastAssistantMessage: 'fixed' };
  stage.fake.show(slotId, idleReading());
  await taskIs(mission, taskId, 'done');
  expect(mission.task(taskId).result).toBe('fixed');
  expect(typed).toEqual(['fix the bug']);
  expect(outcomes(mission, taskId)).toEqual([[1, 'done']]);
});
