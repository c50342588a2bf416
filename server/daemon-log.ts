import { type DestinationStream, type Logger, pino } from 'pino';
import { redactTokens } from '../services/config/redact-tokens.ts';

/** The log of the daemon: a file of its owner, in which nothing stands that looks like a secret. */
export function openDaemonLog(file: string, level: string): Logger {
  const destination = pino.destination({ dest: file, mode: 0o600, sync: false });
  const clean: DestinationStream & Pick<typeof destination, 'flush'> = {
    write: (line) => void destination.write(redactTokens(line)),
    flush: (done) => destination.flush(done),
  };
  return pino({ name: 'missiond', level }, clean);
}
