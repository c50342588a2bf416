import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { Limits } from '../../../server/http/limits.ts';
import { failureOf, type OpenDoors, openDoors } from '../open-doors.ts';
import { openSocket, rawRequest } from '../raw-request.ts';
import { type SelfSigned, selfSigned } from '../self-signed.ts';

let doors: OpenDoors;
const opened: { destroy(): void }[] = [];
const open = async (limits: Partial<Limits>, more: object = {}) => {
  doors = await openDoors({ limits, ...more });
};
afterEach(async () => {
  for (const one of opened.splice(0)) one.destroy();
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const health = () => doors.tcp({ path: '/health' });

/** A connection that says this, and what it has heard when the daemon has closed it. */
function connection(said: string, port = doors.port, host = '127.0.0.1') {
  const socket = net.connect(port, host);
  opened.push(socket);
  let heard = '';
  socket.on('data', (data) => {
    heard += String(data);
  });
  socket.on('error', () => {});
  socket.write(said);
  return { socket, closed: once(socket, 'close').then(() => heard) };
}

async function viewer(token: string, options: object = {}): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${doors.port}/tasks`, { headers: bearer(token), ...options });
  opened.push({ destroy: () => socket.terminate() });
  await once(socket, 'open');
  return socket;
}

/** A question that nobody answers until it is cancelled. */
function asked(token: string, more: { readonly socketPath?: string } = {}) {
  return rawRequest({
    ...(more.socketPath === undefined ? { port: doors.port } : more),
    path: '/api/tools/mission_ask',
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body: JSON.stringify({ role: 'researcher', question: 'say: later', timeoutMs: 3_600_000 }),
  });
}
async function cancelAll(): Promise<void> {
  const { tasks } = await doors.client.tasks({ status: 'queued' });
  for (const { id } of tasks) await doors.client.cancel({ taskId: id });
}

test('one connection too many is told to come again, the unix socket is another door, and room is made', async () => {
  await open({ connections: 3 });
  const idle = [1, 2, 3].map(() => connection(''));
  await Promise.all(idle.map(({ socket }) => once(socket, 'connect')));
  const refused = await vi.waitFor(async () => {
    const reply = await health();
    expect(reply.status).toBe(503);
    return reply;
  });
  expect(refused.headers).toMatchObject({ 'retry-after': '5', connection: 'close' });
  expect(failureOf(refused)).toMatchObject({ code: 'crowded', remedy: expect.stringContaining('again') });
  expect(await openSocket(`ws://127.0.0.1:${doors.port}/tasks`, [], doors.owner)).toBe(503);
  expect((await rawRequest({ socketPath: doors.socketFile, path: '/health' })).status).toBe(200);
  idle[0]?.socket.destroy();
  await vi.waitFor(async () => expect((await health()).status).toBe(200));
});

test('a token holds so many WebSockets and waiting calls, and takes nothing from others', async () => {
  await open({ ofOneCaller: 2 });
  const { token } = doors.tokens.create('orchestrator', 'greedy');
  const socket = await viewer(token);
  const waiting = asked(token);
  await vi.waitFor(async () => expect((await doors.client.tasks({})).tasks).toHaveLength(1));
  const refused = await doors.tcp({ path: '/api/slots', headers: bearer(token) });
  expect([refused.status, refused.headers['retry-after'], failureOf(refused).code]).toEqual([
    429,
    '5',
    'too_many',
  ]);
  expect(await openSocket(`ws://127.0.0.1:${doors.port}/tasks`, [], bearer(token))).toBe(429);
  const other = doors.tokens.create('viewer', 'other').token;
  expect((await doors.tcp({ path: '/api/slots', headers: bearer(other) })).status).toBe(200);
  expect((await doors.tcp({ path: '/api/slots', headers: doors.owner })).status).toBe(200);
  socket.terminate();
  await vi.waitFor(async () =>
    expect((await doors.tcp({ path: '/api/slots', headers: bearer(token) })).status).toBe(200),
  );
  // Answered calls leave room: more of them than are allowed at once, one after the other on one connection.
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  opened.push(agent);
  await cancelAll();
  await waiting;
  for (let count = 0; count < 5; count += 1)
    expect(
      (await rawRequest({ port: doors.port, path: '/api/slots', headers: bearer(token), agent })).status,
    ).toBe(200);
});

