import { MissionError } from '../errors/mission-error.ts';
import type { Git } from './git.ts';
import { liesAt, trueNameOf } from './place.ts';
import { NO_WORKING_TREE, tipOf } from './repository.ts';
import { touchedFiles } from './touched-files.ts';

/** A worktree that was made for somebody: what is stored of it. */
export interface Worktree {
  /** The common git folder of its repository. */
  readonly repository: string;
  /** Its top. */
  readonly path: string;
  /** The branch that was made with it; null for one to read in, which stands at a commit. */
  readonly branch: string | null;
  /** The commit at which that branch began. */
  readonly base: string;
  /** False for a branch that was there before: it is never deleted. */
  readonly ownsBranch?: boolean;
}

/** A worktree with a branch of its own, or one that was there. */
export interface BranchedWorktree extends Worktree {
  readonly branch: string;
}

/** What has come of a worktree since it was made. Files that git ignores do not count. */
export interface Contents {
  /** False when its folder is gone. */
  readonly isThere: boolean;
  /** Where its branch stands; null when there is none. */
  readonly tip: string | null;
  /** The commits that it stands at: its HEAD and its branch, as far as they have commits of their own. */
  readonly tips: readonly string[];
  /** Commits since the base, of the branch and of what is checked out. */
  readonly commits: number;
  /** Files that differ from the base, committed or not. */
  readonly changedFiles: number;
  /** Files that are not committed. */
  readonly uncommitted: number;
}

const names = (listing: string): readonly string[] => listing.split('\0').filter((name) => name !== '');

/**
 * Above the folder there may be another repository, such as one of the person's whole home: that is never looked at.
 * @throws MissionError `worktree_failed` when nobody can say, or something else lies in its place
 */
async function isThere(
  git: Git,
  { path: place, repository }: Worktree,
  signal: AbortSignal,
): Promise<boolean> {
  if (!(await liesAt(place))) return false;
  const top = await trueNameOf(place);
  const answer = await git.ask(
    ['rev-parse', '--path-format=absolute', '--show-toplevel', '--git-common-dir'],
    { cwd: top, signal },
    NO_WORKING_TREE,
  );
  const [shown, commonDir] = answer?.split('\n') ?? [];
  if (shown === top && commonDir !== undefined && (await trueNameOf(commonDir)) === repository) return true;
  throw new MissionError('worktree_failed', `What lies at ${place} is no worktree of ${repository}.`, {
    remedy: 'Look at what is in it. When nothing there is needed, remove the folder and try again.',
  });
}

/** What is checked out; null on a branch without a commit. */
async function headOf(git: Git, cwd: string, signal: AbortSignal): Promise<string | null> {
  const head = await git.ask(['rev-parse', '--verify', '--quiet', 'HEAD'], { cwd, signal });
  // A HEAD that is no branch has a commit: one that cannot be read is no reason to believe that there is none.
  if (head === null) await git.git(['symbolic-ref', 'HEAD'], { cwd, signal });
  return head;
}

/** @throws MissionError `worktree_failed` when nobody can say, or something else lies in its place */
export async function contentsOf(git: Git, worktree: Worktree, signal: AbortSignal): Promise<Contents> {
  const there = await isThere(git, worktree, signal);
  const { base, branch } = worktree;
  const cwd = there ? worktree.path : worktree.repository;
  const head = there ? await headOf(git, cwd, signal) : null;
  const tip = branch === null ? null : await tipOf(git, cwd, branch, signal);
  const heads = [...new Set([head, tip])].filter((commit) => commit !== null);
  const own = await Promise.all(
    heads.map(async (commit) => ({
      commit,
      count: Number(await git.git(['rev-list', '--count', commit, `^${base}`], { cwd, signal })),
    })),
  );
  const tips = own.filter(({ count }) => count > 0).map(({ commit }) => commit);
  const commits =
    tips.length === 0
      ? 0
      : Number(await git.git(['rev-list', '--count', ...tips, `^${base}`], { cwd, signal }));
  if (!there) return { isThere: false, tip, tips, commits, changedFiles: 0, uncommitted: 0 };
  const { files, uncommitted } = await touchedFiles(git, base, { cwd, signal });
  return {
    isThere: true,
    tip,
    tips,
    commits,
    changedFiles: files.size,
    uncommitted,
  };
}

/** The working trees that git knows of a repository, with what is checked out in each. */
export async function checkoutsOf(
  git: Git,
  repository: string,
  signal: AbortSignal,
): Promise<readonly { readonly place: string; readonly branch: string | null }[]> {
  const listing = await git.git(['worktree', 'list', '--porcelain', '-z'], { cwd: repository, signal });
  return listing.split('\0\0').map((entry) => {
    const lines = names(entry);
    const said = (word: string): string | null =>
      lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1) ?? null;
    return { place: said('worktree') ?? '', branch: said('branch') };
  });
}

/** Where else the branch of a worktree is checked out; null when nowhere. */
export async function elsewhere(git: Git, worktree: Worktree, signal: AbortSignal): Promise<string | null> {
  if (worktree.branch === null) return null;
  const own = await trueNameOf(worktree.path);
  const other = (await checkoutsOf(git, worktree.repository, signal)).find(
    ({ place, branch }) => place !== own && branch === `refs/heads/${worktree.branch}`,
  );
  return other?.place ?? null;
}

/** @throws MissionError `worktree_in_use` when the branch is checked out in a working tree beside this one */
export async function requireNotElsewhere(git: Git, worktree: Worktree, signal: AbortSignal): Promise<void> {
  const other = await elsewhere(git, worktree, signal);
  if (other === null) return;
  throw new MissionError('worktree_in_use', `The branch ${worktree.branch} is checked out in ${other}.`, {
    remedy: `Check out another branch there: git -C ${other} switch --detach.`,
  });
}

/** True while git knows of the worktree, whether or not its folder is there. */
export async function isRegistered(
  git: Git,
  worktree: Pick<Worktree, 'path' | 'repository'>,
  signal: AbortSignal,
): Promise<boolean> {
  const own = await trueNameOf(worktree.path);
  return (await checkoutsOf(git, worktree.repository, signal)).some(({ place }) => place === own);
}
