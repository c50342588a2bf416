import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createBus } from '../../../actors/bus.ts';
import { createSlotWorker } from '../../../actors/memory/slot-worker.ts';
import type { MemoryWork } from '../../../actors/memory/worker.ts';
import type { SubmitRequest } from '../../../actors/mission/api.ts';
import { taskView } from '../../../actors/mission/task-view.ts';
import { newRuntime } from '../../../actors/slot-runtime.ts';
import { Role, SlotId, TaskId } from '../../../db/ids.ts';
import { type OpenDatabase, openDatabase } from '../../../db/open.ts';
import { newTaskRow } from '../../../services/ledger/new-task-row.ts';
import { createTaskLedger, type TaskRow } from '../../../services/ledger/task-ledger.ts';
import { extractionPrompt } from '../../../services/memory/prompts.ts';
import { slotOf } from '../mission-stage.ts';

const role = Role.parse('memory');

let database: OpenDatabase;
beforeEach(() => {
  database = openDatabase(':memory:');
});
afterEach(() => database.close());

function setUp(hasSlot = true) {
  const tasks = createTaskLedger(database.db);
  const bus = createBus(0, () => {});
  const requests: SubmitRequest[] = [];
  const slot = slotOf(hasSlot ? { id: SlotId.parse('memory-1'), role } : {});
  const worker = createSlotWorker({
    core: {
      bus,
      tasks,
      runtimes: new Map([[slot.id, newRuntime(slot)]]),
      // Nothing runs in it yet.
      slotSnapshot: () => undefined,
      occupied: new Map(),
      sendToSlot: () => {},
      now: () => 1,
    },
    enqueue(kind, request) {
      requests.push(request);
      const { prompt, submitter = '', idempotencyKey = null } = request;
      const id = TaskId.parse(randomUUID());
      tasks.insert(
        newTaskRow({ id, kind, role, prompt, submitter, idempotencyKey, createdAt: 1, snapshotVersion: 0 }),
      );
      return id;
    },
  });
  const submitted: TaskId[] = [];
  const work = (change: Partial<MemoryWork> = {}): Promise<string> =>
    worker.work(
      {
        key: 'realtime_extract:job:1',
        prompt: () => 'read this',
        timeoutMs: 1_000,
        priority: -10,
        label: 'memory:realtime',
        submitted: (id) => void submitted.push(id),
        ...change,
      },
      new AbortController().signal,
    );
  return {
    worker,
    requests,
    submitted,
    work,
    end(change: Partial<TaskRow>): void {
      const [id] = submitted;
      if (id === undefined) throw new Error('nothing was handed in');
      tasks.update(id, change);
      const row = tasks.get(id);
      if (row !== undefined) bus.publish({ type: 'task_changed', at: 1, task: taskView(row) });
    },
  };
}

test('work becomes one task without tools, however often it is asked for, and its result is the answer', async () => {
  const { work, requests, submitted, end } = setUp();
  const first = work();
  const second = work({
    prompt() {
      throw new Error('it was handed in before');
    },
  });
  expect(requests).toMatchObject([{ role, prompt: 'read this', guard: { noTools: true }, timeoutMs: 1_000 }]);
  expect(new Set(submitted).size).toBe(1);
  end({ status: 'done', result: '{"entries":[]}' });
  expect(await Promise.all([first, second])).toEqual(['{"entries":[]}', '{"entries":[]}']);
  // After a restart as well.
  expect(await work()).toBe('{"entries":[]}');
});

test.each([
  [{ status: 'failed', errorCode: 'api_down', error: 'The API is away.' }, 'api_down', 'The API is away.'],
  [{ status: 'cancelled' }, 'cancelled', 'cancelled'],
] as const)('a task that ends as %o is no answer', async (end, code, words) => {
  const stage = setUp();
  const answer = stage.work();
  stage.end(end);
  await expect(answer).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
});

test('without a slot of the role nothing can be handed in', () => {
  expect(setUp().worker.unavailable()).toBeNull();
  expect(setUp(false).worker.unavailable()).toBe('No slot has the role "memory".');
});

test('its task is shown without what was said in conversations', async () => {
  const { work, submitted, end } = setUp();
  const jobId = randomUUID();
  const lines = [JSON.stringify({ id: 1, said: 'the person thinks of leaving' })];
  const answer = work({ prompt: () => extractionPrompt('realtime', { jobId, lines, complaint: null }) });
  const [taskId] = submitted;
  const row = createTaskLedger(database.db).get(TaskId.parse(taskId));
  if (row === undefined) throw new Error('nothing was handed in');
  expect(row.prompt).toContain('thinks of leaving');
  expect(taskView(row).prompt).not.toContain('thinks of leaving');
  expect(taskView(row).prompt).toContain(`the batch of ${jobId} is not shown`);
  end({ status: 'done', result: '' });
  await answer;
});
