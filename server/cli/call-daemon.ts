import path from 'node:path';
import { z } from 'zod';
import { MissionError } from '../../services/errors/mission-error.ts';
import { ErrorBody, toldError } from '../error-body.ts';
import { exchange } from '../exchange.ts';
import { askHealth } from '../find-daemon.ts';

const AnyBody = z.record(z.string(), z.unknown());

function unreachable(home: string, cause?: unknown): MissionError {
  return new MissionError('daemon_unreachable', `No daemon serves ${home}.`, {
    remedy: 'Start it with `missiond up`.',
    cause,
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
  {
    isAgents = false,
    token,
  }: {
    readonly isAgents?: boolean /** Whose call it is; the owner's without one. */;
    readonly token?: string | undefined;
  } = {},
): Promise<Record<string, unknown>> {
  if ((await askHealth(home)) === null) throw unreachable(home);
  const reply = await exchange({
    at: { socketPath: path.join(home, 'missiond.sock') },
    method,
    path: url,
    // In the session of a slot no person sits at the command line: what only a person may answer is not answered there.
    headers: {
      ...(isAgents ? {} : { 'x-missiond-caller': 'cli' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body,
  }).catch((cause: unknown) => {
    throw unreachable(home, cause);
  });
  const json: unknown = reply.body === '' ? {} : JSON.parse(reply.body);
  if (reply.status < 400) return AnyBody.parse(json);
  const failure = ErrorBody.safeParse(json);
  if (!failure.success) throw new MissionError('internal', `The daemon answered ${reply.status}.`);
  throw toldError(failure.data);
}
