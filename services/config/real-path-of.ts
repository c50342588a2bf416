import { realpathSync } from 'node:fs';

/** Where a file or folder really is, links followed; itself where it is not there yet, or cannot be looked at. */
export function realPathOf(file: string): string {
  try {
    return realpathSync.native(file);
  } catch {
    return file;
  }
}