describe('who says nothing', () => {
  const SHORT = { headersWithinMs: 200, requestWithinMs: 400, unreadMs: 300, keepAliveMs: 300 };
  let signed: SelfSigned;
  /** What the daemon has accepted on its own port. */
  const accepted = new Set<net.Socket>();
  beforeEach(async () => {
    signed = selfSigned();
    await open(SHORT, { listen: { host: '127.0.0.2', tls: signed.tls } });
    accepted.clear();
    doors.app.server.on('connection', (socket: net.Socket) => accepted.add(socket));
  });
  afterEach(() => signed.remove());
  const head = (token: string) =>
    `POST /api/tools/mission_kill HTTP/1.1\r\nHost: 127.0.0.1:${doors.port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;

  test.each<[string, () => string]>([
    ['nothing at all', () => ''],
    ['half a header', () => 'GET /health HTTP/1.1\r\nHost: 127'],
    ['headers and half a body', () => `${head(doors.token)}Content-Length: 100\r\n\r\n{"slotId"`],
    ['half a body, without a token', () => `${head('x')}Content-Length: 100000\r\n\r\n{"slotId"`],
    ['half a chunk', () => `${head(doors.token)}Transfer-Encoding: chunked\r\n\r\n64\r\n{"slotId"`],
    ['one request, and then nothing', () => `GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`],
  ])('(%s) is closed; who waits for an answer or watches is not', async (_, said) => {
    const waiting = asked(doors.token);
    const local = asked(doors.token, { socketPath: doors.socketFile });
    const watching = await viewer(doors.token);
    expect(await connection(said()).closed).not.toMatch(/"slotId":/);
    // As long again: whatever would be closed by mistake is closed by then.
    await connection('').closed;
    await cancelAll();
    for (const one of [waiting, local]) expect((await one).body).toContain('cancelled');
    expect(watching.readyState).toBe(WebSocket.OPEN);
  });

  test('is closed before a handshake of TLS as well', async () => {
    for (const said of ['', '\x16\x03\x01\x02\x00\x01'])
      await connection(said, doors.outsidePort, '127.0.0.2').closed;
    expect((await health()).status).toBe(200);
  });

  test('nor reads what it has asked for is closed', async () => {
    const { socket, closed } = connection('');
    await once(socket, 'connect');
    socket.pause();
    // More than the buffers of the kernel hold; Node takes no further requests while these wait.
    socket.write(
      `GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${doors.token}\r\n\r\n`.repeat(
        200,
      ),
    );
    const [server] = await vi.waitFor(() => {
      const stuck = [...accepted].filter(({ writableLength }) => writableLength > 0);
      expect(stuck).toHaveLength(1);
      return stuck;
    });
    if (server !== undefined && !server.destroyed) await once(server, 'close');
    expect((await health()).status).toBe(200);
    socket.resume();
    await closed;
  });
});

test('a viewer that answers no ping is dropped; one that does is not', async () => {
  await open({ pingEveryMs: 100 });
  const alive = await viewer(doors.token);
  let pings = 0;
  alive.on('ping', () => {
    pings += 1;
  });
  const dead = await viewer(doors.token, { autoPong: false });
  const [code] = await once(dead, 'close');
  expect(code).toBe(1006);
  await vi.waitFor(() => expect(pings).toBeGreaterThan(4));
  expect(alive.readyState).toBe(WebSocket.OPEN);
});

describe('sessions of MCP', () => {
  const send = (token: string, session: string | undefined, method: string, body?: object) =>
    doors.tcp({
      path: '/mcp',
      method,
      headers: {
        ...bearer(token),
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(session === undefined ? {} : { 'mcp-session-id': session }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }) }),
    });
  const begin = (token: string) =>
    send(token, undefined, 'POST', {
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
    });
  const idOf = (reply: Awaited<ReturnType<typeof begin>>) =>
    z.string().parse(reply.headers['mcp-session-id']);
  const lives = async (token: string, session: string) =>
    (await send(token, session, 'POST', { method: 'tools/list' })).status === 200;

  /** Keeps a session at work by listening in it. */
  async function listens(token: string, session: string): Promise<void> {
    const { socket } = connection(
      `GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nAccept: text/event-stream\r\nMcp-Session-Id: ${session}\r\n\r\n`,
    );
    await once(socket, 'data');
  }

  test('the one that has rested longest makes room; those at work are not ended, and the next is told to wait', async () => {
    await open({ mcpSessionsOfOne: 2, mcpSessions: 3 });
    const [one, two] = ['one', 'two'].map((name) => doors.tokens.create('viewer', name).token);
    if (one === undefined || two === undefined) throw new Error('no tokens');
    const first = idOf(await begin(one));
    const second = idOf(await begin(one));
    const third = idOf(await begin(one));
    expect([await lives(one, first), await lives(one, second), await lives(one, third)]).toEqual([
      false,
      true,
      true,
    ]);
    await listens(one, second);
    await listens(one, third);
    const refused = await begin(one);
    expect([refused.status, refused.headers['retry-after'], failureOf(refused).code]).toEqual([
      429,
      '5',
      'too_many',
    ]);
    // Somebody else has room of their own, until all together are too many.
    await listens(two, idOf(await begin(two)));
    expect((await begin(two)).status).toBe(429);
    expect((await begin(doors.token)).status).toBe(429);
    expect([await lives(one, second), await lives(one, third)]).toEqual([true, true]);
  });
});
