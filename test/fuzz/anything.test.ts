import { once } from 'node:events';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { operations } from '../../server/tools/registry.ts';
import { failureOf } from '../server/open-doors.ts';
import { openViewer } from '../server/ws/open-viewer.ts';
import { anyBody, anyMeaning } from './anything.ts';
import { type FuzzedDaemon, startFuzzedDaemon } from './fuzzed-daemon.ts';
import { printSettings, SEED } from './settings.ts';

/** Nothing that is sent may end a program, or wait for one that is not there. */
const NOT_TRIED = /_(?:kill|restart|spawn|ask|interrupt)$/;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

let doors: FuzzedDaemon;
beforeAll(async () => {
  printSettings('with what nobody means');
  doors = await startFuzzedDaemon();
  await doors.client.ptySpawn({ slotId: 'coder-1' });
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

/** The doors still answer, and the terminal behind them too. */
async function unharmed(): Promise<void> {
  expect((await doors.client.slots({})).slots).toHaveLength(3);
  const viewer = await openViewer(doors, '/pty/coder-1');
  const word = crypto.randomUUID();
  viewer.send({ type: 'input', data: `${word}\r` });
  await viewer.until(({ data }) => String(data).includes(`heard ${word}`));
  viewer.socket.terminate();
}

describe('whatever is sent is answered, and the doors go on', () => {
  test('as a body to any address', async () => {
    const { hookUrl, statusLineUrl, token } = doors.doorOf('coder-1');
    const addresses = [
      ...operations.map(({ name }) => ({ path: `/api/tools/${name}`, bearer: doors.token })),
      ...['/api/tasks', '/mcp'].map((path) => ({ path, bearer: doors.token })),
      ...[hookUrl, statusLineUrl].map((url) => ({ path: new URL(url).pathname, bearer: token })),
    ].filter(({ path }) => !NOT_TRIED.test(path));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...addresses), anyBody, async ({ path, bearer }, body) => {
        const reply = await doors.tcp({
          path,
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: '*/*', authorization: `Bearer ${bearer}` },
          body,
        });
        expect(reply.status, reply.body).toBeLessThan(500);
        if (reply.status >= 400 && path !== '/mcp') expect(failureOf(reply).message).not.toBe('');
      }),
      { numRuns: 600, seed: SEED },
    );
    await unharmed();
  });

  test('as an address, a method and headers', async () => {
    const known = ['api/slots', 'api/tasks', 'api/tools', 'hooks', 'statusline', 'pty', 'tasks', 'mcp', ''];
    const segment = fc.oneof(
      fc.constantFrom(...known, 'coder-1', '..', '%', '%zz', '%2f', '?', '*', ':slotId'),
      fc.string({ unit: 'binary' }).map((text) => encodeURIComponent(text)),
    );
    const header = fc.string({ unit: 'grapheme-ascii', maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...METHODS),
        fc.array(segment, { maxLength: 4 }),
        fc.record({
          authorization: header,
          'content-type': header,
          'mcp-session-id': header,
          accept: header,
        }),
        fc.boolean(),
        async (method, segments, headers, authorised) => {
          const reply = await doors.tcp({
            path: `/${segments.join('/')}`,
            method,
            headers: { ...headers, ...(authorised ? doors.owner : {}) },
          });
          expect(reply.status, reply.body).toBeLessThan(500);
        },
      ),
      { numRuns: 600, seed: SEED },
    );
    await unharmed();
  });

  test('as frames to any WebSocket', async () => {
    for (const address of ['/pty/coder-1?readonly=1', '/tasks', '/inspect']) {
      const viewer = await openViewer(doors, address);
      await fc.assert(
        fc.property(
          fc.oneof(
            anyBody,
            anyMeaning.map((object) => JSON.stringify(object)),
          ),
          (frame) => viewer.socket.send(frame, { binary: typeof frame !== 'string' }),
        ),
        { numRuns: 400, seed: SEED },
      );
      // An answer to a ping comes after everything that was sent before it.
      const answered = once(viewer.socket, 'pong');
      viewer.socket.ping();
      await answered;
      viewer.socket.terminate();
      await viewer.closed;
    }
    await unharmed();
  });

  test('as messages to an MCP session', async () => {
    const headers = {
      ...doors.owner,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const begun = await doors.tcp({
      path: '/mcp',
      method: 'POST',
      headers,
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
      }),
    });
    const session = { ...headers, 'mcp-session-id': z.string().parse(begun.headers['mcp-session-id']) };
    const message = fc.record({
      jsonrpc: fc.constant('2.0'),
      id: fc.oneof(fc.integer(), fc.string()),
      method: fc.oneof(fc.string(), fc.constantFrom('tools/call', 'tools/list', 'ping', 'initialize')),
      params: fc.oneof(
        anyMeaning,
        fc.record({
          name: fc.constantFrom(
            ...operations.map(({ name }) => name).filter((name) => !NOT_TRIED.test(name)),
          ),
          arguments: fc.oneof(anyMeaning, fc.jsonValue()),
        }),
      ),
    });
    const body = fc.oneof(
      anyBody,
      message.map((one) => Buffer.from(JSON.stringify(one))),
      fc.array(message, { maxLength: 3 }).map((batch) => Buffer.from(JSON.stringify(batch))),
    );
    await fc.assert(
      fc.asyncProperty(body, async (bytes) => {
        const reply = await doors.tcp({ path: '/mcp', method: 'POST', headers: session, body: bytes });
        expect(reply.status, reply.body).toBeLessThan(500);
      }),
      { numRuns: 400, seed: SEED },
    );
    const listed = await doors.tcp({
      path: '/mcp',
      method: 'POST',
      headers: session,
      body: JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' }),
    });
    expect([listed.status, listed.body.includes('mission_submit')]).toEqual([200, true]);
    await unharmed();
  });
});
