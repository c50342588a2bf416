import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { EndedTasks, TrackedTask } from '../../../actors/following/api.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';

const Called = z.looseObject({
  isError: z.boolean().optional(),
  structuredContent: z.unknown().optional(),
  content: z.tuple([z.looseObject({ text: z.string() })]),
});
/** Longer than any wait here takes: only a hang meets it. */
const LONG_MS = 30_000;

let doors: OpenDoors;
let client: Client;
beforeAll(async () => {
  doors = await openDoors();
  client = await connect(doors.token);
});
afterAll(async () => {
  await client.close();
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

async function connect(token: string): Promise<Client> {
  const connected = new Client({ name: 'orchestrator', version: '1' });
  const address = new URL(`http://127.0.0.1:${doors.port}/mcp`);
  await connected.connect(
    new StreamableHTTPClientTransport(address, {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    }),
  );
  await connected.listTools();
  return connected;
}
async function call(name: string, input: object, by = client): Promise<unknown> {
  const result = Called.parse(await by.callTool({ name, arguments: { ...input } }));
  if (result.isError === true) throw new Error(result.content[0].text);
  return result.structuredContent;
}
const ack = async (input: object, by = client) => EndedTasks.parse(await call('mission_task_ack', input, by));
const track = async (input: object) => TrackedTask.parse(await call('mission_task_track', input));
/** A task that nobody begins. */
const later = async (prompt: string) =>
  (await doors.client.submit({ slotId: 'coder-1', prompt, notBefore: Date.now() + 600_000 })).taskId;
async function ended(prompt: string): Promise<string> {
  const taskId = await later(prompt);
  await doors.client.cancel({ taskId });
  return taskId;
}
const ids = ({ tasks }: EndedTasks) => tasks.map(({ id }) => id);

describe('mission_task_ack', () => {
  test('tells a consumer of each end once it is there, again until it is acknowledged, and then not', async () => {
    const begin = await ack({ consumer: 'lead' });
    const one = await ended('one');
    const two = await ended('two');
    const first = await ack({ consumer: 'lead', cursor: begin.cursor, limit: 1 });
    expect([ids(first), first.more]).toEqual([[one], true]);
    expect(ids(await ack({ consumer: 'lead' }))).toEqual([one, two]);
    const second = await ack({ consumer: 'lead', cursor: first.cursor });
    expect([ids(second), second.more, second.acknowledged]).toEqual([[two], false, first.cursor]);
    // An older answer that comes late takes nothing back.
    expect(ids(await ack({ consumer: 'lead', cursor: begin.cursor }))).toEqual([two]);
    expect(ids(await ack({ consumer: 'lead', cursor: second.cursor }))).toEqual([]);
    expect(ids(await ack({ consumer: 'another', since: Date.now() - 60_000 }))).toContain(one);
  });

  test('waits until a task has ended, and no longer than it was told to', async () => {
    const { cursor } = await ack({ limit: 100 });
    const taskId = await later('awaited');
    const waiting = ack({ cursor, waitMs: LONG_MS });
    await doors.client.cancel({ taskId });
    const told = await waiting;
    expect([ids(told), told.tasks[0]?.status]).toEqual([[taskId], 'cancelled']);
    expect(await ack({ cursor: told.cursor, waitMs: 1 })).toEqual({
      tasks: [],
      cursor: told.cursor,
      more: false,
    });
  });

  test('nobody acknowledges for another, and no cursor is made up', async () => {
    const { token } = doors.tokens.create('orchestrator', undefined);
    const other = await connect(token);
    await ack({ consumer: 'shared' });
    const taskId = await ended('for both');
    const { cursor } = await ack({ consumer: 'shared' }, other);
    await ack({ consumer: 'shared', cursor }, other);
    expect(ids(await ack({ consumer: 'shared' }))).toContain(taskId);
    await expect(ack({ cursor: 1_000_000 })).rejects.toThrow(/input_invalid/);
    await other.close();
  });
});

describe('mission_task_track', () => {
  test('shows a task, waits for a change of it, and tells nothing twice', async () => {
    const taskId = await later('tracked');
    const before = await track({ taskId });
    expect([before.task.id, before.task.status, before.changed]).toEqual([taskId, 'waiting', false]);
    expect(await track({ taskId, cursor: before.cursor, waitMs: 1 })).toMatchObject({
      changed: false,
      cursor: before.cursor,
    });
    const waiting = track({ taskId, cursor: before.cursor, waitMs: LONG_MS });
    await doors.client.cancel({ taskId });
    const after = await waiting;
    expect([after.task.status, after.changed]).toEqual(['cancelled', true]);
    // It had changed while nobody waited.
    expect((await track({ taskId, cursor: before.cursor, waitMs: LONG_MS })).changed).toBe(true);
    expect((await track({ taskId, cursor: after.cursor, waitMs: LONG_MS })).changed).toBe(false);
  });

  test('an unknown task is refused', async () => {
    await expect(track({ taskId: 'ffffffff' })).rejects.toThrow(/task_unknown/);
  });
});
