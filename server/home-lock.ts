import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { MissionError } from '../services/errors/mission-error.ts';
import { isAlive, markOf, type ProcessMark } from '../services/pty/process-tree.ts';

/** Two daemons that find the same dead lock may both try to take it; one wins within a few tries. */
const TRIES = 5;

function readLock(file: string): ProcessMark | null {
  try {
    const [pid, started] = readFileSync(file, 'utf8').trim().split(' ');
    return pid === undefined || started === undefined ? null : { pid: Number(pid), started };
  } catch {
    return null;
  }
}

/**
 * One daemon a home. The lock names the process and when it started, so that a lock left by a killed daemon,
 * or by one whose id was given to another program, does not hold.
 * @returns the way to give it back
 * @throws MissionError `daemon_running`
 */
export function lockHome(home: string): () => void {
  const file = path.join(home, 'daemon.lock');
  const me = markOf(process.pid);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      const descriptor = openSync(file, 'wx', 0o600);
      writeSync(descriptor, `${process.pid} ${me?.started ?? '0'}\n`);
      closeSync(descriptor);
      return () => {
        if (readLock(file)?.pid === process.pid) rmSync(file, { force: true });
      };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = readLock(file);
      if (holder !== null && isAlive(holder)) {
        throw new MissionError('daemon_running', `A daemon (process ${holder.pid}) already serves ${home}.`, {
          remedy: 'Use it (`missiond status`), stop it (`missiond down`), or choose another MISSIOND_HOME.',
          facts: { pid: holder.pid },
        });
      }
      rmSync(file, { force: true });
    }
  }
  throw new MissionError('daemon_running', `Another daemon is starting in ${home}.`, {
    remedy: 'Try again in a moment.',
  });
}
