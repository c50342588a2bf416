import { MissionError } from '../errors/mission-error.ts';
import { type BranchedWorktree, elsewhere } from '../worktrees/contents.ts';
import type { Git, GitCall } from '../worktrees/git.ts';
import { halfDoneOn, halfDoneWords } from '../worktrees/half-done-on.ts';
import { tipOf } from '../worktrees/repository.ts';

export interface LandWish {
  /** The branch that gets the commits. */
  readonly onto: string;
  /** The words of a merge, where one is needed. */
  readonly message: string;
}

export interface Landing {
  readonly how: 'nothing' | 'forwarded' | 'merged';
  /** Where the branch stood, and where it stands now. */
  readonly before: string;
  readonly after: string;
  /** The working tree that was brought along; null when it is checked out nowhere. */
  readonly workingTree: string | null;
}

const BY_MISSIOND = ['-c', 'user.name=missiond', '-c', 'user.email=missiond@localhost'] as const;

function refuse(message: string, remedy: string): MissionError {
  return new MissionError('worktree_refused', message, { remedy });
}

/** The tree of a merge, in memory: no index and no file is touched. */
async function mergedTree({ git, ask }: Git, ours: string, theirs: string, call: GitCall): Promise<string> {
  const clean = await ask(['merge-tree', '--write-tree', '--no-messages', ours, theirs], call);
  if (clean !== null) return clean.split('\n')[0] ?? '';
  const base = await git(['merge-base', ours, theirs], call);
  const changed = async (tip: string) =>
    (await git(['diff', '--name-only', '-z', base, tip, '--'], call))
      .split('\0')
      .filter((name) => name !== '');
  const [mine, others] = [await changed(ours), new Set(await changed(theirs))];
  const both = mine.filter((name) => others.has(name));
  throw refuse(
    `It conflicts with what has been merged meanwhile${both.length === 0 ? '' : `, in ${both.slice(0, 20).join(', ')}`}.`,
    'Have the agent merge or rebase onto it, then land it again.',
  );
}

/**
 * Brings the commits of a worktree's branch into another one: forwarded where that is possible, else merged. A working
 * tree in which that branch is checked out goes along when nothing is loose in it; else nothing happens. Nothing that is
 * not committed is ever touched.
 * @throws MissionError `worktree_refused`
 */
export async function landBranch(
  git: Git,
  worktree: BranchedWorktree,
  { onto, message }: LandWish,
  signal: AbortSignal,
): Promise<Landing> {
  const call = { cwd: worktree.repository, signal };
  const tip = await tipOf(git, worktree.repository, worktree.branch, signal);
  if (tip === null)
    throw refuse(`The branch ${worktree.branch} is gone.`, 'Look for its commits with git reflog.');
  const before = await tipOf(git, worktree.repository, onto, signal);
  if (before === null) throw refuse(`There is no branch ${onto} here.`, `Make it: git branch ${onto} REF.`);
  const isIn = async (one: string, other: string): Promise<boolean> =>
    (await git.ask(['merge-base', '--is-ancestor', one, other], call)) !== null;
  const workingTree = await elsewhere(git, { ...worktree, branch: onto, path: worktree.repository }, signal);
  if (await isIn(tip, before)) return { how: 'nothing', before, after: before, workingTree };
  const halfDone = await halfDoneOn(git, onto, call);
  if (halfDone !== null)
    throw refuse(`${halfDoneWords(onto, halfDone)}.`, 'Then land it again. Nothing was changed.');
  if (workingTree !== null) {
    const loose = await git.git(['status', '--porcelain=v1', '-z', '--untracked-files=no'], {
      cwd: workingTree,
      signal,
    });
    if (loose !== '')
      throw refuse(
        `${onto} is checked out in ${workingTree}, with changes that are not committed.`,
        'Commit them there, or check out another branch, then land it again. Nothing was changed.',
      );
  }
  const isForward = await isIn(before, tip);
  const after = isForward
    ? tip
    : await git.git(
        [
          ...BY_MISSIOND,
          'commit-tree',
          await mergedTree(git, before, tip, call),
          '-p',
          before,
          '-p',
          tip,
          '-m',
          message,
        ],
        call,
      );
  // git itself looks once more, and refuses where a file that it does not track would be written over, ignored or not.
  if (workingTree !== null)
    await git.git(['merge', '--ff-only', '--no-autostash', '--no-overwrite-ignore', '--quiet', after], {
      cwd: workingTree,
      signal,
    });
  else
    await git.git(
      ['update-ref', '-m', `missiond: ${worktree.branch} landed`, `refs/heads/${onto}`, after, before],
      call,
    );
  return { how: isForward ? 'forwarded' : 'merged', before, after, workingTree };
}
