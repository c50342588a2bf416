import path from 'node:path';
import { MissionError } from '../services/errors/mission-error.ts';
import { takeLock } from '../services/lock/take-lock.ts';
import { readDaemonFile } from './daemon-file.ts';

const lockFile = (home: string): string => path.join(home, 'daemon-lock.db');

/**
 * One daemon a home.
 * @returns the way to give the home back
 * @throws MissionError `daemon_running`
 */
export function lockHome(home: string): () => void {
  const release = takeLock(lockFile(home));
  if (release !== null) return release;
  const pid = readDaemonFile(home)?.pid;
  throw new MissionError(
    'daemon_running',
    pid === undefined
      ? `A daemon is just starting in ${home}.`
      : `A daemon (process ${pid}) already serves ${home}.`,
    {
      remedy: 'Use it (`missiond status`), stop it (`missiond down`), or choose another MISSIOND_HOME.',
      ...(pid === undefined ? {} : { facts: { pid } }),
    },
  );
}

/** True while a daemon has the home, from before it opens anything until it has closed everything. */
export function homeIsLocked(home: string): boolean {
  const release = takeLock(lockFile(home));
  release?.();
  return release === null;
}
