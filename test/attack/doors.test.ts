import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { operations } from '../../server/tools/registry.ts';
import { hasCode } from '../../services/errors/system-error.ts';
import { failureOf, type OpenDoors, openDoors } from '../server/open-doors.ts';
import { openSocket, rawRequest } from '../server/raw-request.ts';

let doors: OpenDoors;
let viewer = '';
let orchestrator = '';
let files: readonly string[] = [];
const filesOf = (): readonly string[] =>
  readdirSync(path.dirname(doors.home), { recursive: true, encoding: 'utf8' })
    .filter((file) => !/(?:^|\/)(?:logs|agents|projects)\/|tokens|settings|\.claude/.test(file))
    .sort();

beforeAll(async () => {
  doors = await openDoors();
  await doors.client.ptySpawn({ slotId: 'coder-1' });
  await doors.client.ptySpawn({ slotId: 'coder-2' });
  viewer = doors.tokens.create('viewer', undefined).token;
  orchestrator = doors.tokens.create('orchestrator', undefined).token;
  files = filesOf();
});
/** Whatever was tried: nothing was done, nothing failed, nothing was written, and the owner is served. */
afterAll(async () => {
  expect(doors.downs()).toBe(0);
  expect(doors.errors().filter((line) => !line.includes('a hook failed'))).toEqual([]);
  expect(filesOf()).toEqual(files);
  const { slots } = await doors.client.ptyStatus({});
  expect(slots.map(({ slotId, status }) => [slotId, status === 'stopped'])).toEqual([
    ['coder-1', false],
    ['coder-2', false],
    ['researcher-1', true],
  ]);
  await doors.close();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const JSON_TYPE = { 'content-type': 'application/json' };
const post = (address: string, token: string, body: string | Uint8Array, headers: object = {}) =>
  doors.tcp({ path: address, method: 'POST', headers: { ...bearer(token), ...JSON_TYPE, ...headers }, body });
const Denied = z.object({ hookSpecificOutput: z.object({ permissionDecision: z.literal('deny') }) });

describe('a forged hook', () => {
  const body = JSON.stringify({
    hook_event_name: 'PreToolUse',
    session_id: crypto.randomUUID(),
    transcript_path: '/etc/passwd',
    cwd: '/',
    tool_name: 'Read',
    tool_input: { file_path: '/tmp/x' },
  });
  const addressOf = (slotId: string) => new URL(doors.doorOf(slotId).hookUrl).pathname;
  const epochOf = (slotId: string) => addressOf(slotId).split('/').at(-1) ?? '';

  test.each<[string, () => string, () => string]>([
    ["another slot's token", () => addressOf('coder-1'), () => doors.doorOf('coder-2').token],
    ["the owner's token", () => addressOf('coder-1'), () => doors.token],
    ["a viewer's token", () => addressOf('coder-1'), () => viewer],
    ["an orchestrator's token", () => addressOf('coder-1'), () => orchestrator],
    ['no token', () => addressOf('coder-1'), () => ''],
    ['half the token', () => addressOf('coder-1'), () => doors.doorOf('coder-1').token.slice(0, 20)],
    ['the token twice', () => addressOf('coder-1'), () => doors.doorOf('coder-1').token.repeat(2)],
    ['a slot that does not run', () => '/hooks/researcher-1/x', () => doors.doorOf('coder-1').token],
    [
      'a slot that is not there',
      () => `/hooks/ghost/${epochOf('coder-1')}`,
      () => doors.doorOf('coder-1').token,
    ],
    [
      'a prototype for a slot',
      () => `/hooks/__proto__/${epochOf('coder-1')}`,
      () => doors.doorOf('coder-1').token,
    ],
    [
      'a constructor for a slot',
      () => `/hooks/constructor/${epochOf('coder-1')}`,
      () => doors.doorOf('coder-1').token,
    ],
    [
      'a way up',
      () => `/hooks/coder-2%2f..%2fcoder-1/${epochOf('coder-1')}`,
      () => doors.doorOf('coder-1').token,
    ],
    ['a NUL', () => `/hooks/coder-1%00/${epochOf('coder-1')}`, () => doors.doorOf('coder-1').token],
    ['no epoch', () => '/hooks/coder-1/latest', () => doors.doorOf('coder-1').token],
  ])('with %s is refused before it is read', async (_, address, token) => {
    for (const where of [address(), address().replace('/hooks/', '/statusline/')]) {
      const reply = await post(where, token(), body);
      expect([where, reply.status]).toEqual([where, 401]);
    }
  });

  test.each([
    ['of an earlier run', () => crypto.randomUUID()],
    ["of another slot's run", () => epochOf('coder-2')],
  ])('with the epoch %s allows nothing', async (_, epoch) => {
    const reply = await post(`/hooks/coder-1/${epoch()}`, doors.doorOf('coder-1').token, body);
    expect(Denied.safeParse(JSON.parse(reply.body)).success, reply.body).toBe(true);
  });

  test.each([
    ['no JSON', '{"hook_event_name":"PreToolUse"'],
    ['a list', '[{"hook_event_name":"PreToolUse"}]'],
    ['no tool', '{"hook_event_name":"PreToolUse"}'],
    ['an object for a tool', '{"hook_event_name":"PreToolUse","tool_name":{"toString":"Read"}}'],
    ['a prototype for a tool', '{"hook_event_name":"PreToolUse","tool_name":"__proto__","tool_input":{}}'],
    [
      'its decision in it',
      '{"hook_event_name":"PreToolUse","permissionDecision":"allow","tool_name":"Bash"}',
    ],
    [
      'text that is no text',
      Buffer.from('{"hook_event_name":"PreToolUse","tool_name":"\xff\xfe"}', 'latin1'),
    ],
  ])('that is %s is never an allowance', async (_, bad) => {
    const reply = await post(addressOf('coder-1'), doors.doorOf('coder-1').token, bad);
    expect(reply.body).not.toContain('"allow"');
    expect(reply.status).toBeLessThan(500);
  });
});

describe("somebody else's page", () => {
  const ours = () => `127.0.0.1:${doors.port}`;
  test.each([
    ['evil.example'],
    ['evil.example:PORT'],
    ['127.0.0.1.evil.example:PORT'],
    ['127.0.0.1.nip.io:PORT'],
    ['localhost.evil.example'],
    ['localhost.'],
    ['LOCALHOST@evil.example'],
    ['127.0.0.1:PORT@evil.example'],
    ['evil.example/127.0.0.1:PORT'],
    ['127.1:PORT'],
    ['2130706433:PORT'],
    ['0x7f.0.0.1:PORT'],
    ['0177.0.0.1:PORT'],
    ['127.0.0.2:PORT'],
    ['0.0.0.0:PORT'],
    ['[::]:PORT'],
    ['[::ffff:127.0.0.1]:PORT'],
    ['::1'],
    ['127.0.0.1:'],
    ['127.0.0.1:999999'],
    ['127.0.0.1:PORT\t'],
    [' '],
    ['ⓛocalhost'],
    ['metadata.google.internal'],
    ['169.254.169.254'],
  ])('whose name was bound to this address (Host %j) is not served', async (host) => {
    const named = host.replace('PORT', String(doors.port));
    const headers = { ...doors.owner, host: Buffer.from(named).toString('latin1') };
    // A tab at the end is taken off by HTTP itself.
    if (named.trim() === ours()) return expect((await doors.tcp({ path: '/', headers })).status).toBe(200);
    for (const address of ['/', '/health', '/api/slots', '/mcp'])
      expect([address, (await doors.tcp({ path: address, headers })).status]).toEqual([address, 401]);
  });

  test.each([
    ['null'],
    [''],
    ['https://evil.example'],
    ['http://127.0.0.1'],
    ['http://127.0.0.1:1'],
    ['http://localhost:PORT'],
    ['https://127.0.0.1:PORT'],
    ['http://127.0.0.1:PORT.evil.example'],
    ['http://127.0.0.1:PORT/'],
    ['http://127.0.0.1:PORT, http://evil.example'],
    ['http://evil@127.0.0.1:PORT'],
    ['HTTP://127.0.0.1:PORT'],
    ['file://'],
    ['chrome-extension://abcdef'],
    ['moz-extension://abcdef'],
    ['data:'],
    ['about:blank'],
  ])('with the Origin %j does nothing, even with the token', async (origin) => {
    const headers = { ...doors.owner, origin: origin.replace('PORT', String(doors.port)), host: ours() };
    expect((await doors.tcp({ path: '/api/slots', headers })).status).toBe(401);
    expect((await doors.tcp({ path: '/api/down', method: 'POST', headers })).status).toBe(401);
    expect(await openSocket(`ws://${ours()}/tasks`, [], headers)).toBe(401);
  });

  test.each([
    ['cross-site', 'no-cors', 'empty'],
    ['same-site', 'cors', 'empty'],
    ['cross-site', 'websocket', 'websocket'],
    ['cross-site', 'navigate', 'iframe'],
    ['same-site', 'navigate', 'document'],
    ['', 'no-cors', 'image'],
    ['same-origin, cross-site', 'cors', 'empty'],
  ])('that leaves its Origin out (%s, %s, %s) does nothing', async (site, mode, dest) => {
    const headers = {
      ...doors.owner,
      'sec-fetch-site': site,
      'sec-fetch-mode': mode,
      'sec-fetch-dest': dest,
    };
    expect((await doors.tcp({ path: '/api/slots', headers })).status).toBe(401);
    expect((await doors.tcp({ path: '/api/down', method: 'POST', headers })).status).toBe(401);
    expect(await openSocket(`ws://${ours()}/tasks`, [], headers)).toBe(401);
  });

  test.each([
    'text/plain',
    'text/plain;charset=UTF-8',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/octet-stream',
    'text/html',
    'application/json, text/plain',
    '',
  ])('sends no body as %j, as forms and simple requests do', async (type) => {
    const reply = await doors.tcp({
      path: '/api/tools/mission_kill',
      method: 'POST',
      headers: { ...doors.owner, 'content-type': type },
      body: '{"slotId":"coder-1"}',
    });
    expect([400, 415]).toContain(reply.status);
  });

  test.each(['TRACE', 'CONNECT', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'GET', 'HEAD', 'PROPFIND'])(
    'finds no way in by %s',
    async (method) => {
      if (method === 'CONNECT') {
        const socket = net.connect(doors.port, '127.0.0.1');
        socket.write(`CONNECT 127.0.0.1:${doors.port} HTTP/1.1\r\nHost: ${ours()}\r\n\r\n`);
        socket.resume();
        await once(socket, 'close');
        return;
      }
      const reply = await doors.tcp({
        path: '/api/tools/mission_kill',
        method,
        headers: { ...doors.owner, 'x-http-method-override': 'POST' },
      });
      expect([400, 401, 404, 405]).toContain(reply.status);
    },
  );

  test('gets no reply that it could read, frame or run', async () => {
    for (const address of ['/', '/health', '/api/slots', '/openapi.json', '/nowhere']) {
      const { headers } = await doors.tcp({ path: address, headers: doors.owner });
      expect(headers['content-security-policy'], address).toMatch(/frame-ancestors 'none'/);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

const HOSTILE_NAMES: readonly string[] = [
  '../../etc/passwd',
  '..',
  '/etc/passwd',
  'coder-1/../coder-2',
  'coder-1\u0000.png',
  '..%2f..%2fetc%2fpasswd',
  '..\\..\\windows',
  '__proto__',
  'constructor',
  'toString',
  '-rf',
  '--upload-pack=touch /tmp/evil',
  '$(touch /tmp/evil)',
  '`id`',
  'a;id',
  'сoder-1',
  'coder-1\u202e',
  'coder-1\n',
  ' coder-1',
  'x'.repeat(100_000),
  '',
];
/** Fields that name something of ours. What else is said is words. */
const NAMES =
  /^(?:slotId|role|taskId|questionId|pattern|parentId|status|category|assignee|ids?|mcpConfigPath)$/;

describe('a name that is a way somewhere', () => {
  test.each(
    operations.flatMap(({ name, input, readOnly }) =>
      Object.keys(input.shape)
        .filter((field) => NAMES.test(field))
        .map((field) => [name, field, readOnly] as const),
    ),
  )('%s does nothing with it as its %s', async (name, field, readOnly) => {
    for (const hostile of HOSTILE_NAMES) {
      const reply = await post(
        `/api/tools/${name}`,
        doors.token,
        JSON.stringify({ slotId: 'coder-9', role: 'nobody', taskId: 'ffffffff', [field]: hostile }),
      );
      expect([hostile.slice(0, 40), reply.status < 500]).toEqual([hostile.slice(0, 40), true]);
      if (reply.status >= 400) expect(failureOf(reply).message).not.toBe('');
      // A question may be answered with nothing; words of the board are words.
      else expect(readOnly || name === 'mission_board_create').toBe(true);
    }
  });

  test.each(HOSTILE_NAMES.filter((name) => name !== ''))(
    'no address reaches a file by %j',
    async (hostile) => {
      const name = encodeURIComponent(hostile).slice(0, 8_000);
      for (const address of [`/api/slots/${name}`, `/api/tasks/${name}`, `/${name}`, `/board.js/${name}`]) {
        const { status, body } = await doors.tcp({ path: address, headers: doors.owner });
        expect([address.slice(0, 60), status >= 400 && status < 500]).toEqual([address.slice(0, 60), true]);
        expect(body).not.toContain('root:');
      }
    },
  );
});

describe('a body that is none', () => {
  const deep = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000);
  test.each<[string, string | Uint8Array]>([
    ['half of one', '{"slotId":"coder-1"'],
    ['nothing', ''],
    ['a list', '["coder-1"]'],
    ['a number', '1'],
    ['a word', '"coder-1"'],
    ['bytes that are no text', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['a name with half a letter', Buffer.from('{"slotId":"coder-1\xc3"}', 'latin1')],
    ['a surrogate alone', '{"slotId":"coder-1\\ud800"}'],
    ['lists a hundred thousand deep', deep('[', ']')],
    ['objects a hundred thousand deep', deep('{"a":', '}').replace('}', '1}')],
    ['a number that is none', '{"slotId":1e999999}'],
    ['a number of a megabyte', `{"slotId":${'9'.repeat(1_000_000)}}`],
    ['a prototype', '{"__proto__":{"slotId":"coder-1"}}'],
    ['a prototype of a constructor', '{"constructor":{"prototype":{"slotId":"coder-1"}}}'],
    ['twice the name, the last one hostile', '{"slotId":"coder-1","slotId":"../.."}'],
    ['an object where a name stands', '{"slotId":{"$ne":""}}'],
    ['a list where a name stands', '{"slotId":["coder-1"]}'],
    ['a byte order mark', '\ufeff{"slotId":"../.."}'],
    ['a comment', '{"slotId":"coder-1"/**/}'],
    ['ten megabytes', `{"slotId":"${'x'.repeat(10 * 1024 * 1024)}"}`],
  ])('%s is refused, and nothing is stopped', async (_, body) => {
    const reply = await post('/api/tools/mission_kill', doors.token, body).catch(
      // Too much is not read to its end; the connection is cut.
      (error: unknown) => ({ status: hasCode(error, 'ECONNRESET') || hasCode(error, 'EPIPE') ? 413 : 500 }),
    );
    expect([400, 413]).toContain(reply.status);
    expect(Object.hasOwn(Object.prototype, 'slotId')).toBe(false);
  });

  /** What a connection hears that says just this, until it is closed by the daemon. */
  async function said(bytes: string | Uint8Array): Promise<string> {
    const socket = net.connect(doors.port, '127.0.0.1');
    let heard = '';
    socket.on('data', (data) => {
      heard += String(data);
    });
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.end(bytes);
    await once(socket, 'close');
    return heard;
  }
  const HEAD = () =>
    `POST /api/tools/mission_kill HTTP/1.1\r\nHost: 127.0.0.1:${doors.port}\r\nAuthorization: Bearer ${doors.token}\r\nContent-Type: application/json\r\n`;
  const KILL = '{"slotId":"coder-1"}';

  test.each<[string, () => string]>([
    ['two lengths', () => `${HEAD()}Content-Length: 20\r\nContent-Length: 5\r\n\r\n${KILL}`],
    [
      'a length and chunks',
      () => `${HEAD()}Content-Length: 20\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${KILL}`,
    ],
    ['a negative length', () => `${HEAD()}Content-Length: -1\r\n\r\n${KILL}`],
    ['a length that is none', () => `${HEAD()}Content-Length: 0x14\r\n\r\n${KILL}`],
    ['a chunk that is none', () => `${HEAD()}Transfer-Encoding: chunked\r\n\r\nzz\r\n${KILL}`],
    ['an encoding that nobody knows', () => `${HEAD()}Transfer-Encoding: xchunked\r\n\r\n${KILL}`],
    ['a body that ends too soon', () => `${HEAD()}Content-Length: 2000\r\n\r\n${KILL}`],
    ['a header without an end', () => `${HEAD()}X: `],
    ['a header of a megabyte', () => `${HEAD()}X: ${'x'.repeat(1024 * 1024)}\r\n\r\n`],
    ['ten thousand headers', () => `${HEAD()}${'X: x\r\n'.repeat(10_000)}\r\n`],
    ['a header folded over lines', () => `${HEAD()}X: a\r\n Content-Length: 20\r\n\r\n${KILL}`],
    ['a name with a space', () => `${HEAD()}Content-Length : 20\r\n\r\n${KILL}`],
    ['no Host', () => `POST /api/down HTTP/1.1\r\nAuthorization: Bearer ${doors.token}\r\n\r\n`],
    [
      'two Hosts',
      () =>
        `POST /api/down HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${doors.token}\r\n\r\n`,
    ],
    [
      'an address of another',
      () =>
        `POST http://evil.example/api/down HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer ${doors.token}\r\n\r\n`,
    ],
    ['another protocol', () => 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['TLS', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['an older HTTP', () => 'GET /api/slots HTTP/0.9\r\n\r\n'],
  ])('a request with %s does nothing', async (_, bytes) => {
    expect(await said(bytes())).not.toMatch(/^HTTP\/1\.1 [25]0\d/);
  });
});

describe('a WebSocket that is none', () => {
  const address = () => `ws://127.0.0.1:${doors.port}/pty/coder-1`;
  async function open(): Promise<{ readonly socket: WebSocket; readonly closed: Promise<number> }> {
    const socket = await openSocket(address(), [], doors.owner);
    if (!(socket instanceof WebSocket)) throw new Error(`refused with ${socket}`);
    socket.on('error', () => {});
    return { socket, closed: new Promise((resolve) => socket.once('close', resolve)) };
  }
  /** Sends what no client of ours would. */
  const raw = (socket: WebSocket, bytes: readonly number[]) =>
    void z
      .looseObject({ _socket: z.instanceof(net.Socket) })
      .parse(socket)
      ._socket.write(Buffer.from(bytes));

  test.each<[string, (socket: WebSocket) => void, readonly number[]]>([
    ['a frame without a mask', (socket) => raw(socket, [0x81, 0x01, 0x61]), [1002]],
    ['an opcode that is none', (socket) => raw(socket, [0x83, 0x80, 0, 0, 0, 0]), [1002]],
    ['a reserved bit', (socket) => raw(socket, [0xf1, 0x80, 0, 0, 0, 0]), [1002]],
    ['a continuation of nothing', (socket) => raw(socket, [0x80, 0x80, 0, 0, 0, 0]), [1002]],
    ['a ping of a kilobyte', (socket) => raw(socket, [0x89, 0xfe, 0x04, 0x00, 0, 0, 0, 0]), [1002]],
    [
      'a length of 2^63',
      (socket) => raw(socket, [0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0]),
      [1009],
    ],
    ['a close of one byte', (socket) => raw(socket, [0x88, 0x81, 0, 0, 0, 0, 0x03]), [1002]],
    ['five megabytes', (socket) => socket.send('x'.repeat(5 * 1024 * 1024)), [1009]],
    ['text that is no text', (socket) => socket.send(Buffer.from([0xff]), { binary: false }), [1007]],
    [
      'more messages than anybody means',
      (socket) => {
        for (let count = 0; count < 40_000; count += 1) socket.send('{"type":"ack","sequence":0}');
      },
      [1008, 1006],
    ],
  ])('%s closes that connection alone', async (_, send, codes) => {
    const { socket, closed } = await open();
    send(socket);
    expect(codes).toContain(await closed);
    const other = await open();
    other.socket.terminate();
  });

  test.each([
    ['/pty/..%2f..%2fetc', 4004],
    ['/pty/__proto__', 4004],
    ['/pty/constructor', 4001],
    ['/pty/coder-1%00', 4004],
    ['/pty/coder-1?since=1e309', 4004],
    ['/pty/coder-1?since=-1', 4004],
    ['/pty/coder-1?readonly=__proto__', 4004],
    ['/tasks?since=NaN', 4004],
  ])('%s leads nowhere', async (where, code) => {
    const socket = new WebSocket(`ws://127.0.0.1:${doors.port}${where}`, { headers: doors.owner });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    expect(await closed).toBe(code);
  });

  test.each([
    ['no token', []],
    ['the name of the protocol alone', ['missiond']],
    ['a wrong token', ['missiond', 'token.AAAA']],
    ['an empty token', ['missiond', 'token.x']],
  ])('%s is not upgraded', async (_, protocols) => {
    expect(await openSocket(address(), protocols)).toBe(401);
  });
});

test('over the unix socket the same bodies are refused', async () => {
  for (const body of ['{', '[]', '{"slotId":"../.."}', '{"__proto__":{"slotId":"coder-1"}}']) {
    const reply = await rawRequest({
      socketPath: doors.socketFile,
      path: '/api/tools/mission_kill',
      method: 'POST',
      headers: JSON_TYPE,
      body,
    });
    expect([body, reply.status]).toEqual([body, 400]);
  }
});
