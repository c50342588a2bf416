import { once } from 'node:events';
import net from 'node:net';
import { expect } from 'vitest';
import type { FuzzedDaemon } from '../fuzzed-daemon.ts';
import { mutatedBytes } from '../mutate.ts';
import type { Door } from './door.ts';

/** Half a request is held as long as the daemon waits for the rest (15 s); its sender goes away before. */
const GONE_AFTER_MS = 100;

/** Bytes that are nearly HTTP, or nearly a WebSocket, over any socket that takes HTTP. */
export function createRawDoor(
  name: string,
  where: net.NetConnectOpts,
  requests: readonly string[],
): Door & { readonly name: string } {
  /** What comes back until it is closed by either side. */
  async function said(bytes: Uint8Array, patienceMs?: number): Promise<string> {
    const socket = net.connect(where);
    let heard = '';
    socket.on('data', (data) => {
      heard += String(data);
    });
    socket.on('error', () => {});
    await once(socket, 'connect');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(bytes);
    const timer = patienceMs === undefined ? undefined : setTimeout(() => socket.destroy(), patienceMs);
    await closed;
    clearTimeout(timer);
    return heard;
  }
  return {
    name,
    async attempt(random) {
      const bytes = mutatedBytes(Buffer.from(random.pick(requests)), random);
      const [line = ''] = (await said(bytes, GONE_AFTER_MS)).split('\r\n');
      expect(line).not.toMatch(/^HTTP\/1\.1 5/);
    },
    rest: async () => {},
    async honest() {
      const reply = await said(
        Buffer.from('GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'),
      );
      expect(reply).toMatch(/^HTTP\/1\.1 (?:200|426) /);
    },
  };
}

/** Requests, upgrades and frames, as they stand on the wire. */
export function requestsOf({ port, token }: FuzzedDaemon): readonly string[] {
  const head = `Host: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n`;
  const upgrade = (address: string): string =>
    `GET ${address} HTTP/1.1\r\n${head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
  // A text of five letters, in two halves, a ping in between, and a goodbye; the mask is nought.
  const frames = '\x01\x82\0\0\0\0{}\x89\x80\0\0\0\0\x80\x83\0\0\0\0abc\x88\x82\0\0\0\0\x03\xe8';
  const body = '{"slotId":"coder-1"}';
  return [
    // TLS, and nothing at all: what is made of them are any bytes.
    '\x16\x03',
    '',
    `GET /api/slots?limit=3 HTTP/1.1\r\n${head}\r\n`,
    `POST /api/tools/mission_slots HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    `POST /api/tools/mission_slots HTTP/1.1\r\n${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n${body}\r\n0\r\n\r\n`,
    `DELETE /mcp HTTP/1.1\r\n${head}Mcp-Session-Id: x\r\n\r\nGET / HTTP/1.1\r\n${head}\r\n`,
    `${upgrade('/tasks')}${frames}`,
    `${upgrade('/pty/coder-1?readonly=1')}${frames}`,
  ];
}
