import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

const SIZE = '48m';
const BLOCK = Buffer.alloc(64 * 1024);

/** A file system of its own for the database, that can be filled to the last byte. */
export interface SmallDisk {
  readonly folder: string;
  fill(): void;
  /** Gives the room back. */
  free(): void;
  unmount(): void;
}

/** Null where mounting is not allowed. */
export function createSmallDisk(directory: string): SmallDisk | null {
  const folder = path.join(directory, 'disk');
  const ballast = path.join(folder, 'ballast');
  mkdirSync(folder, { mode: 0o700 });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'tmpfs', folder], {
      stdio: 'pipe',
    });
  } catch {
    return null;
  }
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'w');
      try {
        for (;;) writeSync(file, BLOCK);
      } catch {
        // Full: that was the purpose.
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    unmount() {
      execFileSync('umount', ['--lazy', folder], { stdio: 'pipe' });
    },
  };
}
