import http from 'node:http';
import path from 'node:path';
import { z } from 'zod';
import { MissionError } from '../../services/errors/mission-error.ts';
import { ErrorBody, toldError } from '../error-body.ts';

const AnyBody = z.record(z.string(), z.unknown());

function unreachable(home: string, cause: unknown): MissionError {
  return new MissionError('daemon_unreachable', `No daemon serves ${home}.`, {
    remedy: 'Start it with `missiond up`.',
    cause,
  });
}

interface Reply {
  readonly status: number;
  readonly body: string;
}

function exchange(home: string, method: string, url: string, body: unknown): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const request = http.request(
      {
        socketPath: path.join(home, 'missiond.sock'),
        method,
        path: url,
        headers: {
          'x-missiond-caller': 'cli',
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      },
      (response) => {
        let received = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          received += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: received }));
        response.on('error', (cause) => reject(unreachable(home, cause)));
      },
    );
    request.on('error', (cause) => reject(unreachable(home, cause)));
    request.end(text);
  });
}

/**
 * Asks the daemon of a home over its unix socket. A call that waits (ask) has no limit of its own.
 * @throws MissionError what the daemon said, or `daemon_unreachable`
 */
export async function callDaemon(
  home: string,
  method: 'GET' | 'POST',
  url: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const reply = await exchange(home, method, url, body);
  const json: unknown = reply.body === '' ? {} : JSON.parse(reply.body);
  if (reply.status < 400) return AnyBody.parse(json);
  const failure = ErrorBody.safeParse(json);
  if (!failure.success) throw new MissionError('internal', `The daemon answered ${reply.status}.`);
  throw toldError(failure.data);
}
