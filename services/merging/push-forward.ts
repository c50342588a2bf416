import { MissionError } from '../errors/mission-error.ts';
import type { Git, GitCall } from '../worktrees/git.ts';
import type { Turn } from '../worktrees/repository-turns.ts';
import {
  commitAt,
  countBetween,
  fetchRef,
  filesBetween,
  isAncestor,
  REMOTE_WITHIN_MS,
  remoteTip,
} from './branches.ts';
import { short } from './gate-rows.ts';
import type { Destination } from './pull-request-source.ts';
import { pushLargeFiles } from './push-large-files.ts';

/** What is pushed, and where to. */
export interface Forward {
  readonly commit: string;
  readonly destination: Destination;
  /** A branch that is not there yet is made. */
  readonly mayMake: boolean;
  /** From where commits are counted when it is made. */
  readonly base: string;
  /** A ref below which refs may be made. */
  readonly scratch: string;
  /** Nobody else changes the repository meanwhile. */
  readonly turn: Turn;
  /** Looks at the files that change there. @throws MissionError */
  readonly check: (files: readonly string[]) => Promise<void>;
}

export interface Forwarded {
  /** Null of a branch that was made. */
  readonly before: string | null;
  readonly commits: number;
  /** What is left to do by hand. */
  readonly trouble: string | null;
}

function refuse(message: string, remedy: string): MissionError {
  return new MissionError('worktree_refused', `${message} Nothing was pushed.`, { remedy });
}

/**
 * Pushes a commit to a branch elsewhere, where that only goes forward: nothing that somebody else has pushed there is ever
 * written over. Called again after it was broken off, it looks what was done.
 * @throws MissionError `worktree_refused` when nothing was pushed; `worktree_failed` when nobody can say
 */
export async function pushForward(
  git: Git,
  { commit, destination: { to, branch, called }, mayMake, base, scratch, turn, check }: Forward,
  call: GitCall,
): Promise<Forwarded> {
  const before = await remoteTip(git, to, branch, call);
  if (before === commit) return { before, commits: 0, trouble: null };
  if (before === null && !mayMake)
    throw refuse(`${called} has no branch ${branch} any more.`, 'Look at the pull request at the forge.');
  if (before !== null) {
    await fetchRef(git, { remote: to, from: `refs/heads/${branch}`, to: scratch, turn }, call);
    const there = (await commitAt(git, scratch, call)) ?? before;
    if (!(await isAncestor(git, there, commit, call)))
      throw refuse(
        `${branch} of ${called} has moved on to ${short(there)}, which is not in ${short(commit)}.`,
        `Have the agent merge it, then push again: missiond worker more NAME "Merge ${scratch} into your branch."`,
      );
  }
  await check(await filesBetween(git, before ?? base, commit, call));
  const plainly = ['--porcelain', '--no-follow-tags', '--recurse-submodules=no'];
  let trouble: string | null = null;
  try {
    trouble = await pushLargeFiles(git, { remote: to, commit }, call);
    await turn(() =>
      git.git(['push', ...plainly, '--', to, `${commit}:refs/heads/${branch}`], {
        ...call,
        withinMs: REMOTE_WITHIN_MS,
      }),
    );
  } catch (error) {
    call.signal.throwIfAborted();
    if (!(error instanceof MissionError)) throw error;
    // A connection that broke behind the last byte has pushed.
    if ((await remoteTip(git, to, branch, call)) !== commit) {
      const words = `${error.message}\n${String(error.facts['answer'] ?? '')}`.trim();
      throw new MissionError('worktree_failed', `${called} did not take it: ${words}`, { cause: error });
    }
  }
  return { before, commits: await countBetween(git, before ?? base, commit, call), trouble };
}
