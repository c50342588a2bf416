import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { connectMission, type MissionClient } from '../../../server/client/connect-mission.ts';
import { writeDaemonFile } from '../../../server/daemon-file.ts';
import { freePort } from '../free-port.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterEach(() => {
  vi.unstubAllGlobals();
});
afterAll(() => doors.close());

async function firstEvent(client: MissionClient, options: Parameters<MissionClient['events']>[0] = {}) {
  for await (const event of client.events(options)) return event;
  return 'ended';
}
const at = (port: number, token = doors.token) => connectMission({ url: `http://127.0.0.1:${port}`, token });

describe('a daemon that has gone', () => {
  test('is an error with a code and what to do, for calls and for events', async () => {
    const client = at(await freePort());
    for (const attempt of [client.slots({}), firstEvent(client)])
      await expect(attempt).rejects.toMatchObject({
        code: 'daemon_unreachable',
        message: expect.stringContaining('ECONNREFUSED'),
        remedy: expect.stringContaining('missiond up'),
      });
  });

  test('is found again by the client of its home, wherever it comes back', async () => {
    const home = mkdtempSync(path.join(os.tmpdir(), 'missiond-client-'));
    try {
      const client = connectMission({ home });
      for (const attempt of [client.slots({}), firstEvent(client)])
        await expect(attempt).rejects.toMatchObject({
          code: 'daemon_unreachable',
          message: `No daemon serves ${home}.`,
        });
      const says = { pid: process.pid, port: doors.port, formerPorts: [], token: doors.token };
      writeDaemonFile(home, { ...says, port: await freePort() });
      await expect(client.slots({})).rejects.toMatchObject({ code: 'daemon_unreachable' });
      writeDaemonFile(home, says);
      expect((await client.slots({})).slots).toHaveLength(3);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });

  test('ends events that had begun', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    server.on('connection', (socket) => socket.terminate());
    const address = server.address();
    expect(await firstEvent(at(typeof address === 'object' ? (address?.port ?? 0) : 0))).toBe('ended');
    server.close();
  });
});

test('a wrong token is an error in the words of the daemon, for calls and for events', async () => {
  const client = at(doors.port, 'x'.repeat(40));
  for (const attempt of [client.slots({}), firstEvent(client)])
    await expect(attempt).rejects.toMatchObject({
      code: 'not_authorised',
      message: 'The token is wrong.',
      remedy: expect.stringContaining('daemon.json'),
    });
});

test('an answer may take longer than fetch would wait', async () => {
  // It gives up after five minutes without headers; nothing here goes through it.
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed')));
  expect((await doors.client.slots({})).slots).toHaveLength(3);
});

test('a call that is called off rejects with the reason', async () => {
  const off = new AbortController();
  const asked = doors.client.ask({ role: 'researcher', question: 'say: x' }, { signal: off.signal });
  off.abort(new Error('not needed any more'));
  await expect(asked).rejects.toThrow('not needed any more');
});

describe('events', () => {
  test('come in order, and a reader that rests loses none of many', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const [task] = await Promise.all([doors.client.submit({ role: 'researcher', prompt: 'x' })]);
    const view = await doors.client.status({ taskId: task.taskId });
    const most = 5_000;
    server.on('connection', (socket) => {
      socket.send('no JSON');
      for (let sequence = 1; sequence <= most; sequence += 1)
        socket.send(JSON.stringify({ type: 'task_changed', sequence, at: 1, task: view }));
    });
    const address = server.address();
    const client = at(typeof address === 'object' ? (address?.port ?? 0) : 0);
    const seen: number[] = [];
    for await (const event of client.events()) {
      // Every reading of the socket may come in between.
      if (seen.length % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      seen.push(event.sequence);
      if (seen.length === most) break;
    }
    expect(seen).toEqual(Array.from({ length: most }, (_, index) => index + 1));
    server.close();
  });

  test('end when the signal aborts, also before they begin', async () => {
    const off = new AbortController();
    const waiting = firstEvent(doors.client, { since: 1_000_000, signal: off.signal });
    off.abort();
    expect(await waiting).toBe('ended');
    expect(await firstEvent(doors.client, { signal: off.signal })).toBe('ended');
  });

  test('of which the daemon sends no more say so', async () => {
    await expect(firstEvent(doors.client, { since: -1 })).rejects.toMatchObject({ code: 'input_invalid' });
  });
});
