import type { Stats } from 'node:fs';
import { MissionError } from '../errors/mission-error.ts';
import { hasCode } from '../errors/system-error.ts';
import { readRegularFile } from './regular-file.ts';

/** Bits of a mode that let others in. */
const OTHERS = 0o077;

function refuse(message: string, remedy: string, cause?: unknown): MissionError {
  return new MissionError('config_invalid', message, { remedy, cause });
}

/** @throws MissionError `config_invalid` for what is not the user's own alone */
function checkOwn(file: string, stat: Stats): void {
  if (!stat.isFile()) throw refuse(`${file} is no file.`, 'Take away what stands in its place.');
  if (process.geteuid !== undefined && stat.uid !== process.geteuid())
    throw refuse(
      `${file} belongs to another user (${stat.uid}).`,
      `Run \`chown $(id -u) ${file} && chmod 600 ${file}\`, if you know what it holds; else remove it.`,
    );
  if ((stat.mode & OTHERS) !== 0)
    throw refuse(
      `Others may read or write ${file}.`,
      `Look who has written to it, then run \`chmod 600 ${file}\`.`,
    );
}

/**
 * Reads a file that holds secrets, if it is the user's own and nobody else may read or write it. What is checked is what
 * is read, whoever puts another file there meanwhile.
 * @returns null when there is no such file
 * @throws MissionError `config_invalid` that says what to do
 */
export function readPrivateFile(file: string): string | null {
  try {
    return readRegularFile(file, (stat) => checkOwn(file, stat));
  } catch (cause) {
    if (cause instanceof MissionError) throw cause;
    if (hasCode(cause, 'ENOENT') || hasCode(cause, 'ENOTDIR')) return null;
    throw refuse(`${file} cannot be read.`, `It must be yours: look with \`ls -l ${file}\`.`, cause);
  }
}
