import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import type { MissionEvent } from '../../actors/mission/views.ts';
import type { SlotKeyboard } from '../../actors/slot-runtime.ts';
import type { TaskId } from '../../db/ids.ts';
import { idleReading } from './fake-pty-host.ts';
import {
  becomesReady,
  createStage,
  hook,
  role,
  slotId,
  sweepGoesBy,
  until,
  untilSlot,
} from './mission-stage.ts';

const MINUTE_MS = 60_000;

let now: number;
let typed: string[];
let screen: string;
let looks: number;
/** Whether Esc ends a turn. */
let heedsEsc: boolean;
/** Whether a turn that goes on takes words. */
let takesWords: boolean;
let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  now = Date.parse('2026-06-15T12:00:00Z');
  typed = [];
  screen = 'at work';
  looks = 0;
  heedsEsc = true;
  takesWords = true;
  const keyboard: SlotKeyboard = {
    async deliver(words, { typed: reached }) {
      typed.push(`prompt: ${words.slice(0, 16)}`);
      reached();
      return { ok: true };
    },
    async queue(words, _, rests) {
      typed.push(`queued: ${words.slice(0, 18)}`);
      if (takesWords) return { ok: true };
      if (await rests()) typed.push('taken back');
      return { ok: false, failure: { code: 'delivery_failed', message: 'It did not take them.' } };
    },
    async interrupt() {
      typed.push('Esc');
      if (!heedsEsc) return { ok: false, failure: { code: 'timeout', message: 'It is still at work.' } };
      stage.fake.show(slotId, idleReading({ level: 'interrupted', at: now }));
      return { ok: true };
    },
    command: async () => ({ ok: true }),
    choose: async () => ({ ok: true }),
    dismiss: async () => ({ ok: true }),
    passThrough: async () => {},
  };
  stage = createStage({
    now: () => now,
    lengthOf: async () => 1,
    keyboard: () => keyboard,
    host: {
      async text() {
        looks += 1;
        return screen;
      },
    },
  });
});
afterEach(() => stage.close());

/** Waits until a slot at work has been looked at, as it stands now. */
async function looked(): Promise<void> {
  const before = looks;
  await expect.poll(() => looks, { timeout: 10_000 }).toBeGreaterThan(before);
}

/** A task that Claude Code works on, and has been looked at once. */
async function working(
  more: { readonly retries?: number } = {},
): Promise<{ mission: RunningMission; taskId: TaskId }> {
  const mission = await stage.start();
  await mission.spawn(slotId, {});
  await becomesReady(mission, stage);
  const { taskId } = await mission.submit({ role, prompt: 'work', ...more });
  await until(mission, 'running', () => mission.task(taskId).status === 'running');
  await hook(mission, 'UserPromptSubmit', { prompt: 'work', prompt_id: 'prompt-1' });
  stage.fake.show(slotId, idleReading({ level: 'thinking', at: now }));
  await untilSlot(mission, 'live', 'thinking');
  await looked();
  typed.length = 0;
  return { mission, taskId };
}

function step(mission: RunningMission, wanted: string): Promise<void> {
  let seen = false;
  mission.subscribe((event: MissionEvent) => {
    if (event.type === 'slot_stuck' && event.step === wanted) seen = true;
  }, 0);
  return until(mission, `step ${wanted}`, () => seen);
}

test('a session that shows no life is nudged, then interrupted and asked; the inbox and the rows tell of it', async () => {
  const { mission, taskId } = await working();
  now += 10 * MINUTE_MS;
  await step(mission, 'nudge');
  await expect.poll(() => typed).toEqual(['queued: A note of missiond']);
  now += 2 * MINUTE_MS;
  await step(mission, 'ask');
  await expect.poll(() => typed, { timeout: 20_000 }).toContain('prompt: You seemed stuck');
  expect(typed[1]).toBe('Esc');
  expect(mission.task(taskId).status).toBe('running');
  expect(mission.inbox({ unreadOnly: true, limit: 5 }).map(({ content }) => content)).toEqual([
    expect.stringMatching(/^stuck: coder-1 .*interrupted/),
    expect.stringMatching(/^stuck: coder-1 .*told/),
  ]);
  const rows = stage
    .database()
    .raw.prepare(`select "from", "to" from transitions where region = 'stuck' order by id`)
    .all();
  expect(rows).toEqual([
    { from: 'silent', to: 'nudge' },
    { from: 'silent', to: 'ask' },
  ]);
});

/** The session was nudged, then asked, and answers the question with these words. */
async function answered(mission: RunningMission, words: string): Promise<void> {
  now += 10 * MINUTE_MS;
  await step(mission, 'nudge');
  now += 2 * MINUTE_MS;
  await step(mission, 'ask');
  await expect.poll(() => typed, { timeout: 20_000 }).toContain('prompt: You seemed stuck');
  const asked = stage
    .database()
    .raw.prepare('select expected from deliveries order by created_at desc limit 1')
    .pluck()
    .get();
  await hook(mission, 'UserPromptSubmit', { prompt: String(asked), prompt_id: 'prompt-2' });
  await hook(mission, 'Stop', { prompt_id: 'prompt-2', last_assistant_message: words });
  stage.fake.show(slotId, idleReading({ at: now + 1 }));
}

