import { once } from 'node:events';
import { statSync } from 'node:fs';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { failureOf, type OpenDoors, openDoors } from '../open-doors.ts';
import { openSocket, rawRequest } from '../raw-request.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
  await doors.client.ptySpawn({ slotId: 'coder-1' });
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

const host = () => `127.0.0.1:${doors.port}`;

describe('over TCP', () => {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  test.each([
    ['no token', () => ({})],
    ['an empty token', () => bearer('')],
    ['a wrong token', () => bearer('x'.repeat(doors.token.length))],
    ['a shorter token', () => bearer(doors.token.slice(0, -1))],
    ['a longer token', () => bearer(`${doors.token}x`)],
    ['another scheme', () => ({ authorization: `Basic ${doors.token}` })],
    ['the token alone', () => ({ authorization: doors.token })],
    ['a cookie', () => ({ cookie: `token=${doors.token}` })],
    ['a name that was bound to this address', () => ({ ...doors.owner, host: `evil.example:${doors.port}` })],
    [
      'a name that begins like ours',
      () => ({ ...doors.owner, host: `localhost.evil.example:${doors.port}` }),
    ],
    ['an address with a dot too many', () => ({ ...doors.owner, host: `127.0.0.1.:${doors.port}` })],
    ['another address of this machine', () => ({ ...doors.owner, host: `0.0.0.0:${doors.port}` })],
    ['no port but a name', () => ({ ...doors.owner, host: '127.0.0.1:evil.example' })],
    ['a page from elsewhere', () => ({ ...doors.owner, origin: 'https://evil.example' })],
    ['a page from another port of this machine', () => ({ ...doors.owner, origin: 'http://127.0.0.1:1' })],
    ['our page over another scheme', () => ({ ...doors.owner, origin: `https://${host()}` })],
    ['an origin that begins like ours', () => ({ ...doors.owner, origin: `http://${host()}.evil.example` })],
    ['a sandboxed page', () => ({ ...doors.owner, origin: 'null' })],
  ])('nobody comes in with %s', async (_, headers) => {
    for (const address of ['/api/slots', '/openapi.json', '/mcp']) {
      const reply = await doors.tcp({ path: address, headers: headers() });
      expect([address, reply.status, failureOf(reply).code]).toEqual([address, 401, 'not_authorised']);
    }
    for (const address of ['/tasks', '/pty/coder-1', '/inspect']) {
      expect(await openSocket(`ws://${host()}${address}`, [], headers())).toBe(401);
    }
  });

  test('the token of a slot opens no other door', async () => {
    const headers = bearer(doors.doorOf('coder-1').token);
    for (const address of ['/api/slots', '/openapi.json']) {
      const reply = await doors.tcp({ path: address, headers });
      expect([address, reply.status, failureOf(reply).code]).toEqual([address, 403, 'not_permitted']);
    }
    for (const address of ['/tasks', '/pty/coder-1', '/inspect'])
      expect(await openSocket(`ws://${host()}${address}`, [], headers)).toBe(403);
  });

  test('nobody comes in with the token in the address, where logs and histories keep it', async () => {
    for (const query of ['token', 'access_token', 'authorization']) {
      expect((await doors.tcp({ path: `/api/slots?${query}=${doors.token}` })).status).toBe(401);
      expect(await openSocket(`ws://${host()}/tasks?${query}=${doors.token}`)).toBe(401);
    }
  });

  test('a wrong token in a WebSocket protocol opens nothing', async () => {
    for (const protocols of [['missiond'], ['missiond', 'token.x'], [doors.token]]) {
      expect(await openSocket(`ws://${host()}/tasks`, protocols)).toBe(401);
    }
  });

  /** Sends a whole request and resets the connection before the daemon can look who called. */
  async function callAndReset(request: string): Promise<void> {
    const socket = net.connect(doors.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(request, () => socket.resetAndDestroy());
    await once(socket, 'close');
  }

  test('a caller that is gone at once is not taken for one on the unix socket', async () => {
    const body = JSON.stringify({ role: 'coder', prompt: 'say: nobody allowed this' });
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await callAndReset(
        `POST /api/tools/mission_submit HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      await callAndReset('POST /api/down HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n');
    }
    // Asked last, so everything before it has been looked at.
    const { tasks } = await doors.client.tasks({ limit: 100 });
    expect({ tasks, downs: doors.downs() }).toEqual({ tasks: [], downs: 0 });
  });

  test.each(['127.0.0.1', 'localhost', '[::1]'])('the owner comes in, addressed as %s', async (name) => {
    const address = `${name}:${doors.port}`;
    const headers = { ...doors.owner, host: address };
    expect((await doors.tcp({ path: '/api/slots', headers })).status).toBe(200);
    const ofOurPage = { ...headers, origin: `http://${address}` };
    expect((await doors.tcp({ path: '/api/slots', headers: ofOurPage })).status).toBe(200);
  });

  test.each(['127.0.0.1:9777', 'localhost:9777', 'localhost'])(
    'the owner comes in through a tunnel, at %s on the other side',
    async (address) => {
      const headers = { ...doors.owner, host: address };
      expect((await doors.tcp({ path: '/api/slots', headers })).status).toBe(200);
      const ofOurPage = { ...headers, origin: `http://${address}` };
      expect((await doors.tcp({ path: '/api/slots', headers: ofOurPage })).status).toBe(200);
      const ofAnotherPage = { ...headers, origin: `http://${host()}` };
      expect((await doors.tcp({ path: '/api/slots', headers: ofAnotherPage })).status).toBe(401);
    },
  );

  test('our page carries the token as a WebSocket protocol, and it is not said back', async () => {
    const socket = await openSocket(`ws://${host()}/tasks`, ['missiond', `token.${doors.token}`], {
      origin: `http://${host()}`,
    });
    if (!(socket instanceof WebSocket)) throw new Error(`refused with ${socket}`);
    expect(socket.protocol).toBe('missiond');
    socket.terminate();
  });

  test('no reply lets another page read it', async () => {
    for (const method of ['GET', 'OPTIONS']) {
      const { headers } = await doors.tcp({ path: '/health', method });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('over the unix socket', () => {
  test('its owner comes in without a token, over HTTP and WebSockets', async () => {
    expect(statSync(doors.socketFile).mode & 0o077).toBe(0);
    expect((await rawRequest({ socketPath: doors.socketFile, path: '/api/slots' })).status).toBe(200);
    const socket = await openSocket(`ws+unix://${doors.socketFile}:/tasks`);
    expect(socket).toBeInstanceOf(WebSocket);
    if (socket instanceof WebSocket) socket.terminate();
  });

  test('a browser does not, nor does the file open the hooks of a slot', async () => {
    const origin = `http://${host()}`;
    for (const path of ['/api/slots', '/health', '/']) {
      const reply = await rawRequest({ socketPath: doors.socketFile, path, headers: { origin } });
      expect([path, reply.status]).toEqual([path, 401]);
    }
    expect(await openSocket(`ws+unix://${doors.socketFile}:/tasks`, [], { origin })).toBe(401);
    const { hookUrl } = doors.doorOf('coder-1');
    const hook = { socketPath: doors.socketFile, path: new URL(hookUrl).pathname, method: 'POST' };
    expect((await rawRequest({ ...hook, body: '{}' })).status).toBe(401);
  });
});

describe('every address', () => {
  const OPEN = ['/', '/board.css', '/board.js', '/health', '/icon.svg'];
  /** Where an agent comes in, to what is its own. */
  const ITS_OWN = [
    'done',
    'hand_over',
    'question_answer',
    'question_ask',
    'question_create',
    'question_dismiss',
    'question_get',
    'whoami',
    'message_ack',
    'message_list',
    'message_read',
    'message_send',
    'status',
    'task_track',
  ];
  const OPEN_TO_SLOTS = [...OPEN, '/mcp', ...ITS_OWN.map((name) => `/api/tools/mission_${name}`)].sort();

  /** As the router prints them, so that one that is added without a guard is found. */
  const routes = (): readonly { readonly path: string; readonly method: string }[] => {
    const parents: string[] = [];
    return doors.app
      .printRoutes({ commonPrefix: false, includeHooks: false })
      .split('\n')
      .flatMap((line) => {
        const [, indent = '', part = '', methods = ''] = /^([│├└─\s]*)(\S*) ?(?:\((.*)\))?$/.exec(line) ?? [];
        const depth = Math.floor(indent.length / 4);
        parents.splice(Math.max(depth - 1, 0), parents.length, part);
        return methods === ''
          ? []
          : methods.split(', ').map((method) => ({ path: parents.join(''), method }));
      });
  };

  test('but the page and the health wants a token, and the token of a slot opens one more', async () => {
    const known = routes();
    expect(known).toContainEqual({ path: '/api/tools/mission_kill', method: 'POST' });
    expect(known).toContainEqual({ path: '/hooks/:slotId/:epoch', method: 'POST' });
    const { token } = doors.doorOf('coder-1');
    const open = { nobody: new Set<string>(), slot: new Set<string>() };
    for (const { path, method } of known) {
      for (const [who, authorization] of [
        ['nobody', ''],
        ['slot', `Bearer ${token}`],
      ] as const) {
        const filled = path.replace(':slotId', 'coder-2').replace(/:[a-zA-Z]+/g, crypto.randomUUID());
        const reply = await doors.tcp({ path: filled, method, headers: { authorization } });
        if (![401, 403].includes(reply.status)) open[who].add(path);
      }
    }
    expect([...open.nobody].sort()).toEqual(OPEN);
    expect([...open.slot].sort()).toEqual(OPEN_TO_SLOTS);
    expect(doors.downs()).toBe(0);
  });
});
