import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** Where git notes the branch to which it comes back when what is half done in a working tree has ended. */
const NOTES = ['rebase-merge/head-name', 'rebase-apply/head-name', 'BISECT_START'] as const;

const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');

/**
 * The git folder of a working tree that is in the midst of rebasing or bisecting a branch, and stands at none meanwhile;
 * null when none is. A branch that is moved then keeps git from coming to its end there.
 * @param repository the common git folder
 */
export async function halfDoneOn(repository: string, branch: string): Promise<string | null> {
  const linked = await readdir(path.join(repository, 'worktrees')).catch(() => []);
  const folders = [repository, ...linked.map((name) => path.join(repository, 'worktrees', name))];
  const names: ReadonlySet<string> = new Set([branch, `refs/heads/${branch}`]);
  for (const folder of folders)
    for (const note of NOTES) if (names.has((await read(path.join(folder, note))).trim())) return folder;
  return null;
}
