import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpError } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { operations } from '../../../server/tools/registry.ts';
import { startOpenAiStub } from '../../services/router/openai-stub.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';

const HOUR_MS = 60 * 60_000;
const LONG_WAIT_MS = 5 * HOUR_MS;
const Called = z.looseObject({
  isError: z.boolean().optional(),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  content: z.tuple([z.looseObject({ type: z.literal('text'), text: z.string() })]),
});

let doors: OpenDoors;
const clients: Client[] = [];
beforeAll(async () => {
  doors = await openDoors();
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

const transportTo = (headers: Readonly<Record<string, string>> = doors.owner) =>
  new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${doors.port}/mcp`), {
    requestInit: { headers },
  });
async function connect(): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
  const client = new Client({ name: 'test', version: '1' });
  const transport = transportTo();
  await client.connect(transport);
  clients.push(client);
  return { client, transport };
}
const call = async (client: Client, name: string, input: Record<string, unknown>) =>
  Called.parse(await client.callTool({ name, arguments: input }, undefined, { timeout: LONG_WAIT_MS }));
const textOf = ({ content: [{ text }] }: z.infer<typeof Called>): string => text;

/** A message of a session, as any program may send it. */
function say(session: string | undefined, message: object) {
  return doors.tcp({
    path: '/mcp',
    method: 'POST',
    headers: {
      ...doors.owner,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  });
}
const LIST = { id: 2, method: 'tools/list' };
async function begin(): Promise<string> {
  const reply = await say(undefined, {
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
  });
  return z.string().parse(reply.headers['mcp-session-id']);
}
/** The id of the only task that waits, once it does. */
async function queuedTask(): Promise<string> {
  const [task] = await vi.waitFor(async () => {
    const { tasks } = await doors.client.tasks({ status: 'queued' });
    expect(tasks).toHaveLength(1);
    return tasks;
  });
  return task?.id ?? '';
}

describe('a client of the SDK', () => {
  test('is told every tool, with what it takes and answers, and how to use them', async () => {
    const { client } = await connect();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(operations.map(({ name }) => name));
    for (const { name, readOnly, input, title, description } of operations) {
      const tool = tools.find((candidate) => candidate.name === name);
      expect(tool).toMatchObject({ title, description, annotations: { readOnlyHint: readOnly } });
      expect(Object.keys(tool?.inputSchema.properties ?? {})).toEqual(Object.keys(input.shape));
      expect(tool?.outputSchema?.type).toBe('object');
    }
    const hints = (name: string) => tools.find((tool) => tool.name === name)?.annotations;
    expect(hints('mission_kill')).toMatchObject({ destructiveHint: true, idempotentHint: true });
    expect(hints('mission_submit')).toMatchObject({ destructiveHint: false, idempotentHint: false });
    expect(hints('mission_message_ack')).toMatchObject({ destructiveHint: false, idempotentHint: true });
    expect(hints('mission_reachability')).toMatchObject({ readOnlyHint: true, openWorldHint: true });
    expect(
      tools.filter(({ annotations }) => annotations?.readOnlyHint && annotations.destructiveHint),
    ).toEqual([]);
    expect(client.getInstructions()).toContain('mission_submit');
    expect(client.getServerVersion()?.name).toBe('missiond');
  });

  test('gets an answer as text and as structure', async () => {
    const { client } = await connect();
    const result = await call(client, 'mission_slots', {});
    expect(result.structuredContent).toMatchObject({ slots: [{ id: 'coder-1' }, {}, {}] });
    expect(JSON.parse(textOf(result))).toEqual(result.structuredContent);
  });

  test.each<[string, string, Record<string, unknown>, RegExp]>([
    ['an unknown tool', 'mission_nothing', {}, /mission_nothing/],
    ['a missing argument', 'mission_submit', { role: 'coder' }, /prompt/],
    ['an argument of another type', 'mission_inbox', { ids: ['one'] }, /ids/],
    ['an unknown role', 'mission_submit', { role: 'ghost', prompt: 'x' }, /"role_unknown".*coder/],
    ['an unknown slot', 'mission_kill', { slotId: 'ghost' }, /"slot_unknown".*coder-1/],
    ['a session that does not run', 'mission_pty_screen', { slotId: 'coder-2' }, /mission_pty_spawn/],
  ])('%s is a result that says what is wrong', async (_, name, input, words) => {
    const { client } = await connect();
    const result = await call(client, name, input);
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(words);
    expect((await call(client, 'mission_slots', {})).isError).not.toBe(true);
  });

  test('without the token does not get in', async () => {
    const stranger = new Client({ name: 'stranger', version: '1' });
    await expect(stranger.connect(transportTo({}))).rejects.toThrow(/not_authorised/);
    await expect(stranger.connect(transportTo({ authorization: 'Bearer x' }))).rejects.toThrow(/401|token/);
  });

  test('a second one has a session of its own, which the end of the first leaves alone', async () => {
    const [one, two] = [await connect(), await connect()];
    expect(one.transport.sessionId).not.toBe(two.transport.sessionId);
    await one.transport.terminateSession();
    expect((await call(two.client, 'mission_slots', {})).isError).not.toBe(true);
    await expect(one.client.listTools()).rejects.toThrow(/Session not found/);
    expect((await call((await connect()).client, 'mission_slots', {})).isError).not.toBe(true);
  });

  test('hears how its own call goes on, and nobody else does', async () => {
    const [one, two] = [await connect(), await connect()];
    const heard: string[] = [];
    const [waiting, other] = [one, two].map(({ client }, index) =>
      client.callTool(
        { name: 'mission_ask', arguments: { role: 'researcher', question: `say: ${index}` } },
        undefined,
        { timeout: LONG_WAIT_MS, onprogress: ({ message }) => heard.push(`${index}: ${message}`) },
      ),
    );
    const { tasks } = await vi.waitFor(async () => {
      const queued = await doors.client.tasks({ status: 'queued' });
      expect(queued.tasks).toHaveLength(2);
      return queued;
    });
    const first = tasks.find(({ prompt }) => prompt === 'say: 0');
    await doors.client.cancel({ taskId: first?.id ?? '' });
    expect(textOf(Called.parse(await waiting))).toContain('cancelled');
    expect(heard.filter((line) => line.includes('cancelled'))).toEqual(['0: task cancelled']);
    for (const { id } of tasks) await doors.client.cancel({ taskId: id });
    await other;
  });

  test('reads the answer of a language model while it is said, and no key in it', async () => {
    const key = 'a-key-that-nobody-may-see';
    const say = `It says ${key} and then goes on for some more words`;
    const stub = await startOpenAiStub(() => ({ say, wordMs: 150 }));
    const file = path.join(doors.home, 'credentials.json');
    writeFileSync(file, JSON.stringify({ auth_url: stub.url, api_key: key, model: 'deep' }), { mode: 0o600 });
    try {
      const { client } = await connect();
      const heard: string[] = [];
      const answer = await client.callTool(
        { name: 'mission_router_chat', arguments: { messages: [{ role: 'user', content: 'hi' }] } },
        undefined,
        { timeout: LONG_WAIT_MS, onprogress: ({ message = '' }) => heard.push(message) },
      );
      const whole = z.object({ response: z.string() }).parse(Called.parse(answer).structuredContent).response;
      expect(whole).toMatch(/^It says .* and then goes on for some more words$/);
      expect(heard.length).toBeGreaterThan(0);
      expect(heard.filter((words) => words === '' || !whole.startsWith(words))).toEqual([]);
      expect([whole, ...heard].join()).not.toContain(key);
    } finally {
      rmSync(file);
      await stub.close();
    }
  });

  test('that gives a call up ends the wait, not the task', async () => {
    const { client } = await connect();
    const giveUp = new AbortController();
    const waiting = client.callTool(
      { name: 'mission_ask', arguments: { role: 'researcher', question: 'say: later' } },
      undefined,
      { signal: giveUp.signal, timeout: LONG_WAIT_MS },
    );
    const taskId = await queuedTask();
    giveUp.abort('enough');
    await expect(waiting).rejects.toBeInstanceOf(McpError);
    expect((await call(client, 'mission_status', { taskId })).structuredContent).toMatchObject({
      status: 'queued',
    });
    await doors.client.cancel({ taskId });
  });
});

describe('a session', () => {
  test.each([
    ['that nobody began', () => randomUUID(), 404],
    ['that has no name', () => undefined, 400],
    ['that is a path', () => '../..', 404],
  ])('%s is not found', async (_, session, status) => {
    const reply = await say(session(), LIST);
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([
      status,
      { jsonrpc: '2.0', id: null, error: { message: expect.stringContaining('Initialize again') } },
    ]);
  });

  test('ends when it is ended', async () => {
    const session = await begin();
    expect((await say(session, LIST)).status).toBe(200);
    const ended = await doors.tcp({
      path: '/mcp',
      method: 'DELETE',
      headers: { ...doors.owner, 'mcp-session-id': session },
    });
    expect(ended.status).toBe(200);
    expect((await say(session, LIST)).status).toBe(404);
  });

  test('whose client has vanished is forgotten after an hour, and not before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const [vanished, alive] = [await begin(), await begin()];
    vi.advanceTimersByTime(HOUR_MS - 1);
    expect((await say(alive, LIST)).status).toBe(200);
    vi.advanceTimersByTime(1);
    expect((await say(vanished, LIST)).status).toBe(404);
    expect((await say(alive, LIST)).status).toBe(200);
  });

  test('is kept for as long as a call waits in it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { client } = await connect();
    const waiting = call(client, 'mission_ask', {
      role: 'researcher',
      question: 'say: after the holidays',
      timeoutMs: LONG_WAIT_MS,
    });
    const taskId = await queuedTask();
    vi.advanceTimersByTime(2 * HOUR_MS);
    await doors.client.cancel({ taskId });
    expect(textOf(await waiting)).toContain('cancelled');
    expect((await call(client, 'mission_slots', {})).isError).not.toBe(true);
  });
});
