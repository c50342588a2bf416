import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import { BudgetsSchema } from '../../services/config/budgets.ts';
import { createStage, hook, PROGRAM, role, slotId, startIdle, until } from './mission-stage.ts';

const NOON = new Date(2026, 5, 15, 12).getTime();
const MIDNIGHT = new Date(2026, 5, 16).getTime();
const MINUTE = 60_000;
const WAIT = { timeout: 10_000, interval: 10 };

let now: number;
let folder: string;
let transcript: string;
let stage: ReturnType<typeof createStage>;
let messages: number;
beforeEach(() => {
  now = NOON;
  messages = 0;
  folder = mkdtempSync(path.join(tmpdir(), 'missiond-budgets-'));
  transcript = path.join(folder, 'session.jsonl');
  stage = createStage({
    now: () => now,
    prepare: async () => ({ ...PROGRAM, configDirectory: folder }),
  });
});
afterEach(async () => {
  await stage.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The model has answered, and Claude Code has written it down. */
function writes(output: number): void {
  messages += 1;
  const usage = { input_tokens: 0, output_tokens: output };
  appendFileSync(
    transcript,
    `${JSON.stringify({ type: 'assistant', message: { id: `m${messages}`, model: 'claude-opus-5-5', content: [], usage } })}\n`,
  );
}

const tell = (mission: RunningMission, name: string, more: object = {}) =>
  hook(mission, name, { transcript_path: transcript, ...more });

async function ready(budgets: Parameters<typeof BudgetsSchema.parse>[0]): Promise<RunningMission> {
  const mission = await startIdle(stage, { budgets: BudgetsSchema.parse(budgets) });
  return mission;
}

/** A task whose prompt has arrived. */
async function running(mission: RunningMission): Promise<string> {
  const { taskId } = await mission.submit({ role, prompt: 'work' });
  // A prompt that is heard before it is typed would be a person's.
  await until(mission, 'running', () => mission.task(taskId).status === 'running');
  await tell(mission, 'UserPromptSubmit', { prompt: 'work' });
  return taskId;
}

async function ends(mission: RunningMission, taskId: string): Promise<void> {
  await tell(mission, 'Stop', { last_assistant_message: 'the answer' });
  await until(mission, 'over', () => mission.task(taskId).finishedAt !== undefined);
}

/** Nothing is published when something was counted that reaches no cap. */
const spent = (mission: RunningMission, outputTokens: number, usd = 0) =>
  vi.waitFor(() => expect(mission.spending().all).toMatchObject({ outputTokens, usd }), WAIT);

test('what runs goes on to its end when the budget of the day is spent, and nothing new begins before tomorrow', async () => {
  const mission = await ready({ day: { tokens: 100 } });
  const first = await running(mission);
  writes(120);
  await tell(mission, 'PostToolUse', { tool_name: 'Bash', tool_input: {}, tool_response: '' });
  await spent(mission, 120);
  await ends(mission, first);
  expect(mission.task(first)).toMatchObject({ status: 'done', result: 'the answer' });
  expect(mission.slot(slotId).paused).toEqual({
    why: 'All slots together has spent the budget of the day (120 of 100 tokens).',
    until: MIDNIGHT,
  });
  const { taskId, hint } = await mission.submit({ role, prompt: 'more' });
  expect(hint).toBe(
    `Queued. coder-1 is paused until ${new Date(MIDNIGHT).toISOString()}: All slots together has spent the budget of the day (120 of 100 tokens).`,
  );
  for (let tick = 0; tick < 4; tick += 1) await setImmediate();
  expect(mission.task(taskId).status).toBe('queued');
  now = MIDNIGHT;
  await until(mission, 'tomorrow', () => mission.task(taskId).status === 'running');
});

test('a person lets a paused slot go on', async () => {
  const mission = await ready({ slot: { tokens: 100 } });
  writes(100);
  await tell(mission, 'PostToolUse', { tool_name: 'Bash', tool_input: {}, tool_response: '' });
  await spent(mission, 100);
  const { taskId } = await mission.submit({ role, prompt: 'more' });
  expect(mission.resume(slotId)).toEqual({ resumed: true });
  await until(mission, 'running', () => mission.task(taskId).status === 'running');
  expect(mission.slot(slotId).paused).toBeUndefined();
  expect(mission.resume(slotId).resumed).toBe(false);
});

test('a task that has spent its budget is told of, then interrupted and failed', async () => {
  const mission = await ready({ task: { tokens: 100 } });
  const taskId = await running(mission);
  writes(85);
  await tell(mission, 'PostToolUse', { tool_name: 'Bash', tool_input: {}, tool_response: '' });
  const inbox = () => mission.inbox({ unreadOnly: true, limit: 9 }).map(({ content }) => content);
  await vi.waitFor(() => expect(inbox()).toEqual(['The task has spent 85 of 100 tokens.']), WAIT);
  expect(mission.task(taskId).status).toBe('running');
  writes(15);
  await tell(mission, 'PostToolUse', { tool_name: 'Bash', tool_input: {}, tool_response: '' });
  await until(mission, 'failed', () => mission.task(taskId).status === 'failed');
  expect(mission.task(taskId)).toMatchObject({ errorCode: 'budget_exceeded' });
  expect(inbox()).toHaveLength(2);
  expect(inbox()[0]).toContain('failed: The task has spent its budget (100 of 100 tokens)');
});

test('the budget that a task was submitted with counts before the usual one', async () => {
  const mission = await ready({ task: { tokens: 1_000 } });
  const { taskId } = await mission.submit({ role, prompt: 'work', budget: { tokens: 50 } });
  expect(mission.task(taskId).budget).toEqual({ tokens: 50 });
  await until(mission, 'running', () => mission.task(taskId).status === 'running');
  await tell(mission, 'UserPromptSubmit', { prompt: 'work' });
  writes(50);
  await tell(mission, 'PostToolUse', { tool_name: 'Bash', tool_input: {}, tool_response: '' });
  await until(mission, 'failed', () => mission.task(taskId).status === 'failed');
  expect(mission.task(taskId).error).toContain('50 of 50 tokens');
});

test('nothing is counted twice by the next daemon, and money is what the status line adds to its last total', async () => {
  const mission = await ready({});
  writes(40);
  const { epoch, sessionId } = mission.slot(slotId);
  if (epoch === undefined) throw new Error('the slot has no run');
  const told = (total: number) => ({ session_id: sessionId, cost: { total_cost_usd: total } });
  await tell(mission, 'Stop', { last_assistant_message: 'by hand' });
  mission.receiveStatusLine(slotId, epoch, told(0.25));
  mission.receiveStatusLine(slotId, epoch, told(0.75));
  // One that was overtaken on its way.
  mission.receiveStatusLine(slotId, epoch, told(0.5));
  await spent(mission, 40, 0.75);
  await stage.kill9();
  const next = await stage.start();
  writes(2);
  await tell(next, 'Stop', { last_assistant_message: 'by hand' });
  next.receiveStatusLine(slotId, epoch, told(1));
  await spent(next, 42, 1);
});

test('a used-up window of the account parks the queue until it resets, over a restart too', async () => {
  const mission = await ready({});
  const resetsAt = NOON + 10 * MINUTE;
  const { epoch } = mission.slot(slotId);
  if (epoch === undefined) throw new Error('the slot has no run');
  const limits = { five_hour: { used_percentage: 97.5, resets_at: resetsAt / 1_000 } };
  mission.receiveStatusLine(slotId, epoch, { rate_limits: limits });
  expect(mission.slot(slotId).paused).toEqual({
    why: 'The account has used 98 % of its five-hour window.',
    until: resetsAt + MINUTE,
  });
  const { taskId } = await mission.submit({ role, prompt: 'more' });
  for (let tick = 0; tick < 4; tick += 1) await setImmediate();
  expect(mission.task(taskId).status).toBe('queued');
  await stage.kill9();
  const next = await stage.start();
  expect(next.slot(slotId).paused?.until).toBe(resetsAt + MINUTE);
  expect(next.task(taskId).status).toBe('queued');
  now = resetsAt + MINUTE;
  await until(next, 'running', () => next.task(taskId).status === 'running');
});
