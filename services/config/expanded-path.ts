import os from 'node:os';
import path from 'node:path';

/** A path of a configuration file as an absolute one; `~` is the home of the person. */
export function expandedPath(text: string): string {
  return path.resolve(text.replace(/^~(?=$|\/)/, os.homedir()));
}
