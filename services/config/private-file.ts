import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { MissionError } from '../errors/mission-error.ts';
import { hasCode } from '../errors/system-error.ts';

/** Bits of a mode that let others in. */
const OTHERS = 0o077;

function refuse(message: string, remedy: string, cause?: unknown): MissionError {
  return new MissionError('config_invalid', message, { remedy, cause });
}

/**
 * Opens a file of ours.
 * @returns null when there is none
 * @throws MissionError `config_invalid`
 */
function open(file: string): number | null {
  try {
    // Somebody may have put a pipe there, on which an ordinary `open` waits for ever.
    return openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if (hasCode(cause, 'ENOENT') || hasCode(cause, 'ENOTDIR')) return null;
    throw refuse(`${file} cannot be read.`, `It must be yours: look with \`ls -l ${file}\`.`, cause);
  }
}

/**
 * Reads a file that holds secrets, if it is the user's own and nobody else may read or write it. What is checked is what
 * is read, whoever puts another file there meanwhile.
 * @returns null when there is no such file
 * @throws MissionError `config_invalid` that says what to do
 */
export function readPrivateFile(file: string): string | null {
  const descriptor = open(file);
  if (descriptor === null) return null;
  try {
    const stat = fstatSync(descriptor);
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
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}
