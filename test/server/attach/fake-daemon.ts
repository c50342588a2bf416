import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import http from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { type WebSocket, WebSocketServer } from 'ws';
import { AttachClientMessage, type AttachServerMessage } from '../../../server/attach/protocol.ts';

export interface FakeDaemon {
  readonly port: number;
  /** The next viewer that connects. */
  viewer(): Promise<FakeViewer>;
  close(): Promise<void>;
}

export interface FakeViewer {
  readonly request: IncomingMessage;
  send(...messages: readonly AttachServerMessage[]): void;
  /** Resolves with everything typed so far as soon as it holds the text. */
  typed(text: string): Promise<string>;
  /** Resolves with the first message that has these fields, also one that came before. */
  said(fields: Partial<AttachClientMessage>): Promise<AttachClientMessage>;
  readonly messages: readonly AttachClientMessage[];
  readonly left: Promise<void>;
  close(code: number, reason: string): void;
}

/** The daemon's end of `/pty/<slot>`, played by hand. `refuse` answers the handshake instead. */
export async function startFakeDaemon(refuse?: { status: number; body: unknown }): Promise<FakeDaemon> {
  const server = http.createServer();
  const sockets = new WebSocketServer({ noServer: true });
  const waiting: ((viewer: FakeViewer) => void)[] = [];
  const arrived: FakeViewer[] = [];

  function serve(socket: WebSocket, request: IncomingMessage): FakeViewer {
    const messages: AttachClientMessage[] = [];
    const checks = new Set<() => void>();
    socket.on('message', (data) => {
      messages.push(AttachClientMessage.parse(JSON.parse(String(data))));
      for (const check of [...checks]) check();
    });
    function when<T>(find: () => T | undefined): Promise<T> {
      return new Promise((resolve) => {
        const check = (): void => {
          const found = find();
          if (found === undefined) return;
          checks.delete(check);
          resolve(found);
        };
        checks.add(check);
        check();
      });
    }
    const typed = (): string => messages.map((one) => (one.type === 'input' ? one.data : '')).join('');
    return {
      request,
      messages,
      send(...all) {
        for (const message of all) socket.send(JSON.stringify(message));
      },
      typed: (text) => when(() => (typed().includes(text) ? typed() : undefined)),
      said: (fields) =>
        when(() => messages.find((message) => isDeepStrictEqual({ ...message, ...fields }, message))),
      left: once(socket, 'close').then(() => undefined),
      close: (code, reason) => socket.close(code, reason),
    };
  }

  server.on('upgrade', (request, socket, head) => {
    if (refuse !== undefined) {
      const body = JSON.stringify(refuse.body);
      socket.end(
        `HTTP/1.1 ${refuse.status} No\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const viewer = serve(webSocket, request);
      const next = waiting.shift();
      if (next === undefined) arrived.push(viewer);
      else next(viewer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  return {
    port,
    viewer: () =>
      new Promise((resolve) => {
        const viewer = arrived.shift();
        if (viewer === undefined) waiting.push(resolve);
        else resolve(viewer);
      }),
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}
