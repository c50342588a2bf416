import { readdir, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { checkoutsOf } from '../worktrees/contents.ts';
import type { Git, GitCall } from '../worktrees/git.ts';

/** Names in the folder of checks begin so, and go on with the repository and the commit. */
export const checkFolderName = (repository: string, commit: string): string =>
  `merge-${repository}-${commit}`;

/**
 * Removes the working trees that a daemon which was killed has left of its checks. Nobody works in them.
 * @param folder where they are made
 * @throws MissionError `worktree_failed`
 */
export async function removeLeftChecks(git: Git, folder: string, call: GitCall): Promise<void> {
  const top = await realpath(folder).catch(() => null);
  if (top === null) return;
  for (const { place } of await checkoutsOf(git, call.cwd, call.signal))
    if (path.dirname(place) === top) {
      await rm(place, { recursive: true, force: true });
      await git.git(['worktree', 'remove', '--force', '--force', '--', place], call);
    }
}

/** Removes those of repositories that there are no more. @param known by their names */
export async function removeStrangeChecks(folder: string, known: readonly string[]): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names)
    if (!known.some((repository) => name.startsWith(checkFolderName(repository, ''))))
      await rm(path.join(folder, name), { recursive: true, force: true });
}
