import { aside } from './aside.ts';
import type { Git, GitCall } from './git.ts';
import { trialMerge } from './trial-merge.ts';

/** How what a branch holds has come into another: not yet, as it was, commit by commit, as one commit, or it holds nothing. */
export type Merged = 'no' | 'merged' | 'rebased' | 'squashed' | 'nothing';

export interface BranchState {
  readonly tip: string;
  /** Commits that the other has not. */
  readonly ahead: number;
  /** Commits of the other that it has not. */
  readonly behind: number;
  /** Commits that neither the other nor a branch of a remote has, as it was last fetched or pushed. */
  readonly unpushed: number;
  readonly merged: Merged;
}

const BY_MISSIOND = ['-c', 'user.name=missiond', '-c', 'user.email=missiond@localhost'] as const;

/** True when every commit of `of` has come into `onto` as one that changes the same. Merges say nothing of themselves. */
async function eachIsIn({ git }: Git, onto: string, of: string, call: GitCall): Promise<boolean> {
  const merges = await git(['rev-list', '--count', '--merges', of, `^${onto}`], call);
  if (merges !== '0') return false;
  const lines = (await git(['cherry', onto, of], call)).split('\n').filter((line) => line !== '');
  return lines.every((line) => line.startsWith('- '));
}

/** How the commits of a branch that another has not have come into it all the same. Nothing is written. */
async function mergedInto(git: Git, onto: string, tip: string, call: GitCall): Promise<Merged> {
  const base = await git.ask(['merge-base', onto, tip], call);
  if (base === null) return 'no';
  const treeOf = (commit: string): Promise<string> => git.git(['rev-parse', `${commit}^{tree}`], call);
  if ((await treeOf(base)) === (await treeOf(tip))) return 'nothing';
  if (await eachIsIn(git, onto, tip, call)) return 'rebased';
  return aside(git, call, async (apart) => {
    const whole = await git.git(
      [...BY_MISSIOND, 'commit-tree', await treeOf(tip), '-p', base, '-m', 'the whole'],
      apart,
    );
    if (await eachIsIn(git, onto, whole, apart)) return 'squashed';
    // With other changes beside it its patch looks different; but merging it would change nothing any more.
    const trial = await trialMerge(git, onto, tip, apart);
    return trial !== null && trial.conflicts.length === 0 && trial.tree === (await treeOf(onto))
      ? 'squashed'
      : 'no';
  });
}

/**
 * How a branch stands to another.
 * @param tip a commit
 * @param onto any name of a commit: the default branch, as its remote had it
 * @throws MissionError `worktree_failed`
 */
export async function branchStateOf(
  git: Git,
  tip: string,
  onto: string,
  call: GitCall,
): Promise<BranchState> {
  const count = async (...revisions: readonly string[]): Promise<number> =>
    Number(await git.git(['rev-list', '--count', ...revisions], call));
  const commit = await git.git(['rev-parse', '--verify', '--end-of-options', `${onto}^{commit}`], call);
  const ahead = await count(tip, `^${commit}`);
  return {
    tip,
    ahead,
    behind: await count(commit, `^${tip}`),
    unpushed: await count(tip, '--not', commit, '--remotes'),
    merged: ahead === 0 ? 'merged' : await mergedInto(git, commit, tip, call),
  };
}
