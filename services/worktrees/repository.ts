import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import type { Git } from './git.ts';

/** Two repositories of one name have different folders. */
const HASH_LETTERS = 6;

/** git's words for a folder in no working tree. */
export const NO_WORKING_TREE = /not a git repository|must be run in a work tree/i;

/** A repository, seen from a folder in one of its working trees. */
export interface Repository {
  /** What all its working trees share; one for each repository. */
  readonly commonDir: string;
  /** Where the folder lies below the top of its working tree; empty at the top. */
  readonly prefix: string;
}

/** What is wanted of a new branch. */
export interface BranchWish {
  readonly branch?: string | undefined;
  readonly base?: string | undefined;
}

/**
 * The repository that a folder belongs to.
 * @throws MissionError `no_repository` when it lies in no working tree, `worktree_failed` when git cannot say
 */
export async function repositoryOf({ git }: Git, cwd: string, signal: AbortSignal): Promise<Repository> {
  try {
    // The folder first: a program cannot be started in one that is not there.
    const folder = await realpath(cwd);
    const answer = await git(
      ['rev-parse', '--path-format=absolute', '--is-inside-work-tree', '--git-common-dir', '--show-prefix'],
      { cwd: folder, signal },
    );
    const [isInside, commonDir = '', prefix = ''] = answer.split('\n');
    if (isInside !== 'true') throw new Error('it lies inside a repository, but in no working tree');
    return { commonDir: await realpath(commonDir), prefix };
  } catch (cause) {
    signal.throwIfAborted();
    // git that is missing, or refuses a folder of somebody else, says nothing of the folder.
    if (cause instanceof MissionError && !NO_WORKING_TREE.test(cause.message)) throw cause;
    const why = messageOf(cause);
    throw new MissionError('no_repository', `${cwd} is no working tree of a git repository: ${why}`, {
      remedy: 'Leave `worktree` out, or name a slot whose folder is a clone.',
      cause,
    });
  }
}

/** The folder in which the worktrees of a repository lie: its name, and what tells it from others of that name. */
export function folderNameOf({ commonDir }: Repository): string {
  const own = path.basename(commonDir) === '.git' ? path.dirname(commonDir) : commonDir;
  const name = path.basename(own, '.git').replace(/[^\w.-]/g, '-');
  const hash = createHash('sha256').update(commonDir).digest('hex').slice(0, HASH_LETTERS);
  return `${name || 'repository'}-${hash}`;
}

/** The commit at the tip of a branch; null when there is no such branch. */
export function tipOf(
  { ask }: Git,
  cwd: string,
  branch: string,
  signal: AbortSignal,
): Promise<string | null> {
  // Asked for by its full name, and told apart from one whose commit cannot be read.
  return ask(['show-ref', '--verify', '--hash', `refs/heads/${branch}`], { cwd, signal }, /not a valid ref/);
}

/**
 * A branch that can be made: its name is one, and no branch has it.
 * @throws MissionError `worktree_refused`
 */
export async function requireNewBranch(
  git: Git,
  cwd: string,
  branch: string,
  signal: AbortSignal,
): Promise<void> {
  const valid = await git.ask(['check-ref-format', '--branch', branch], { cwd, signal }, /./);
  if (valid !== branch) {
    throw new MissionError('worktree_refused', `"${branch}" is no name of a branch for git.`, {
      remedy: 'Use letters, digits, dots, dashes and slashes, as in work/login-page.',
    });
  }
  if ((await tipOf(git, cwd, branch, signal)) !== null) {
    throw new MissionError('worktree_refused', `The branch ${branch} is there already.`, {
      remedy: `Choose another name, or begin there: {"branch": "NEW", "base": "${branch}"}.`,
    });
  }
}

/**
 * The commit that a new branch begins at.
 * @param base any name that git understands; the folder's own HEAD when nothing is said
 * @throws MissionError `worktree_refused`
 */
export async function requireBase(
  { ask }: Git,
  cwd: string,
  base: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const name = base ?? 'HEAD';
  const commit = await ask(
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`],
    { cwd, signal },
    // Such as a log that does not go back so far.
    /./,
  );
  if (commit !== null) return commit;
  throw new MissionError(
    'worktree_refused',
    base === undefined ? `The repository of ${cwd} has no commit yet.` : `git knows no commit "${base}".`,
    {
      remedy:
        base === undefined
          ? 'Commit something first.'
          : 'Name a branch, a tag or a commit of the repository.',
    },
  );
}
