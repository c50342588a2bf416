import { type DestinationStream, type Logger, pino } from 'pino';
import { redactTokens } from '../db/redact-tokens.ts';

/** The log of a program of ours: a file of its owner, in which nothing stands that looks like a secret. */
export function openCleanLog({
  name,
  file,
  level = 'info',
  sync = false,
}: {
  readonly name: string;
  readonly file: string;
  readonly level?: string;
  /** Nothing is lost when the program is killed. */
  readonly sync?: boolean;
}): Logger {
  const destination = pino.destination({ dest: file, mode: 0o600, sync });
  const clean: DestinationStream & Pick<typeof destination, 'flush'> = {
    write: (line) => void destination.write(redactTokens(line)),
    flush: (done) => destination.flush(done),
  };
  return pino({ name, level }, clean);
}
