import path from 'node:path';
import { z } from 'zod';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { Said } from '../../services/router/api.ts';
import { hearAnswer } from '../answer-events.ts';
import { ErrorBody, toldError } from '../error-body.ts';
import { type Exchange, exchange } from '../exchange.ts';
import { askHealth } from '../find-daemon.ts';

const AnyBody = z.record(z.string(), z.unknown());

function unreachable(home: string, cause?: unknown): MissionError {
  return new MissionError('daemon_unreachable', `No daemon serves ${home}.`, {
    remedy: 'Start it with `missiond up`.',
    cause,
  });
}

type Call = Pick<Exchange, 'method' | 'path' | 'body'>;

interface Speaker {
  readonly isAgents?: boolean;
  /** Whose call it is; the owner's without one. */
  readonly token?: string | undefined;
}

async function toDaemon(home: string, call: Call, { isAgents = false, token }: Speaker): Promise<Exchange> {
  if ((await askHealth(home)) === null) throw unreachable(home);
  return {
    at: { socketPath: path.join(home, 'missiond.sock') },
    ...call,
    // In the session of a slot no person sits at the command line: what only a person may answer is not answered there.
    headers: {
      ...(isAgents ? {} : { 'x-missiond-caller': 'cli' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
  };
}

/**
 * Asks the daemon of a home over its unix socket. A call that waits (ask) has no limit of its own.
 * @throws MissionError what the daemon said, or `daemon_unreachable`
 */
export async function callDaemon(
  home: string,
  call: Call,
  speaker: Speaker = {},
): Promise<Record<string, unknown>> {
  const reply = await exchange(await toDaemon(home, call, speaker)).catch((cause: unknown) => {
    throw unreachable(home, cause);
  });
  const json: unknown = reply.body === '' ? {} : JSON.parse(reply.body);
  if (reply.status < 400) return AnyBody.parse(json);
  const failure = ErrorBody.safeParse(json);
  if (!failure.success) throw new MissionError('internal', `The daemon answered ${reply.status}.`);
  throw toldError(failure.data);
}

/**
 * Asks for an answer that is heard while it is made.
 * @returns all of it
 * @throws MissionError as `callDaemon`
 */
export async function hearDaemon(
  home: string,
  call: Call,
  heard: (said: Said) => void,
  speaker: Speaker = {},
): Promise<Record<string, unknown>> {
  let answer: unknown;
  const events = hearAnswer(
    await toDaemon(home, call, speaker),
    (cause) =>
      new MissionError('daemon_unreachable', `The daemon of ${home} went away before all was said.`, {
        remedy: 'Start it with `missiond up`, and ask again. What was said by then is paid for.',
        cause,
      }),
  );
  for await (const event of events) {
    if (event.event === 'delta') heard({ type: 'words', text: event.data.text });
    else if (event.event === 'restart') heard({ type: 'anew' });
    else answer = event.data;
  }
  return AnyBody.parse(answer);
}
