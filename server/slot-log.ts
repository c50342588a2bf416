import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from 'pino';
import { redactTokens } from '../db/redact-tokens.ts';
import { logsFolder } from '../services/config/home.ts';
import { MOST_LOG_BYTES, rotateLog } from '../services/diagnostics/log-rotation.ts';

/** The file of a slot that `missiond logs` shows. */
export const slotLogFile = (home: string, slotId: string): string =>
  path.join(logsFolder(home), `slot-${slotId}.log`);

const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
/** What somebody has laid in its place, a link or a pipe, is not written to. */
const OWN_FILE = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;

/** One line of JSON. A full disk costs the line, not the daemon. */
function appendLine(file: string, facts: object): void {
  try {
    const log = openSync(file, OWN_FILE, 0o600);
    try {
      writeSync(log, `${redactTokens(JSON.stringify({ time: new Date().toISOString(), ...facts }))}\n`);
      if (fstatSync(log).size > MOST_LOG_BYTES) rotateLog(file);
    } finally {
      closeSync(log);
    }
  } catch {
    // The main log says that the disk is full.
  }
}

/** Writes what happens to the daemon's log, and what happens in a slot to that slot's log too. */
export function createSlotLogger(home: string, logger: Logger) {
  const log = (level: 'info' | 'warn' | 'error') => (facts: object, message: string) => {
    logger[level](facts, message);
    if ('slotId' in facts && typeof facts.slotId === 'string')
      appendLine(slotLogFile(home, facts.slotId), { level, ...facts, message });
  };
  return { info: log('info'), warn: log('warn'), error: log('error') };
}
