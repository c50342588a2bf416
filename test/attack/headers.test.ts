import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenDoors, openDoors } from '../server/open-doors.ts';
import { rawRequest } from '../server/raw-request.ts';

/** What no reply goes without, whatever it says. */
const GUARDED = {
  'content-security-policy': expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'/),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': expect.stringMatching(/no-store|no-cache/),
};

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

/** Every route of the application, with its methods, as fastify draws them: a tree, four columns a level. */
function routesOf(drawn: string): readonly (readonly [method: string, address: string])[] {
  const above: string[] = [];
  return drawn.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods = ''] =
      /^(.*?)[├└]── (.*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
    if (part === '') return [];
    above.splice(indent.length / 4, above.length, part);
    return methods === '' ? [] : methods.split(', ').map((method) => [method, above.join('')] as const);
  });
}

describe('the headers that keep pages out', () => {
  test('are on every reply of every route, whoever asks and whatever comes of it', async () => {
    const routes = routesOf(doors.app.printRoutes({ commonPrefix: false }));
    expect(routes.length).toBeGreaterThan(60);
    expect(routes.map(([, address]) => address)).toEqual(
      expect.arrayContaining([
        '/',
        '/mcp',
        '/pty/:slotId',
        '/hooks/:slotId/:epoch',
        '/api/tools/mission_kill',
      ]),
    );
    const callers = [{}, { authorization: 'Bearer wrong' }, doors.owner];
    for (const [method, address] of routes) {
      for (const headers of callers) {
        const { headers: got } = await doors.tcp({
          method,
          path: address.replace(/:\w+/g, 'nobody'),
          headers: { ...headers, 'content-type': 'application/json' },
          ...(method === 'POST' ? { body: '{"no such field":1}' } : {}),
        });
        expect({ method, address, ...got }).toMatchObject(GUARDED);
      }
    }
  });

  test.each([
    ['an MCP session', 'initialize', 'application/json, text/event-stream', 200],
    ['what is no MCP client', 'initialize', 'text/html', 406],
    ['a call without a session', 'tools/list', 'application/json, text/event-stream', 400],
  ])('are on the reply to %s', async (_, method, accept, status) => {
    const params = {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'x', version: '1' },
    };
    const reply = await doors.tcp({
      path: '/mcp',
      method: 'POST',
      headers: { ...doors.owner, accept, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    expect([reply.status, reply.headers]).toMatchObject([status, GUARDED]);
  });

  test.each([
    ['an address that cannot be read', '/%'],
    ['an address that nobody has', '/nowhere'],
    ['a way up', '/../../etc/passwd'],
  ])('are on the reply to %s, at every door', async (_, path) => {
    for (const where of [{ port: doors.port }, { socketPath: doors.socketFile }]) {
      const { headers } = await rawRequest({ ...where, path, headers: doors.owner });
      expect(headers).toMatchObject(GUARDED);
    }
  });

  test.each([
    ['TCP', () => net.connect(doors.port, '127.0.0.1')],
    ['the unix socket', () => net.connect(doors.socketFile)],
  ])('are on the reply to what is no request, over %s', async (_, connect) => {
    const socket = connect();
    let heard = '';
    socket.on('data', (data) => {
      heard += String(data);
    });
    socket.write('this is not HTTP\r\n\r\n');
    await once(socket, 'close');
    const [head = '', body = ''] = heard.split('\r\n\r\n');
    const headers = Object.fromEntries(
      head
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(/: (.*)/)),
    );
    expect([head.split('\r\n')[0], headers]).toMatchObject(['HTTP/1.1 400 Bad Request', GUARDED]);
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'input_invalid' } });
  });
});
