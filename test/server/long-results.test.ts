import { afterAll, beforeAll, expect, test } from 'vitest';
import { PAGE_CHARACTERS } from '../../actors/mission/text-page.ts';
import { createInbox } from '../../services/ledger/inbox.ts';
import { createTaskLedger } from '../../services/ledger/task-ledger.ts';
import { taskRow } from '../services/ledger/task-row.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

const LONG = Array.from({ length: 20_000 }, (_, index) => `word${index}`).join(' ');
const done = taskRow({ status: 'done', result: LONG, finishedAt: 2 });
const brief = taskRow({ status: 'done', result: 'brief', finishedAt: 2 });

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors({
    seed(db) {
      const tasks = createTaskLedger(db);
      tasks.insert(done);
      tasks.insert(brief);
      createInbox(db).add({ taskId: done.id, fromRole: done.role, content: LONG, createdAt: 2 });
    },
  });
});
afterAll(async () => {
  await doors.close();
});

const get = async (path: string) => JSON.parse((await doors.tcp({ path, headers: { ...doors.owner } })).body);

test('a short result is whole and says so', async () => {
  expect(await doors.client.status({ taskId: brief.id })).toMatchObject({
    result: 'brief',
    resultTotalChars: 5,
  });
  expect(await doors.client.status({ taskId: brief.id })).not.toHaveProperty('nextOffset');
});

test('a result that no MCP client takes at once comes in pages, and the hint names the next one', async () => {
  const first = await doors.client.status({ taskId: done.id });
  expect(first).toMatchObject({
    result: LONG.slice(0, PAGE_CHARACTERS),
    resultTotalChars: LONG.length,
    nextOffset: PAGE_CHARACTERS,
    hint: expect.stringContaining(`"offset": ${PAGE_CHARACTERS}`),
  });
  let read = first.result ?? '';
  for (let { nextOffset } = first; nextOffset !== undefined; ) {
    const page = await doors.client.status({ taskId: done.id, offset: nextOffset });
    read += page.result;
    ({ nextOffset } = page);
  }
  expect(read).toBe(LONG);
});

test('REST gives the same pages', async () => {
  expect(await get(`/api/tasks/${done.id}?offset=5&limit=7`)).toMatchObject({
    result: LONG.slice(5, 12),
    nextOffset: 12,
  });
});

test('lists and the inbox carry beginnings, and how long the whole is', async () => {
  const { tasks } = await doors.client.tasks({});
  const listed = tasks.find(({ id }) => id === done.id);
  expect(listed?.resultTotalChars).toBe(LONG.length);
  expect(LONG.startsWith(listed?.result ?? 'nothing')).toBe(true);
  const { messages } = await doors.client.inbox({});
  expect(JSON.stringify({ tasks, messages }).length).toBeLessThan(LONG.length / 2);
  expect(messages).toMatchObject([{ taskId: done.id, contentTotalChars: LONG.length }]);
});

test('a page must be a page', async () => {
  await expect(doors.client.status({ taskId: done.id, offset: -1 })).rejects.toMatchObject({
    code: 'input_invalid',
  });
  await expect(doors.client.status({ taskId: done.id, limit: PAGE_CHARACTERS + 1 })).rejects.toMatchObject({
    code: 'input_invalid',
  });
});
