import { renameSync } from 'node:fs';

/** A log that has grown beyond this is put aside. */
export const MOST_LOG_BYTES = 10 * 1024 * 1024;
/** So many that were put aside are kept; the oldest one goes. */
const KEPT_LOGS = 3;

/** What `rotateLog` makes of a name, the latest first; the log itself is 0. */
const putAside = (file: string, age: number): string => (age === 0 ? file : `${file}.${age}`);

/** A log with those that were put aside of it, the latest first. They need not be there. */
export function withOlderLogs(file: string): readonly string[] {
  return Array.from({ length: KEPT_LOGS + 1 }, (_, age) => putAside(file, age));
}

/**
 * Puts a log aside as `<file>.1`, what was that as `<file>.2`, and so on. Whoever writes to it must open it anew: the
 * name is free now. One that cannot be renamed goes on growing, which is better than none.
 */
export function rotateLog(file: string): void {
  for (let age = KEPT_LOGS - 1; age >= 0; age -= 1) {
    try {
      renameSync(putAside(file, age), putAside(file, age + 1));
    } catch {
      // It is not there, or may not be renamed.
    }
  }
}
