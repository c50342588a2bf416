import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClaudeSessionId, Epoch, Role, SlotId, TaskId } from '../../db/ids.ts';
import { attempts, tasks } from '../../db/schema/tasks.ts';
import { newTaskRow } from '../../services/ledger/new-task-row.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let made = 0;
function task(slotId: string | null, change: Partial<TaskRow>): TaskRow {
  made += 1;
  return newTaskRow({
    id: TaskId.parse(randomUUID()),
    kind: 'task',
    role: Role.parse('coder'),
    prompt: `do ${made}`,
    status: 'done',
    result: 'done',
    lastSlotId: slotId === null ? null : SlotId.parse(slotId),
    createdAt: made * 1_000,
    startedAt: made * 1_000,
    finishedAt: made * 1_000 + 4_000,
    snapshotVersion: 0,
    ...change,
  });
}
const rows = [
  task('coder-1', {}),
  task('coder-1', { status: 'failed', result: null, errorCode: 'timeout', error: 'too long' }),
  task('coder-2', { kind: 'ask' }),
  task('coder-2', {
    submitter: 'memory',
    idempotencyKey: 'realtime_extract:00000000-0000-4000-8000-000000000000:1',
  }),
  // Was never given to a slot.
  task(null, { status: 'cancelled', startedAt: null, finishedAt: 5_000 }),
];
const [first] = rows;

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors({
    seed(db) {
      db.insert(tasks).values(rows).run();
      if (first !== undefined)
        db.insert(attempts)
          .values({
            taskId: first.id,
            number: 1,
            slotId: SlotId.parse('coder-1'),
            epoch: Epoch.parse(randomUUID()),
            sessionId: ClaudeSessionId.parse(randomUUID()),
            prompt: 'do 1',
            startedAt: 1,
            outputTokens: 70,
          })
          .run();
    },
  });
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

const prompts = async (filter: object) =>
  (await doors.client.slotHistory(filter)).tasks?.map(({ prompt }) => prompt);

test('what slots were given is listed, the newest first, by slot, type and status', async () => {
  expect(await prompts({})).toEqual(['do 4', 'do 3', 'do 2', 'do 1']);
  expect(await prompts({ slotId: 'coder-1' })).toEqual(['do 2', 'do 1']);
  expect(await prompts({ taskType: 'realtime_extract' })).toEqual(['do 4']);
  expect(await prompts({ taskType: 'ask' })).toEqual(['do 3']);
  expect(await prompts({ status: 'failed' })).toEqual(['do 2']);
  expect(await prompts({ status: 'completed', limit: 2 })).toEqual(['do 4', 'do 3']);
  const { tasks: oldest } = await doors.client.slotHistory({ slotId: 'coder-1', status: 'done' });
  expect(oldest).toMatchObject([{ attempts: 1, outputTokens: 70, durationMs: 4_000, slotId: 'coder-1' }]);
});

test('and is counted', async () => {
  expect(await doors.client.slotHistory({ stats: true })).toEqual({
    stats: {
      total: 4,
      completed: 3,
      failed: 1,
      running: 0,
      totalOutput: 70,
      byType: expect.arrayContaining([
        { taskType: 'task', count: 2, avgDurationMs: 4_000 },
        { taskType: 'realtime_extract', count: 1, avgDurationMs: 4_000 },
      ]),
    },
  });
  const cli = async (...words: string[]) => (await runCli(['history', ...words, '--home', doors.home])).out;
  expect(await cli('coder-2')).toMatch(/realtime_extract +done .*4 s +do 4/);
  expect(await cli('--stats')).toMatch(/^4 tasks: 3 done, 1 failed, 0 running; 70 tokens written\.\nTYPE/);
});
