import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenDoors, openDoors } from '../open-doors.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

const clientOf = (apiKey: string) =>
  new OpenAI({ apiKey, baseURL: `http://127.0.0.1:${doors.port}/v1`, maxRetries: 0 });
const ask = (more: object, apiKey = doors.token) =>
  clientOf(apiKey).chat.completions.create({
    model: 'missiond:coder',
    messages: [{ role: 'user', content: 'hello' }],
    ...more,
  });

test('roles and slots are the models', async () => {
  const models: string[] = [];
  for await (const { id } of clientOf(doors.token).models.list()) models.push(id);
  expect(models).toEqual(['missiond:coder', 'missiond:researcher', 'coder-1', 'coder-2', 'researcher-1']);
});

test.each<[string, object, object]>([
  ['an unknown model', { model: 'gpt-4' }, { status: 404, code: 'model_not_found', param: 'model' }],
  ['a model that is a property of objects', { model: '__proto__' }, { status: 404 }],
  ['no messages', { messages: [] }, { status: 400, type: 'invalid_request_error' }],
  ['no words', { messages: [{ role: 'user', content: ' ' }] }, { status: 400, code: 'prompt_empty' }],
  ['tools of the client', { tools: [{ type: 'function', function: { name: 'x' } }] }, { status: 400 }],
  ['several answers', { n: 2 }, { status: 400 }],
  ['another shape of the answer', { response_format: { type: 'json_object' } }, { status: 400 }],
  [
    'a picture',
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:,' } }] }] },
    { status: 400 },
  ],
  ['a result of a tool', { messages: [{ role: 'tool', content: 'x', tool_call_id: '1' }] }, { status: 400 }],
  ['a stream of nobody', { model: 'nobody', stream: true }, { status: 404, code: 'model_not_found' }],
  [
    'too many words',
    { messages: [{ role: 'user', content: 'x'.repeat(2_000_000) }] },
    { status: 413, code: 'context_length_exceeded' },
  ],
])('%s is refused as clients read it, and becomes no task', async (_, more, refusal) => {
  const before = (await doors.client.tasks({})).tasks.length;
  await expect(ask(more)).rejects.toMatchObject(refusal);
  expect((await doors.client.tasks({})).tasks).toHaveLength(before);
});

test('it is for orchestrators; viewers see the models alone, and agents nothing', async () => {
  const { token } = doors.tokens.create('viewer', undefined);
  await expect(ask({}, token)).rejects.toMatchObject({ status: 403, type: 'permission_error' });
  expect((await clientOf(token).models.list()).data).toHaveLength(5);
  await doors.client.ptySpawn({ slotId: 'coder-1' });
  await expect(ask({}, doors.doorOf('coder-1').token)).rejects.toMatchObject({ status: 403 });
  await expect(ask({}, 'nobody')).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  // Nor does an orchestrator go away from a task without it being cancelled.
  const gone = new AbortController();
  const { token: orchestrator } = doors.tokens.create('orchestrator', undefined);
  const asked = clientOf(orchestrator).chat.completions.create(
    { model: 'researcher-1', messages: [{ role: 'user', content: 'stay' }], stream: true },
    { signal: gone.signal },
  );
  const stream = await asked;
  const [task] = (await doors.client.tasks({})).tasks;
  expect(task).toMatchObject({ prompt: 'stay', slotId: 'researcher-1' });
  const waiting = doors.client.taskTrack({ taskId: task?.id ?? '', waitMs: 30_000 });
  gone.abort();
  stream.controller.abort();
  let { task: seen, cursor } = await waiting;
  while (seen.finishedAt === undefined)
    ({ task: seen, cursor } = await doors.client.taskTrack({ taskId: seen.id, cursor, waitMs: 30_000 }));
  expect(seen.status).toBe('cancelled');
});
