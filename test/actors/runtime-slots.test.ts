import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import { SlotId } from '../../db/ids.ts';
import { createAgentLedger } from '../../services/ledger/agent-ledger.ts';
import { agentRow } from './agent-row.ts';
import { idleReading } from './fake-pty-host.ts';
import { createStage, hook, notingKeyboard, role, slotId, slotOf, taskIs, until } from './mission-stage.ts';

const madeId = SlotId.parse('shop.busy-owl');
const typed: string[] = [];

let stage: ReturnType<typeof createStage>;
beforeEach(() => {
  typed.length = 0;
  stage = createStage({ slots: [slotOf()], keyboard: () => notingKeyboard(typed) });
});
afterEach(async () => {
  await stage.close();
  expect(stage.errors).toEqual([]);
});

const made = slotOf({ id: madeId, cwd: '/tmp' });
const ids = (mission: RunningMission): readonly string[] => mission.slots().map((slot) => slot.slotId);

/** The slot's session stands at its prompt. */
async function stands(mission: RunningMission): Promise<void> {
  await until(mission, 'live', () => mission.slot(madeId).status === 'live');
  stage.fake.show(madeId, idleReading());
  await until(mission, 'idle', () => mission.slot(madeId).state === 'idle');
  await hook(mission, 'SessionStart', { source: 'startup' }, madeId);
}

/** A task of the slot that has begun. */
async function works(mission: RunningMission) {
  const { taskId } = await mission.submit({ slotId: madeId, prompt: 'do it' });
  await stands(mission);
  await until(mission, 'typed', () => typed.includes('do it'));
  await hook(mission, 'UserPromptSubmit', { prompt: 'do it' }, madeId);
  await taskIs(mission, taskId, 'running');
  return taskId;
}

describe('a slot that is made while the daemon runs', () => {
  test('is listed, takes work of its own and of its role, and works in its own folder', async () => {
    const mission = await stage.start();
    mission.runtimeSlots.open(made);
    expect(ids(mission)).toEqual([slotId, madeId]);
    await works(mission);
    expect(mission.slot(madeId).cwd).toBe('/tmp');
    expect(stage.fake.held()).toHaveLength(1);
  });

  test('takes no name that is taken', async () => {
    const mission = await stage.start();
    mission.runtimeSlots.open(made);
    expect(() => mission.runtimeSlots.open(made)).toThrow(/already/);
    expect(() => mission.runtimeSlots.open(slotOf())).toThrow(/already/);
  });

  test('leaves nothing when it is closed: no process, no slot, no open task, and the others go on', async () => {
    const mission = await stage.start();
    mission.runtimeSlots.open(made);
    const running = await works(mission);
    const { taskId: waiting } = await mission.submit({ slotId: madeId, prompt: 'and this' });
    const { taskId: other } = await mission.submit({ slotId, prompt: 'elsewhere' });
    const told: string[] = [];
    mission.subscribe((event) => event.type === 'slot_closed' && told.push(event.slotId));
    await Promise.all([
      mission.runtimeSlots.close(madeId, 'test', { endWith: 'The agent has ended.' }),
      mission.runtimeSlots.close(madeId, 'test', { endWith: 'The agent has ended.' }),
    ]);
    expect(told).toEqual([madeId]);
    expect(ids(mission)).toEqual([slotId]);
    expect(stage.fake.held().filter((terminal) => terminal.slotId === madeId)).toEqual([]);
    expect(mission.task(running)).toMatchObject({ status: 'failed', errorCode: 'session_exited' });
    expect(mission.task(waiting)).toMatchObject({ status: 'failed', errorCode: 'slot_unknown' });
    expect(['queued', 'delivering', 'running']).toContain(mission.task(other).status);
    expect(() => mission.slot(madeId)).toThrow(/There is no slot/);
    await expect(mission.submit({ slotId: madeId, prompt: 'more' })).rejects.toMatchObject({
      code: 'slot_unknown',
    });
    // Its hooks, screens and exits that come late move nothing.
    stage.fake.show(madeId, idleReading());
  });

  test('is not started by what waits for it while it is closed, and takes it when it is opened again', async () => {
    const mission = await stage.start();
    mission.runtimeSlots.open(made);
    await works(mission);
    const { taskId } = await mission.submit({ slotId: madeId, prompt: 'later' });
    await mission.runtimeSlots.close(madeId, 'test', 'stays');
    expect(mission.task(taskId).status).toBe('queued');
    expect(stage.fake.held()).toEqual([]);
    mission.runtimeSlots.open(made);
    await stands(mission);
    await until(mission, 'typed', () => typed.includes('later'));
    expect(['delivering', 'running']).toContain(mission.task(taskId).status);
  });

  test('goes on with its conversation when it is opened again', async () => {
    const mission = await stage.start({ lengthOf: async () => 100 });
    mission.runtimeSlots.open({ ...made, resumes: true });
    await works(mission);
    const { sessionId, epoch } = mission.slot(madeId);
    await mission.runtimeSlots.close(madeId, 'test', 'stays');
    mission.runtimeSlots.open({ ...made, resumes: true });
    const { taskId } = await mission.submit({ slotId: madeId, prompt: 'go on' });
    await stands(mission);
    await until(mission, 'given', () => mission.task(taskId).slotId === madeId);
    expect(mission.slot(madeId)).toMatchObject({ sessionId });
    expect(mission.slot(madeId).epoch).not.toBe(epoch);
  });
});

describe('the slot of an agent', () => {
  test.each(['worker', 'workspace', 'persistent'] as const)(
    'of a %s is there again after a restart, and what was restored of it can be closed',
    async (kind) => {
      createAgentLedger(stage.database().db).insert(agentRow({ kind, worktree: '/tmp' }));
      const first = await stage.start();
      expect(first.slot(madeId)).toMatchObject({ role, cwd: '/tmp', status: 'stopped' });
      await first.spawn(madeId, {});
      const { epoch } = first.slot(madeId);
      await stage.kill9();
      const second = await stage.start();
      await until(second, 'live', () => second.slot(madeId).status === 'live');
      expect(second.slot(madeId).epoch).toBe(epoch);
      await second.runtimeSlots.close(madeId, 'test', { endWith: 'gone' });
      expect(ids(second)).toEqual([slotId]);
    },
  );

  test('is not there when it has ended, and its terminal is ended with it', async () => {
    const ledger = createAgentLedger(stage.database().db);
    ledger.insert(agentRow({ worktree: '/tmp' }));
    const first = await stage.start();
    await first.spawn(madeId, {});
    await stage.kill9();
    createAgentLedger(stage.database().db).update(madeId, { status: 'completed' });
    const second = await stage.start();
    expect(ids(second)).toEqual([slotId]);
    await expect.poll(() => stage.fake.held()).toEqual([]);
    expect(second.workers.list({ limit: 10 }).map(({ slotId: id, status }) => [id, status])).toEqual([
      [madeId, 'completed'],
    ]);
    stage.errors.splice(0);
  });
});
