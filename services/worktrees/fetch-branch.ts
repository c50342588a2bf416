import { MissionError } from '../errors/mission-error.ts';
import type { Git, GitCall } from './git.ts';

/** A remote that hangs holds up nobody for longer. */
const FETCHES_WITHIN_MS = 60_000;

/**
 * Fetches a branch of a remote as it is now.
 * @returns null when it was; otherwise why not, in git's words
 */
export async function fetchBranch(
  git: Git,
  remote: string,
  branch: string,
  call: GitCall,
): Promise<string | null> {
  const refspec = `+refs/heads/${branch}:refs/remotes/${remote}/${branch}`;
  try {
    await git.git(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--', remote, refspec], {
      withinMs: FETCHES_WITHIN_MS,
      ...call,
    });
    return null;
  } catch (error) {
    call.signal.throwIfAborted();
    if (error instanceof MissionError) return error.message;
    throw error;
  }
}
