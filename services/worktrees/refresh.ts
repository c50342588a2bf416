import { rm } from 'node:fs/promises';
import { MissionError } from '../errors/mission-error.ts';
import { contentsOf, type Worktree } from './contents.ts';
import type { Git, GitCall } from './git.ts';
import { rescue } from './rescue.ts';
import { gitPath, underWayIn } from './under-way.ts';

const REFRESHES_WITHIN_MS = 5 * 60_000;

/**
 * Nothing of a person's configuration puts changes away, moves other branches, joins commits, opens an editor, or waits
 * for the pass phrase of a key.
 */
const PLAINLY = [
  'rebase.autoStash=false',
  'merge.autoStash=false',
  'rebase.updateRefs=false',
  'rebase.autoSquash=false',
  'rerere.enabled=false',
  'core.editor=true',
  'commit.gpgSign=false',
].flatMap((setting) => ['-c', setting]);
const BY_MISSIOND = ['-c', 'user.name=missiond', '-c', 'user.email=missiond@localhost'] as const;

export interface RefreshWish {
  /** A commit by any name. */
  readonly onto: string;
  /** Its commits are never written anew: somebody else may have them. */
  readonly mergeOnly: boolean;
  /** Told of both commits before anything moves. @returns why nothing is to be done, else null */
  readonly before: (from: string, target: string) => string | null;
}

interface Moving {
  /** `checkout`: it has no branch that would move. */
  readonly how: 'rebase' | 'merge' | 'checkout';
  readonly from: string;
  /** What it was to be brought up to. */
  readonly target: string;
}

export type Refreshed =
  /** It had all of it. */
  | { readonly status: 'fresh' }
  | (Moving & { readonly status: 'refreshed'; readonly to: string; readonly files: readonly string[] })
  /** Nothing was done, for this reason. */
  | { readonly status: 'left'; readonly why: string }
  /** It was begun, and all of it was taken back. */
  | (Moving & { readonly status: 'conflict'; readonly files: readonly string[] });

/** How one came to its end over which a daemon was killed. */
export type RefreshEnd =
  | { readonly isDone: true }
  /** It was taken back; what lay there that was not committed is under this ref. */
  | { readonly isDone: false; readonly saved: string | null };

const namesIn = (listing: string): readonly string[] => listing.split('\0').filter((name) => name !== '');

