import path from 'node:path';
import type { BranchedWorktree } from './contents.ts';
import type { Git } from './git.ts';

/** What the log of a branch says that was made for a worktree. */
const madeFor = (worktree: BranchedWorktree): string => `missiond: made for ${path.basename(worktree.path)}`;

/**
 * Makes the branch of a worktree, with a word in its log: by it, it is told from one of the same name that a person, or
 * another task, has made after this one was only planned.
 * @throws MissionError `worktree_failed` when there is such a branch
 */
export async function createBranch(
  { git }: Git,
  worktree: BranchedWorktree,
  signal: AbortSignal,
): Promise<void> {
  const { repository, branch, base } = worktree;
  const nothing = '0'.repeat(base.length);
  await git(
    ['update-ref', '--create-reflog', '-m', madeFor(worktree), `refs/heads/${branch}`, base, nothing],
    { cwd: repository, signal },
  );
}

/**
 * True for a branch that was made for the worktree and has not moved since.
 * @param tip where it stands
 * @throws MissionError `worktree_failed`
 */
export async function isAsMade(
  { git }: Git,
  worktree: BranchedWorktree,
  tip: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (tip !== worktree.base) return false;
  const last = await git(
    [
      'log',
      '--walk-reflogs',
      '--max-count=1',
      '--no-show-signature',
      '--format=%gs',
      `refs/heads/${worktree.branch}`,
      '--',
    ],
    { cwd: worktree.repository, signal },
  );
  return last === madeFor(worktree);
}

/**
 * Deletes the branch of a worktree. The section of a branch in the configuration is left as it is.
 * @param tip where it was seen to stand: one that has moved since stays
 * @throws MissionError `worktree_failed`
 */
export async function deleteBranch(
  { git }: Git,
  { repository, branch }: BranchedWorktree,
  tip: string,
  signal: AbortSignal,
): Promise<void> {
  await git(['update-ref', '-d', `refs/heads/${branch}`, tip], { cwd: repository, signal });
}
