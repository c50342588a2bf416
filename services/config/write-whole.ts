import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { realPathOf } from './real-path-of.ts';

/** Replaces a file for its owner alone (mode 0600): whole or not at all. A link stays a link. */
export function writeWhole(file: string, content: string): void {
  const target = realPathOf(file);
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