test('the answer to that question is the answer to the task', async () => {
  const { mission, taskId } = await working();
  await answered(mission, 'The tests were BLOCKED: mended.');
  await until(mission, 'done', () => mission.task(taskId).status === 'done');
  expect(mission.task(taskId).result).toBe('The tests were BLOCKED: mended.');
});

test('a session that says what blocks it fails its task with that, is not tried again, and nothing goes on behind it', async () => {
  const { mission, taskId } = await working({ retries: 3 });
  const { taskId: dependent } = await mission.submit({ role, prompt: 'next', dependsOn: [taskId] });
  await answered(mission, '**BLOCKED:** the disk is full.\nFree 2 GB.');
  await until(mission, 'failed', () => mission.task(taskId).status === 'failed');
  expect(mission.task(taskId)).toMatchObject({
    errorCode: 'blocked',
    error: expect.stringMatching(/^the disk is full\.\nFree 2 GB\. Do what it needs/),
    result: '**BLOCKED:** the disk is full.\nFree 2 GB.',
    attempts: [{ outcome: 'failed', errorCode: 'blocked', error: 'the disk is full.\nFree 2 GB.' }],
  });
  await until(mission, 'failed, too', () => mission.task(dependent).status === 'failed');
  expect(mission.task(dependent).errorCode).toBe('dependency_failed');
});

test('an answer that nobody asked for that word is a result', async () => {
  const { mission, taskId } = await working();
  await hook(mission, 'Stop', { prompt_id: 'prompt-1', last_assistant_message: 'BLOCKED: two hosts' });
  stage.fake.show(slotId, idleReading({ at: now + 1 }));
  await until(mission, 'done', () => mission.task(taskId).status === 'done');
  expect(mission.task(taskId).result).toBe('BLOCKED: two hosts');
});

test('a session that Esc does not end is restarted: its task goes on in its conversation, as the next attempt', async () => {
  const { mission, taskId } = await working();
  const { epoch, sessionId } = mission.slot(slotId);
  const statuses = new Set<string>();
  mission.subscribe((event) => {
    if (event.type === 'task_changed') statuses.add(event.task.status);
  });
  heedsEsc = false;
  now += 10 * MINUTE_MS;
  await step(mission, 'nudge');
  now += 2 * MINUTE_MS;
  await step(mission, 'ask');
  await until(mission, 'restarted', () => {
    const slot = mission.slot(slotId);
    return slot.status === 'live' && slot.epoch !== epoch;
  });
  typed.length = 0;
  now += 1;
  await becomesReady(mission, stage);
  await expect.poll(() => typed, { timeout: 10_000 }).toEqual(['prompt: The session ende']);
  expect(mission.slot(slotId).sessionId).toBe(sessionId);
  expect(mission.task(taskId).attempts).toMatchObject([{ number: 1, outcome: 'lost' }, { number: 2 }]);
  expect(statuses).not.toContain('queued');
});

test('a note that was not taken is taken back when the session rests, and not before', async () => {
  const { mission } = await working();
  takesWords = false;
  now += 10 * MINUTE_MS;
  await step(mission, 'nudge');
  await expect.poll(() => typed).toEqual(['queued: A note of missiond']);
  now += MINUTE_MS / 4;
  await looked();
  expect(typed).toHaveLength(1);
  await hook(mission, 'Stop', { prompt_id: 'prompt-1', last_assistant_message: 'fixed' });
  stage.fake.show(slotId, idleReading({ at: now + 1 }));
  await expect.poll(() => typed, { timeout: 20_000 }).toContain('taken back');
});

test('a daemon that comes back goes on waiting from where the last one was', async () => {
  await working();
  now += 9 * MINUTE_MS;
  await looked();
  await stage.kill9();
  const second = await stage.start();
  await looked();
  expect(typed).toEqual([]);
  now += MINUTE_MS;
  await step(second, 'nudge');
});

/** Almost long enough for a nudge goes by, and no nudge comes. */
async function almostStuck(): Promise<void> {
  now += 9 * MINUTE_MS;
  await looked();
  now += MINUTE_MS / 2;
  await looked();
  expect(typed).toEqual([]);
}

test('words that it writes are life', async () => {
  const { mission } = await working();
  await almostStuck();
  await hook(mission, 'MessageDisplay', { delta: 'so', final: false });
  now += MINUTE_MS / 4;
  await looked();
  await almostStuck();
});

test('something new on the screen is life', async () => {
  await working();
  await almostStuck();
  screen = 'at other work';
  now += MINUTE_MS / 4;
  await looked();
  await almostStuck();
});

test('a session that waits for a permission is not stuck; when it works again, its time begins anew', async () => {
  const { mission } = await working();
  await almostStuck();
  stage.fake.show(slotId, idleReading({ level: 'confirming', at: now }));
  await untilSlot(mission, 'live', 'confirming');
  now += 100 * MINUTE_MS;
  // One sweep goes by, which sees that it is excused.
  await sweepGoesBy(mission, () => {
    now += 1;
  });
  stage.fake.show(slotId, idleReading({ level: 'thinking', at: now }));
  await untilSlot(mission, 'live', 'thinking');
  now += MINUTE_MS / 4;
  await looked();
  await almostStuck();
});
