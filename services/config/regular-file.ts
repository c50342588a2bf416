import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';

/**
 * Reads a file that may be nothing else: somebody may have put a pipe or a device in its place, on which an ordinary read
 * waits for ever or has no end.
 * @param check throws when the file that was opened is not to be read
 * @throws what `node:fs` throws, and Error for what is no file
 */
export function readRegularFile(file: string, check: (stat: Stats) => void = () => {}): string {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    check(stat);
    if (!stat.isFile()) throw new Error('it is no file');
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}
