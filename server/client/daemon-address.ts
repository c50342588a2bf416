import { MissionError } from '../../services/errors/mission-error.ts';
import { readDaemonFile } from '../daemon-file.ts';

export interface DaemonAddress {
  readonly url: string;
  readonly token: string;
}

/** Where the daemon of a home is. @throws MissionError `daemon_unreachable` when none has run there */
export function addressOf(home: string): DaemonAddress {
  const daemon = readDaemonFile(home);
  if (daemon === null) {
    throw new MissionError('daemon_unreachable', `No daemon serves ${home}.`, {
      remedy: 'Start it with `missiond up`.',
    });
  }
  return { url: `http://127.0.0.1:${daemon.port}`, token: daemon.token };
}

export function unreachable({ url }: DaemonAddress, cause: unknown): MissionError {
  return new MissionError(
    'daemon_unreachable',
    `No daemon answers at ${url}: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`,
    { remedy: 'Start it with `missiond up`. What it had begun goes on when it is back.', cause },
  );
}
