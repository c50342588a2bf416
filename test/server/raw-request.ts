import http from 'node:http';
import { WebSocket } from 'ws';

export interface RawReply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface RawRequest {
  readonly port?: number;
  readonly socketPath?: string;
  readonly host?: string;
  readonly agent?: http.Agent;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The caller goes away. */
  readonly signal?: AbortSignal;
}

/** A request with exactly these headers, `Host` and `Origin` included, which `fetch` would not send. */
export function rawRequest({ body, ...request }: RawRequest): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    // A connection of its own: one that is kept may be closed by the reply to the request before.
    const sent = http.request({ host: '127.0.0.1', agent: false, ...request }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk) => chunks.push(chunk));
      reply.once('end', () =>
        resolve({
          status: reply.statusCode ?? 0,
          headers: reply.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** Opens a WebSocket: the open socket, or the HTTP status that refused it. */
export function openSocket(
  url: string,
  protocols: readonly string[] = [],
  headers: Readonly<Record<string, string>> = {},
): Promise<WebSocket | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, [...protocols], { headers });
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_, reply) => {
      resolve(reply.statusCode ?? 0);
      socket.terminate();
    });
    socket.once('error', (error) => {
      if (!/Unexpected server response/.test(error.message)) reject(error);
    });
  });
}
