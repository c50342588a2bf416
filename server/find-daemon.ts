import path from 'node:path';
import { z } from 'zod';
import { MissionError } from '../services/errors/mission-error.ts';
import { type DaemonFile, readDaemonFile } from './daemon-file.ts';
import { exchange } from './exchange.ts';

/** A daemon answers this within milliseconds, on an overloaded machine within seconds. One that was stopped never does. */
const ANSWERS_WITHIN_MS = 10_000;

/** Daemons of earlier versions do not name their process. */
const Health = z.object({ pid: z.number().optional() });
type Health = z.infer<typeof Health>;

/**
 * What the daemon that answers on the socket of a home says of itself, or null when there is none.
 * @throws MissionError `daemon_unreachable` when it takes connections but does not answer
 */
export async function askHealth(home: string): Promise<Health | null> {
  const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
  try {
    const { body } = await exchange({
      at: { socketPath: path.join(home, 'missiond.sock') },
      method: 'GET',
      path: '/health',
      signal,
    });
    return Health.parse(JSON.parse(body));
  } catch (cause) {
    if (!signal.aborted) return null;
    const pid = readDaemonFile(home)?.pid;
    throw new MissionError(
      'daemon_unreachable',
      `The daemon of ${home}${pid === undefined ? '' : ` (process ${pid})`} does not answer.`,
      {
        remedy:
          'It is stopped, or waits for a disk. `kill -CONT` wakes a stopped one; after `kill -KILL` and `missiond up` its agents are found again.',
        cause,
      },
    );
  }
}

/**
 * The daemon that serves a home, or null when none does, or not yet: the file of an earlier one is there before the new
 * one has written its own.
 * @throws MissionError `daemon_unreachable` when it takes connections but does not answer
 */
export async function findDaemon(home: string): Promise<DaemonFile | null> {
  const answers = await askHealth(home);
  const file = readDaemonFile(home);
  if (answers === null || file === null) return null;
  return answers.pid === undefined || answers.pid === file.pid ? file : null;
}
