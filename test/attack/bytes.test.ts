import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { hasCode } from '../../services/errors/system-error.ts';
import type { OpenDoors } from '../server/open-doors.ts';
import { openSocket, rawRequest } from '../server/raw-request.ts';
import { type AttackedDoors, bearer, JSON_TYPE, openAttackedDoors } from './attacked-doors.ts';

let attacked: AttackedDoors;
let doors: OpenDoors;
beforeAll(async () => {
  attacked = await openAttackedDoors();
  ({ doors } = attacked);
});
afterAll(() => attacked.closeUntouched());

const post = (address: string, token: string, body: string | Uint8Array, headers: object = {}) =>
  doors.tcp({ path: address, method: 'POST', headers: { ...bearer(token), ...JSON_TYPE, ...headers }, body });
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
