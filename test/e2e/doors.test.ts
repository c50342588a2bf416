import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { operations } from '../../server/tools/registry.ts';
import { openSocket, type RawRequest, rawRequest } from '../server/raw-request.ts';
import { createWorld, type Daemon, eventOf, type World } from './world.ts';

const Failure = z.object({ error: z.object({ code: z.string(), message: z.string().min(1) }) });
const Door = z.object({ hookUrl: z.string(), statusLineUrl: z.string(), token: z.string() });

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld();
  daemon = await world.start();
  await daemon.client.ptySpawn({ slotId: 'coder-1', waitForIdle: true });
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

const host = () => `127.0.0.1:${daemon.port}`;
const owner = () => ({ authorization: `Bearer ${daemon.token}` });
const JSON_TYPE = { 'content-type': 'application/json' };
const tcp = (request: RawRequest) => rawRequest({ port: daemon.port, ...request });
const codeOf = (body: string): string => Failure.parse(JSON.parse(body)).error.code;
/** How Claude Code in a slot reaches the daemon. */
const doorOf = (slotId: string) =>
  Door.parse(JSON.parse(readFileSync(path.join(world.home, 'agents', slotId, 'door.json'), 'utf8')));

describe('REST', () => {
  const post = (name: string, body: string, headers: Readonly<Record<string, string>> = JSON_TYPE) =>
    tcp({ path: name, method: 'POST', headers: { ...owner(), ...headers }, body });

  test('the OpenAPI document describes every operation with its input and its output', async () => {
    const { body } = await tcp({ path: '/openapi.json', headers: owner() });
    const schema = z.looseObject({ content: z.looseObject({}) });
    const { openapi, paths } = z
      .looseObject({
        openapi: z.string().startsWith('3.'),
        paths: z.record(
          z.string(),
          z.looseObject({
            post: z.looseObject({
              operationId: z.string(),
              description: z.string().min(20),
              requestBody: schema,
              responses: z.looseObject({ 200: schema }),
            }),
          }),
        ),
      })
      .parse(JSON.parse(body));
    expect(openapi).toMatch(/^3\./);
    expect(Object.values(paths).map(({ post: { operationId } }) => operationId)).toEqual(
      operations.map(({ name }) => name),
    );
  });

  test('tasks have addresses that read well', async () => {
    const submitted = await post('/api/tasks', JSON.stringify({ role: 'coder', prompt: 'say: over REST' }));
    expect(submitted.status).toBe(200);
    const { taskId } = z.looseObject({ taskId: z.string() }).parse(JSON.parse(submitted.body));
    await eventOf(daemon.client, (event) =>
      event?.type === 'task_changed' && event.task.id === taskId && event.task.status === 'done'
        ? event
        : undefined,
    );
    const task = await tcp({ path: `/api/tasks/${taskId}`, headers: owner() });
    expect(JSON.parse(task.body)).toMatchObject({ id: taskId, status: 'done', result: 'over REST' });
    const again = await post(`/api/tasks/${taskId}/cancel`, '{}');
    expect(JSON.parse(again.body)).toMatchObject({ cancelled: false });
    expect(JSON.parse((await tcp({ path: '/api/slots/coder-1', headers: owner() })).body)).toMatchObject({
      slotId: 'coder-1',
      role: 'coder',
    });
  });

  test.each([
    ['an unknown operation', '/api/tools/mission_nothing', '{}', 404, 'input_invalid'],
    ['an unknown slot', '/api/tools/mission_submit', '{"slotId":"ghost","prompt":"x"}', 404, 'slot_unknown'],
    ['a missing argument', '/api/tools/mission_submit', '{"role":"coder"}', 400, 'input_invalid'],
    ['an argument of another type', '/api/tools/mission_submit', '{"prompt":5}', 400, 'input_invalid'],
    ['half a JSON', '/api/tools/mission_submit', '{"role":', 400, 'input_invalid'],
    ['a list instead of an object', '/api/tools/mission_submit', '[]', 400, 'input_invalid'],
    ['a name that poisons prototypes', '/api/tools/mission_submit', '{"__proto__":{}}', 400, 'input_invalid'],
  ])('%s: a status, a code and a sentence', async (_, address, body, status, code) => {
    const reply = await post(address, body);
    expect({ status: reply.status, code: codeOf(reply.body) }).toEqual({ status, code });
  });

  test('a body that is no JSON, or too large, is refused', async () => {
    expect(
      (await post('/api/tools/mission_agents', 'role=coder', { 'content-type': 'text/plain' })).status,
    ).toBe(400);
    // Refused by what it announces, before a byte of it is read.
    const huge = await tcp({
      path: '/api/tools/mission_submit',
      method: 'POST',
      headers: { ...owner(), ...JSON_TYPE, 'content-length': String(9 * 1024 * 1024) },
    });
    expect({ status: huge.status, code: codeOf(huge.body) }).toEqual({ status: 413, code: 'input_invalid' });
  });

  test('a name in an address that is no slot is not found', async () => {
    const reply = await tcp({ path: '/api/slots/%2e%2e%2fetc', headers: owner() });
    expect({ status: reply.status, code: codeOf(reply.body) }).toEqual({ status: 404, code: 'slot_unknown' });
  });
});

