import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import type { LaunchPlan } from '../../machines/slot.ts';
import { idleReading } from './fake-pty-host.ts';
import { createStage, PROGRAM, hook as sendHook, slotId, slotOf, until, untilSlot } from './mission-stage.ts';

const FOLDER = '/home/somebody/.claude/projects/-tmp';
/** The first pause before a slot that ended is started again. */
const BACKOFF_MS = 1_000;

/** What was started, in order. */
let plans: LaunchPlan[];
/** Transcripts that Claude Code has written. */
let written: Set<string>;
let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  plans = [];
  written = new Set();
  stage = createStage({
    async prepare(_, plan) {
      plans.push(plan);
      return PROGRAM;
    },
    lengthOf: async (file) => (written.has(file) ? 1 : 0),
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await stage.close();
});

async function startedMission(): Promise<RunningMission> {
  const mission = await stage.start({
    host: {
      // Putting a terminal away takes as long as it takes; the end of its program is written down before.
      async terminate(epoch, graceMs) {
        await isStored();
        return stage.fake.host.terminate(epoch, graceMs);
      },
    },
  });
  await mission.spawn(slotId, { autoRestart: true });
  await rests(mission);
  return mission;
}

async function rests(mission: RunningMission): Promise<void> {
  stage.fake.show(slotId, idleReading());
  await untilSlot(mission, 'live', 'idle');
}

/** A hook of the conversation that the slot is in. */
function hook(mission: RunningMission, name: string, more: object = {}): Promise<unknown> {
  const { sessionId } = mission.slot(slotId);
  return sendHook(mission, name, { transcript_path: `${FOLDER}/${sessionId}.jsonl`, ...more });
}

/** The journal writes at the end of the tick. */
async function isStored(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

/** A person's prompt is answered. */
async function turn(mission: RunningMission): Promise<void> {
  await hook(mission, 'UserPromptSubmit', { prompt: 'hello' });
  written.add(`${FOLDER}/${mission.slot(slotId).sessionId}.jsonl`);
  await until(mission, 'thinking', () => mission.slot(slotId).state === 'thinking');
  await hook(mission, 'Stop', { last_assistant_message: 'hello' });
  await rests(mission);
  await isStored();
}

/** `/clear`: another conversation, which has no transcript before its first prompt. */
async function clear(mission: RunningMission, sessionId: string): Promise<void> {
  const transcript = { transcript_path: `${FOLDER}/${sessionId}.jsonl` };
  await hook(mission, 'SessionStart', { session_id: sessionId, source: 'clear', ...transcript });
  await until(mission, 'another conversation', () => mission.slot(slotId).sessionId === sessionId);
  await isStored();
}

/** The program ends by itself and the slot starts another. */
async function dies(mission: RunningMission): Promise<LaunchPlan> {
  const before = plans.length;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  for (const { epoch } of stage.fake.alive()) stage.fake.end(epoch, { code: 1 });
  await untilSlot(mission, 'backingOff');
  vi.advanceTimersByTime(BACKOFF_MS);
  vi.useRealTimers();
  await untilSlot(mission, 'live');
  const plan = plans.at(-1);
  if (plan === undefined || plans.length !== before + 1) throw new Error('it was not started once');
  return plan;
}

test('before its first prompt there is nothing to resume: it is started afresh', async () => {
  const mission = await startedMission();
  const { sessionId } = mission.slot(slotId);
  const plan = await dies(mission);
  expect(plan.resume).toBe(false);
  expect(plan.sessionId).not.toBe(sessionId);
});

test('after a prompt its conversation is resumed', async () => {
  const mission = await startedMission();
  await turn(mission);
  const { sessionId } = mission.slot(slotId);
  expect(await dies(mission)).toMatchObject({ resume: true, sessionId });
});

test('after /clear the conversation that was left is not resumed', async () => {
  const mission = await startedMission();
  await turn(mission);
  await clear(mission, '2b8f4c1e-6f0a-4d6e-9d55-0c6a3f0a7b11');
  expect((await dies(mission)).resume).toBe(false);
});

test('after /clear and a prompt the conversation that goes on is resumed', async () => {
  const sessionId = '2b8f4c1e-6f0a-4d6e-9d55-0c6a3f0a7b11';
  const mission = await startedMission();
  await turn(mission);
  await clear(mission, sessionId);
  await turn(mission);
  expect(await dies(mission)).toMatchObject({ resume: true, sessionId });
});

test('the next daemon resumes it too, one of another version among them', async () => {
  const sessionId = '2b8f4c1e-6f0a-4d6e-9d55-0c6a3f0a7b11';
  const first = await startedMission();
  await turn(first);
  await clear(first, sessionId);
  await turn(first);
  await stage.kill9();
  stage.database().raw.exec('update slots set snapshot_version = 0');
  const second = await stage.start({ slots: [slotOf({ autoStart: true })] });
  await untilSlot(second, 'live');
  expect(second.slot(slotId).sessionId).toBe(sessionId);
  expect(await dies(second)).toMatchObject({ resume: true, sessionId });
});

test('a session that rested when its terminal was lost is resumed by the next daemon, whoever had started it', async () => {
  const first = await stage.start();
  await first.spawn(slotId, { autoRestart: false });
  await rests(first);
  await turn(first);
  const { sessionId } = first.slot(slotId);
  await stage.kill9();
  await stage.fake.host.shutdown(0);
  const second = await stage.start();
  await untilSlot(second, 'live');
  expect(plans.at(-1)).toMatchObject({ resume: true, sessionId });
});

test('crashes with work between them are no row of crashes: the slot comes back after the shortest pause', async () => {
  const mission = await startedMission();
  for (let crash = 1; crash <= 4; crash += 1) {
    await rests(mission);
    await turn(mission);
    await dies(mission);
  }
  expect(mission.slot(slotId).status).toBe('live');
});
