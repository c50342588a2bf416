import { realpath } from 'node:fs/promises';
import path from 'node:path';

/** Whether words on the screen are exactly a folder, by its own name or the one that it was called by. */
export async function namesFolder(words: string | undefined, folder: string): Promise<boolean> {
  if (words === undefined || !path.isAbsolute(words)) return false;
  if (words === folder) return true;
  return words === (await realpath(folder).catch(() => null));
}