describe('hooks', () => {
  const hook = (url: string, token: string, body: unknown) =>
    tcp({
      path: new URL(url).pathname,
      method: 'POST',
      headers: { ...JSON_TYPE, authorization: `Bearer ${token}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const session = { session_id: '6a3b5a80-7f1d-4d43-9a39-3b2f3a1c0001', cwd: '/' };
  const decisionOf = (body: string): unknown => JSON.parse(body).hookSpecificOutput;

  test("a slot's token opens that slot's hooks and nothing else", async () => {
    const { hookUrl, token } = doorOf('coder-1');
    expect((await hook(hookUrl, token, { ...session, hook_event_name: 'Notification' })).status).toBe(200);
    expect((await hook(hookUrl, daemon.token, {})).status).toBe(401);
    expect((await hook(hookUrl.replace('coder-1', 'researcher-1'), token, {})).status).toBe(401);
    expect((await hook(hookUrl.replace('coder-1', '..%2f..'), token, {})).status).toBe(401);
    expect((await tcp({ path: '/api/slots', headers: { authorization: `Bearer ${token}` } })).status).toBe(
      401,
    );
  });

  test.each(['PreToolUse', 'PermissionRequest'])('a %s that cannot be judged is denied', async (name) => {
    const { hookUrl, token } = doorOf('coder-1');
    const epoch = new URL(hookUrl).pathname.split('/').at(-1) ?? '';
    const whole = { ...session, hook_event_name: name, tool_name: 'Read', tool_input: { file_path: '/x' } };
    const denials = [
      await hook(hookUrl, token, { ...session, hook_event_name: name }),
      await hook(hookUrl, token, { ...whole, tool_name: 7 }),
      await hook(hookUrl, token, { hook_event_name: name }),
      await hook(hookUrl.replace(epoch, '00000000-0000-4000-8000-000000000000'), token, whole),
    ];
    for (const { status, body } of denials) {
      expect(status).toBe(200);
      expect(decisionOf(body)).toMatchObject(
        name === 'PreToolUse' ? { permissionDecision: 'deny' } : { decision: { behavior: 'deny' } },
      );
    }
  });

  test('nonsense changes nothing', async () => {
    const { hookUrl, statusLineUrl, token } = doorOf('coder-1');
    const before = await daemon.client.ptyStatus({ slotId: 'coder-1' });
    for (const body of ['', '{', '[]', 'null', '"Stop"', '{"hook_event_name":"Stop"}']) {
      expect((await hook(hookUrl, token, body)).status).toBeLessThan(500);
      expect((await hook(statusLineUrl, token, body)).status).toBeLessThan(500);
    }
    const after = await daemon.client.ptyStatus({ slotId: 'coder-1' });
    expect(after.slots[0]?.state).toBe(before.slots[0]?.state);
  });

  test('a Stop of another session does not end what this one does', async () => {
    const { hookUrl, token } = doorOf('coder-1');
    const { taskId } = await daemon.client.submit({ slotId: 'coder-1', prompt: 'slow: 6' });
    await eventOf(daemon.client, (event) =>
      event?.type === 'task_changed' && event.task.id === taskId && event.task.status === 'running'
        ? event
        : undefined,
    );
    await hook(hookUrl, token, { ...session, hook_event_name: 'Stop', last_assistant_message: 'forged' });
    const task = await eventOf(daemon.client, (event) =>
      event?.type === 'task_changed' && event.task.id === taskId && event.task.status === 'done'
        ? event.task
        : undefined,
    );
    expect(task.result).toBe('word0 word1 word2 word3 word4 word5');
  });
});

describe('WebSockets', () => {
  const connect = async (address: string): Promise<WebSocket> => {
    const socket = await openSocket(`ws://${host()}${address}`, ['missiond', `token.${daemon.token}`]);
    if (!(socket instanceof WebSocket)) throw new Error(`refused with ${socket}`);
    return socket;
  };
  const Message = z.looseObject({ type: z.string() });
  /** The first message that fits, from the moment of the call. */
  const next = (socket: WebSocket, fits: (message: z.infer<typeof Message>) => boolean) =>
    new Promise<z.infer<typeof Message>>((resolve, reject) => {
      const look = (data: WebSocket.RawData): void => {
        const message = Message.parse(JSON.parse(String(data)));
        if (!fits(message)) return;
        socket.off('message', look);
        resolve(message);
      };
      socket.on('message', look);
      socket.once('close', (code) => reject(new Error(`closed with ${code}`)));
    });

  test('a terminal that does not run is refused and closed', async () => {
    // Listened to before it opens: the refusal comes with the first bytes.
    const socket = new WebSocket(`ws://${host()}/pty/researcher-1`, ['missiond', `token.${daemon.token}`]);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    expect(await next(socket, ({ type }) => type === 'error')).toMatchObject({ code: 'slot_not_running' });
    expect(await closed).toBe(4001);
  });

  test('what cannot be read is answered, and the connection stays', async () => {
    const socket = await connect('/pty/coder-1?readonly=1');
    for (const bad of [
      '{',
      '[]',
      '{"type":"nothing"}',
      '{"type":"input","data":5}',
      Buffer.from([0xff, 0]),
    ]) {
      const error = next(socket, ({ type }) => type === 'error');
      socket.send(bad);
      await error;
    }
    const refused = next(socket, ({ type }) => type === 'error');
    socket.send(JSON.stringify({ type: 'input', data: 'typed by a viewer who may only look' }));
    expect(await refused).toMatchObject({ message: expect.stringMatching(/read-only/i) });
    expect((await daemon.client.ptyScreen({ slotId: 'coder-1' })).screen).not.toContain('may only look');
    socket.terminate();
  });

  test('a message larger than the door closes that connection alone', async () => {
    const [big, other] = [await connect('/pty/coder-1'), await connect('/tasks')];
    const closed = new Promise((resolve) => big.once('close', resolve));
    big.on('error', () => {});
    big.send('x'.repeat(5 * 1024 * 1024));
    // 1006: the connection broke while the rest was still being sent.
    expect([1006, 1009]).toContain(await closed);
    const told = next(other, ({ type }) => type === 'task_changed');
    await daemon.client.submit({ slotId: 'coder-1', prompt: 'say: still served' });
    await told;
    other.terminate();
  });
});

describe('anything at all', () => {
  const addresses = () => {
    const { hookUrl, statusLineUrl, token } = doorOf('coder-1');
    return [
      ...operations.map(({ name }) => ({ path: `/api/tools/${name}`, token: daemon.token })),
      { path: '/mcp', token: daemon.token },
      { path: '/api/tasks', token: daemon.token },
      { path: new URL(hookUrl).pathname, token },
      { path: new URL(statusLineUrl).pathname, token },
    ].filter(({ path: address }) => !/mission_(pty_)?(kill|restart|spawn)$/.test(address));
  };
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .dictionary(
        fc.constantFrom(
          'slotId',
          'role',
          'prompt',
          'taskId',
          'response',
          'hook_event_name',
          'session_id',
          'id',
        ),
        fc.oneof(fc.string(), fc.integer(), fc.constantFrom('coder-1', 'Stop', 'PreToolUse', null, true)),
      )
      .map((value) => Buffer.from(JSON.stringify(value))),
  );

  test('sent to any door is answered without an error of ours, and the daemon goes on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), body, async (choice, bytes) => {
        const all = addresses();
        const door = all[choice % all.length];
        if (door === undefined) return;
        const reply = await tcp({
          path: door.path,
          method: 'POST',
          headers: { ...JSON_TYPE, authorization: `Bearer ${door.token}`, accept: '*/*' },
          body: bytes,
        });
        expect({ ...door, status: reply.status, body: reply.body }).not.toMatchObject({ status: 500 });
      }),
      { numRuns: 400, seed: 20261121 },
    );
    expect(existsSync(path.join(world.home, 'daemon.json'))).toBe(true);
    expect((await daemon.client.ask({ role: 'researcher', question: 'say: unharmed' })).answer).toBe(
      'unharmed',
    );
  });
});
