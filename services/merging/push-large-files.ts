import { MissionError } from '../errors/mission-error.ts';
import type { Git, GitCall } from '../worktrees/git.ts';

/** Large files are large, and nobody waits for the repository meanwhile. Milliseconds. */
const PUSHES_WITHIN_MS = 30 * 60_000;
const NO_SUCH_PROGRAM = /is not a git command/i;

/**
 * Brings to a remote what Git LFS keeps of a commit beside git. Its own hook would do it, and hooks of the person do not
 * run here. Before the commit itself: a remote that has the one without the other shows everybody files that are not there.
 * @returns what a person should know; null when all of it is there, or the commit has nothing of that kind
 * @throws MissionError `worktree_failed` when the remote did not take it
 */
export async function pushLargeFiles(
  git: Git,
  { remote, commit }: { readonly remote: string; readonly commit: string },
  call: GitCall,
): Promise<string | null> {
  const attributes = ['--', ':(glob)**/.gitattributes'];
  const uses = await git.ask(['grep', '--quiet', '-e', 'filter=lfs', commit, ...attributes], call);
  if (uses === null) return null;
  try {
    await git.git(['lfs', 'push', remote, commit], { ...call, withinMs: PUSHES_WITHIN_MS });
    return null;
  } catch (error) {
    call.signal.throwIfAborted();
    if (!(error instanceof MissionError) || !NO_SUCH_PROGRAM.test(error.message)) throw error;
    return `Files of this repository are kept by Git LFS, and git-lfs is not installed here: look whether ${remote} has them (git lfs push ${remote} ${commit}).`;
  }
}
