import { realpath } from 'node:fs/promises';
import { MissionError } from '../errors/mission-error.ts';
import type { Git } from './git.ts';
import { tipOf } from './repository.ts';

/** A worktree that was made for somebody: what is stored of it. */
export interface Worktree {
  /** The common git folder of its repository. */
  readonly repository: string;
  /** Its top. */
  readonly path: string;
  /** The branch that was made with it. */
  readonly branch: string;
  /** The commit at which that branch began. */
  readonly base: string;
}

/** What has come of a worktree since it was made. Files that git ignores do not count. */
export interface Contents {
  /** False when its folder is gone, or is no worktree of the repository any more. */
  readonly isThere: boolean;
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

/** Above the folder there may be another repository, such as one of the person's whole home: that is never looked at. */
async function isThere(git: Git, { path, repository }: Worktree, signal: AbortSignal): Promise<boolean> {
  const top = await realpath(path).catch(() => null);
  if (top === null) return false;
  const answer = await git.ask(
    ['rev-parse', '--path-format=absolute', '--show-toplevel', '--git-common-dir'],
    { cwd: top, signal },
  );
  const [shown, commonDir = ''] = answer?.split('\n') ?? [];
  return shown === top && (await realpath(commonDir).catch(() => null)) === repository;
}

/** @throws MissionError `worktree_failed` */
export async function contentsOf(git: Git, worktree: Worktree, signal: AbortSignal): Promise<Contents> {
  const there = await isThere(git, worktree, signal);
  const { base, branch } = worktree;
  const cwd = there ? worktree.path : worktree.repository;
  const head = there
    ? await git.ask(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { cwd, signal })
    : null;
  const heads = [...new Set([head, await tipOf(git, cwd, branch, signal)])].filter((tip) => tip !== null);
  const own = await Promise.all(
    heads.map(async (tip) => ({
      tip,
      count: Number(await git.git(['rev-list', '--count', tip, `^${base}`], { cwd, signal })),
    })),
  );
  const tips = own.filter(({ count }) => count > 0).map(({ tip }) => tip);
  const commits =
    tips.length === 0
      ? 0
      : Number(await git.git(['rev-list', '--count', ...tips, `^${base}`], { cwd, signal }));
  if (!there) return { isThere: false, tips, commits, changedFiles: 0, uncommitted: 0 };
  const status = names(
    await git.git(['status', '--porcelain=v1', '-z', '--untracked-files=all', '--no-renames'], {
      cwd,
      signal,
    }),
  );
  const untracked = status.filter((line) => line.startsWith('?? ')).map((line) => line.slice(3));
  const changed = names(
    await git.git(['diff', '--name-only', '--no-renames', '--no-ext-diff', '-z', base], { cwd, signal }),
  );
  return {
    isThere: true,
    tips,
    commits,
    changedFiles: new Set([...changed, ...untracked]).size,
    uncommitted: status.length,
  };
}

/** The working trees that git knows of a repository, with what is checked out in each. */
async function checkoutsOf(
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

/** The name under which git knows the folder of a worktree, which may be gone. */
const placeOf = ({ path }: Worktree): Promise<string> => realpath(path).catch(() => path);

/** @throws MissionError `worktree_in_use` when the branch is checked out in a working tree beside this one */
export async function requireNotElsewhere(git: Git, worktree: Worktree, signal: AbortSignal): Promise<void> {
  const own = await placeOf(worktree);
  const other = (await checkoutsOf(git, worktree.repository, signal)).find(
    ({ place, branch }) => place !== own && branch === `refs/heads/${worktree.branch}`,
  );
  if (other === undefined) return;
  throw new MissionError(
    'worktree_in_use',
    `The branch ${worktree.branch} is checked out in ${other.place}.`,
    { remedy: `Check out another branch there: git -C ${other.place} switch --detach.` },
  );
}

/** True while git knows of the worktree, whether or not its folder is there. */
export async function isRegistered(git: Git, worktree: Worktree, signal: AbortSignal): Promise<boolean> {
  const own = await placeOf(worktree);
  return (await checkoutsOf(git, worktree.repository, signal)).some(({ place }) => place === own);
}
