import { statSync } from 'node:fs';
import path from 'node:path';
import { createRealPaths } from '../permissions/real-path.ts';

/** PATH_MAX of Linux. */
const MOST_CHARACTERS = 4_096;

/** False for a folder, a pipe, a device: reading them may never end. A file may come later. */
function mayBeFile(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
  } catch {
    return false;
  }
}

/**
 * Whether a file is, or will be, a transcript that Claude Code keeps: below `projects` of its own folder, wherever links
 * lead. Without a folder nothing is.
 */
export function isOwnTranscript(file: string, configDirectory: string | null): boolean {
  if (configDirectory === null || file.length > MOST_CHARACTERS || file.includes('\0')) return false;
  // Claude Code names it whole; `link/..` would be another place for the kernel than for us.
  if (!path.isAbsolute(file) || path.normalize(file) !== file || !file.endsWith('.jsonl')) return false;
  const paths = createRealPaths();
  const projects = paths.of(path.join(path.resolve(configDirectory), 'projects'));
  return paths.of(file).startsWith(`${projects}${path.sep}`) && mayBeFile(file);
}
