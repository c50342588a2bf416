import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGuardrails } from '../../actors/guardrails.ts';
import type { SubmitRequest } from '../../actors/mission/api.ts';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import { newRuntime } from '../../actors/slot-runtime.ts';
import { SlotId, TaskId } from '../../db/ids.ts';
import { createTaskLedger } from '../../services/ledger/task-ledger.ts';
import { taskRow } from '../services/ledger/task-row.ts';
import { idleReading } from './fake-pty-host.ts';
import { createStage, hook, role, slotId, slotOf, startIdle, until } from './mission-stage.ts';

const other = SlotId.parse('coder-2');
const taskId = TaskId.parse('00000000-0000-4000-8000-000000000001');
const TRIES = { retries: 3, retryBackoffMs: 0 };

let stage: ReturnType<typeof createStage>;
/** What the task of the slot was denied when it asked last. */
let denied: readonly string[];
beforeEach(() => {
  denied = [];
  stage = createStage({
    judge(_, __, ___, ____, rules) {
      denied = rules?.deny ?? [];
      return { decision: 'allow', rule: 'test', argument: '', perhapsDenied: false, personOnly: false };
    },
  });
});
afterEach(() => stage.close());

async function change(mission: RunningMission, of: SlotId): Promise<void> {
  await hook(
    mission,
    'PostToolUse',
    { tool_name: 'Write', tool_input: { file_path: '/tmp/a' }, tool_response: '' },
    of,
  );
}

async function mayChange(mission: RunningMission, of: SlotId): Promise<boolean> {
  await hook(mission, 'PreToolUse', { tool_name: 'Write', tool_input: { file_path: '/tmp/a' } }, of);
  return !denied.includes('Write');
}

/** The slot that has begun the task. */
async function began(mission: RunningMission, taskId: TaskId, attempt: number): Promise<SlotId> {
  await until(
    mission,
    `attempt ${attempt}`,
    () => mission.task(taskId).status === 'running' && mission.task(taskId).attempts?.length === attempt,
  );
  const of = mission.task(taskId).slotId;
  if (of === undefined) throw new Error('no slot has the task');
  await hook(mission, 'UserPromptSubmit', { prompt: mission.task(taskId).attempts?.at(-1)?.prompt }, of);
  stage.fake.show(of, idleReading({ level: 'thinking' }));
  await until(mission, 'works', () => mission.slot(of).state === 'thinking');
  return of;
}

async function fails(mission: RunningMission, of: SlotId): Promise<void> {
  await hook(
    mission,
    'StopFailure',
    { error: 'invalid_request', last_assistant_message: 'API Error: 400' },
    of,
  );
  stage.fake.show(of, idleReading());
}

async function begin(guard: SubmitRequest['guard']) {
  const mission = await startIdle(stage);
  const { taskId } = await mission.submit({ role, prompt: 'work', guard, ...TRIES });
  return { mission, taskId, of: await began(mission, taskId, 1) };
}

describe('a guard with a maximum of changes', () => {
  test('and no check: the next attempt may make as many as the first', async () => {
    const { mission, taskId, of } = await begin({ maxChanges: 1 });
    expect(await mayChange(mission, of)).toBe(true);
    await change(mission, of);
    expect(await mayChange(mission, of)).toBe(false);
    await fails(mission, of);
    expect(await mayChange(mission, await began(mission, taskId, 2))).toBe(true);
  });

  test('and a check: the next attempt has to run it, too', async () => {
    const { mission, taskId, of } = await begin({ maxChanges: 1, check: 'npm test' });
    await change(mission, of);
    await fails(mission, of);
    const next = await began(mission, taskId, 2);
    expect(await mayChange(mission, next)).toBe(false);
    await hook(
      mission,
      'PostToolUse',
      { tool_name: 'Bash', tool_input: { command: 'npm test' }, tool_response: '' },
      next,
    );
    expect(await mayChange(mission, next)).toBe(true);
  });

  test('goes by what the task has done last, not by what it did when the slot had it before', () => {
    let unchecked = 0;
    const occupied = new Map<SlotId, TaskId>([[slotId, taskId]]);
    const guardrails = createGuardrails({
      core: {
        occupied,
        runtime: () => newRuntime(slotOf()),
        tasks: {
          ...createTaskLedger(stage.database().db),
          get: () => taskRow({ guard: { maxChanges: 1, check: 'npm test' }, unchecked }),
          update(_, { unchecked: next = unchecked }) {
            unchecked = next;
          },
        },
      },
      writeLater: (write) => write(),
    });
    guardrails.toolEnded(slotId, { tool: 'Write', input: { file_path: '/tmp/a' } });
    expect(guardrails.rulesOf(slotId)?.deny).toContain('Write');
    guardrails.taskLeft(taskId);
    occupied.clear();
    occupied.set(other, taskId);
    guardrails.toolEnded(other, { tool: 'Bash', input: { command: 'npm test' } });
    guardrails.taskLeft(taskId);
    occupied.clear();
    occupied.set(slotId, taskId);
    expect(guardrails.rulesOf(slotId)?.deny).not.toContain('Write');
  });
});
