import { statSync } from 'node:fs';
import { type DestinationStream, type Logger, pino } from 'pino';
import { redactTokens } from '../db/redact-tokens.ts';
import { MOST_LOG_BYTES, rotateLog } from '../services/diagnostics/log-rotation.ts';

/** Bytes of a log that an earlier run has left. */
function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}

/** The log of a program of ours: a file of its owner, in which nothing stands that looks like a secret. It is put aside when it is large. */
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
  let bytes = sizeOf(file);
  const clean: DestinationStream & Pick<typeof destination, 'flush'> = {
    write(line) {
      const said = redactTokens(line);
      destination.write(said);
      bytes += Buffer.byteLength(said);
      if (bytes < MOST_LOG_BYTES) return;
      bytes = 0;
      rotateLog(file);
      destination.reopen();
    },
    flush: (done) => destination.flush(done),
  };
  return pino({ name, level }, clean);
}
