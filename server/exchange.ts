import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';

export interface Reply {
  readonly status: number;
  readonly body: string;
}

export interface Exchange {
  /** A daemon's unix socket, or its address. */
  readonly at: { readonly socketPath: string } | { readonly url: string };
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

function optionsOf(at: Exchange['at'], path: string): http.RequestOptions {
  if ('socketPath' in at) return { ...at, path };
  const url = new URL(`${at.url.replace(/\/$/, '')}${path}`);
  return { protocol: url.protocol, host: url.hostname, port: url.port, path: url.pathname + url.search };
}

/**
 * One request and the beginning of its reply, over a connection of its own. It waits as long as it takes, which `fetch`
 * does not: that gives up after five minutes without headers, and an answer of an agent may take hours.
 * @throws what the connection or the signal says
 */
export function openExchange({
  at,
  method,
  path,
  headers = {},
  body,
  signal,
}: Exchange): Promise<http.IncomingMessage> {
  const json = body === undefined ? undefined : JSON.stringify(body);
  const options = optionsOf(at, path);
  const { request } = options.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...options,
        method,
        agent: false,
        headers: {
          ...headers,
          ...(json === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }),
        },
        ...(signal === undefined ? {} : { signal }),
      },
      resolve,
    );
    sent.on('error', reject);
    sent.end(json);
  });
}

/**
 * One request and its whole reply.
 * @throws what the connection or the signal says
 */
export async function exchange(wanted: Exchange): Promise<Reply> {
  const response = await openExchange(wanted);
  return { status: response.statusCode ?? 0, body: await text(response) };
}