/** Written anew is only what is nowhere else, has no merge in it, and which nobody has signed. */
async function wayOf(
  git: Git,
  branch: string,
  { from, target }: Omit<Moving, 'how'>,
  call: GitCall,
): Promise<'rebase' | 'merge'> {
  const name = branch.replace(/^refs\/heads\//, '');
  const pushed = await git.git(['for-each-ref', '--count=1', `refs/remotes/*/${name}`], call);
  const merges = await git.git(['rev-list', '--merges', '--max-count=1', from, `^${target}`], call);
  const signs = await git.ask(['config', '--type=bool', '--get', 'commit.gpgSign'], call);
  return pushed === '' && merges === '' && signs !== 'true' ? 'rebase' : 'merge';
}

/** Takes back what is half done. @throws MissionError `worktree_failed` when it then does not stand where it stood */
async function takeBack(git: Git, branch: string | null, from: string, call: GitCall): Promise<void> {
  const doing = await underWayIn(git, call);
  if (doing === 'a rebase') await git.git(['rebase', '--abort'], call);
  if (doing === 'a merge') await git.git(['merge', '--abort'], call);
  const now = await git.git(['rev-parse', 'HEAD'], call);
  const on = await git.ask(['symbolic-ref', '--quiet', 'HEAD'], call);
  if (now !== from || on !== branch)
    throw new MissionError('worktree_failed', `What was begun in ${call.cwd} could not be taken back.`, {
      remedy: `Look there: git -C ${call.cwd} status. ${branch === null ? 'It' : `The branch ${branch}`} stood at ${from}.`,
    });
}

/**
 * Brings the branch of a working tree up to another, when nothing in it is uncommitted. What conflicts is taken back
 * whole. The stash is not used. Called while nobody works in it, and nobody else changes its repository.
 * @throws MissionError `worktree_failed` when it could not even be taken back
 */
export async function refresh(
  git: Git,
  { onto, mergeOnly, before }: RefreshWish,
  call: GitCall,
): Promise<Refreshed> {
  const left = (why: string): Refreshed => ({ status: 'left', why });
  const doing = await underWayIn(git, call);
  if (doing !== null) return left(`${doing} is under way there`);
  const branch = await git.ask(['symbolic-ref', '--quiet', 'HEAD'], call);
  if (branch === null) return left('no branch is checked out there');
  const loose = await git.git(
    ['status', '--porcelain', '--untracked-files=all', '--ignore-submodules=none'],
    call,
  );
  if (loose !== '') return left(`${loose.split('\n').length} files are not committed`);
  const target = await git.git(['rev-parse', '--verify', '--end-of-options', `${onto}^{commit}`], call);
  const from = await git.git(['rev-parse', '--verify', 'HEAD'], call);
  if ((await git.ask(['merge-base', '--is-ancestor', target, from], call)) !== null)
    return { status: 'fresh' };
  const how = mergeOnly ? 'merge' : await wayOf(git, branch, { from, target }, call);
  const why = before(from, target);
  if (why !== null) return left(why);
  const act =
    how === 'rebase'
      ? ['rebase', '--quiet', '--no-stat', target]
      : ['merge', '--quiet', '--no-edit', '--no-stat', '--ff', '--no-verify-signatures', target];
  const moving: Moving = { how, from, target };
  try {
    const plainly = how === 'merge' ? [...PLAINLY, ...BY_MISSIOND] : PLAINLY;
    await git.git([...plainly, ...act], { withinMs: REFRESHES_WITHIN_MS, ...call });
    const to = await git.git(['rev-parse', 'HEAD'], call);
    const files = await git.git(['diff', '--name-only', '-z', `${from}...${target}`, '--'], call);
    return { ...moving, status: 'refreshed', to, files: namesIn(files) };
  } catch (error) {
    if (!(error instanceof MissionError)) throw error;
    // Also when the daemon stops: its own signal would end this as well.
    const back: GitCall = { ...call, signal: new AbortController().signal };
    const files = namesIn(await git.git(['diff', '--name-only', '--diff-filter=U', '-z'], back));
    await takeBack(git, branch, from, back);
    call.signal.throwIfAborted();
    return files.length > 0 ? { ...moving, status: 'conflict', files } : left(error.message);
  }
}

/**
 * After a daemon that was killed in the midst of it: what is half done is taken back, and files that were half written are
 * saved, and lie there no more: there were none that were not committed. What was done stays, with everything that
 * somebody has written since.
 * @param from where the branch stood
 * @throws MissionError `worktree_failed` when it can be neither
 */
export async function endRefresh(
  git: Git,
  worktree: Worktree,
  from: string,
  signal: AbortSignal,
): Promise<RefreshEnd> {
  const call: GitCall = { cwd: worktree.path, signal };
  const branch = worktree.branch === null ? null : `refs/heads/${worktree.branch}`;
  // The git that had them ended with its daemon, and nobody else works there.
  for (const lock of ['index.lock', 'HEAD.lock', ...(branch === null ? [] : [`${branch}.lock`])])
    await rm(await gitPath(git, lock, call), { force: true });
  const isHalfDone = (await underWayIn(git, call)) !== null;
  const head = await git.git(['rev-parse', 'HEAD'], call);
  if (!isHalfDone && head !== from) return { isDone: true };
  const contents = await contentsOf(git, worktree, signal);
  const saved = contents.uncommitted > 0 ? await rescue(git, worktree, contents, null, signal) : null;
  await takeBack(git, branch, from, call);
  if (contents.uncommitted > 0) {
    await git.git(['reset', '--quiet', '--hard'], call);
    await git.git(['clean', '--quiet', '-d', '--force'], call);
  }
  return { isDone: false, saved };
}
