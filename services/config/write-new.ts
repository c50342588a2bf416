import { writeFileSync } from 'node:fs';
import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import { hasCode } from '../errors/system-error.ts';

/**
 * Creates a file for its owner alone; one that exists is never touched.
 * @returns whether it did
 * @throws MissionError `config_invalid`
 */
export function writeNew(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw new MissionError('config_invalid', `${file} cannot be written: ${messageOf(error)}`, {
      remedy: 'Make its folder, or name another file.',
      cause: error,
    });
  }
}
