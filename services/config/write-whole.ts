import { chmodSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Where a file that may be a link really is written. */
function written(file: string): string {
  try {
    return realpathSync.native(file);
  } catch {
    return file;
  }
}

/** Replaces a file for its owner alone (mode 0600): whole or not at all. A link stays a link. */
export function writeWhole(file: string, content: string): void {
  const target = written(file);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content, { mode: 0o600 });
    chmodSync(temporary, 0o600);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
