import { MissionError } from '../errors/mission-error.ts';
import { aside } from './aside.ts';
import type { Git, GitCall } from './git.ts';

/** A git before 2.38 has no `merge-tree --write-tree`. */
const NO_SUCH_OPTION = /usage: git merge-tree|unknown rev --write-tree|unknown option/i;
const CONFLICTS = 1;

export interface TrialMerge {
  readonly tree: string;
  /** Files that do not merge by themselves. */
  readonly conflicts: readonly string[];
}

/**
 * Merges two commits without a working tree. The objects that it writes go where the call says.
 * @returns null when this git cannot (before 2.38)
 */
export async function trialMerge(
  { git }: Git,
  ours: string,
  theirs: string,
  call: GitCall,
): Promise<TrialMerge | null> {
  const args = ['merge-tree', '--write-tree', '--name-only', '--no-messages', '-z', ours, theirs];
  const read = (answer: string): TrialMerge => {
    const [tree = '', ...conflicts] = answer.split('\0').filter((part) => part !== '');
    return { tree, conflicts };
  };
  try {
    return read(await git(args, call));
  } catch (error) {
    call.signal.throwIfAborted();
    if (!(error instanceof MissionError)) throw error;
    const { status, words, answer } = error.facts;
    if (status === CONFLICTS && typeof answer === 'string') return read(answer);
    if (NO_SUCH_OPTION.test(String(words))) return null;
    throw error;
  }
}

/**
 * The files on which two commits would conflict; nothing is written.
 * @returns null when this git cannot say (before 2.38)
 * @throws MissionError `worktree_failed`
 */
export function conflictsBetween(
  git: Git,
  one: string,
  other: string,
  call: GitCall,
): Promise<readonly string[] | null> {
  return aside(git, call, async (apart) => (await trialMerge(git, one, other, apart))?.conflicts ?? null);
}
