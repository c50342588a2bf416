import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import Fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createConnections } from '../../../server/http/connections.ts';
import { LIMITS } from '../../../server/http/limits.ts';
import { listen } from '../../../server/http/listen.ts';
import { freePort } from '../free-port.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';
import { openSocket, rawRequest } from '../raw-request.ts';

let doors: OpenDoors;
beforeEach(async () => {
  doors = await openDoors();
});
afterEach(() => {
  vi.useRealTimers();
});

async function socketTo(url: string): Promise<WebSocket> {
  const socket = await openSocket(url, ['missiond', `token.${doors.token}`]);
  if (!(socket instanceof WebSocket)) throw new Error(`refused with ${socket}`);
  return socket;
}
const closedWith = (socket: WebSocket) => new Promise((resolve) => socket.once('close', resolve));

describe('when the doors close', () => {
  test.each([
    ['TCP', () => `ws://127.0.0.1:${doors.port}/tasks`],
    ['the unix socket', () => `ws+unix://${doors.socketFile}:/tasks`],
  ])('a client over %s is told that the daemon goes away', async (_, url) => {
    const closed = closedWith(await socketTo(url()));
    await doors.close();
    expect(await closed).toBe(1001);
    expect(existsSync(doors.socketFile)).toBe(false);
  });

  test('one that is suspended is waited for no longer than a goodbye takes', async () => {
    const suspended = await socketTo(`ws://127.0.0.1:${doors.port}/tasks`);
    suspended.pause();
    const [served] = doors.app.websocketServer.clients;
    // The clock stands still but for the one second that a client is given: ws itself would wait for thirty.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const closing = doors.close();
    await vi.waitFor(() => expect(served?.readyState).toBe(WebSocket.CLOSING));
    vi.advanceTimersByTime(1_000);
    vi.useRealTimers();
    await closing;
    suspended.terminate();
  });

  test('a call that waits is ended', async () => {
    const waiting = http.request({
      socketPath: doors.socketFile,
      path: '/api/tools/mission_ask',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    const ended = new Promise((resolve) => waiting.once('error', resolve));
    waiting.end(JSON.stringify({ role: 'researcher', question: 'say: never' }));
    await vi.waitFor(async () => expect((await doors.client.tasks({})).tasks).toHaveLength(1));
    await doors.close();
    expect(await ended).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('when the doors open', () => {
  afterEach(() => doors.close());

  test('all of them open or none, and what stands in the way of the socket is told', async () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-listen-'));
    const app = Fastify();
    const socketFile = path.join(directory, 'missiond.sock');
    mkdirSync(socketFile);
    const opening = listen(app, {
      port: 0,
      formerPorts: [],
      socketFile,
      local: new WeakSet(),
      connections: createConnections(LIMITS),
    });
    await expect(opening).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(socketFile),
      remedy: expect.stringContaining('Take away'),
    });
    expect(app.server.listening).toBe(false);
    rmSync(directory, { recursive: true });
  });

  test('a former port is served as well, unless another program has it; all of them close together', async () => {
    const [former, taken] = [await freePort(), doors.port];
    const app = Fastify();
    app.get('/', () => 'here');
    const socketFile = `${doors.socketFile}2`;
    const opened = await listen(app, {
      port: 0,
      formerPorts: [former, taken],
      socketFile,
      local: new WeakSet(),
      connections: createConnections(LIMITS),
    });
    expect(opened.formerPorts).toEqual([former]);
    for (const port of [opened.port, former])
      expect(await rawRequest({ port, path: '/' })).toMatchObject({ status: 200, body: 'here' });
    await opened.close();
    for (const port of [opened.port, former])
      await expect(rawRequest({ port, path: '/' })).rejects.toThrow('ECONNREFUSED');
  });
});
