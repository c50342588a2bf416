import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { operations } from '../../server/tools/registry.ts';
import { failureOf, type OpenDoors } from '../server/open-doors.ts';
import { openSocket } from '../server/raw-request.ts';
import { type AttackedDoors, bearer, JSON_TYPE, openAttackedDoors } from './attacked-doors.ts';

let attacked: AttackedDoors;
let doors: OpenDoors;
let viewer = '';
let orchestrator = '';
beforeAll(async () => {
  attacked = await openAttackedDoors();
  ({ doors, viewer, orchestrator } = attacked);
});
afterAll(() => attacked.closeUntouched());

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
/** Fields that hold words of people. Whatever else is said names something. */
const WORDS =
  /^(?:prompt|question|message|response|title|description|content|promptTemplate|author|labels|call|rule|idempotencyKey|context|why)$/;

describe('a name that is a way somewhere', () => {
  test.each(
    operations.flatMap(({ name, input, readOnly }) =>
      Object.keys(input.shape)
        .filter((field) => !WORDS.test(field))
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
      // A question may be answered with nothing; words of the board are words; what nobody knows is forgotten.
      else if (name === 'mission_kb_forget') expect(JSON.parse(reply.body)).toMatchObject({ deleted: 0 });
      // A consumer gives itself a name, and has nothing by it but a place.
      else if (name === 'mission_task_ack')
        expect(JSON.parse(reply.body)).toMatchObject({ acknowledged: expect.any(Number) });
      else
        expect([hostile.slice(0, 40), readOnly || name === 'mission_board_create']).toEqual([
          hostile.slice(0, 40),
          true,
        ]);
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
