import { existsSync } from 'node:fs';
import { MissionError } from '../errors/mission-error.ts';
import type { Git, GitCall } from './git.ts';

/** A remote that hangs holds up nobody for longer. */
const FETCHES_WITHIN_MS = 60_000;
const REFRESHES_WITHIN_MS = 5 * 60_000;

/** What git keeps in the folder of a working tree while something is half done there. */
const UNDER_WAY = [
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase'],
  ['MERGE_HEAD', 'a merge'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick'],
  ['REVERT_HEAD', 'a revert'],
  ['BISECT_LOG', 'a bisection'],
] as const;

/** Nothing of a person's configuration puts changes away, moves other branches, or opens an editor. */
const PLAINLY = [
  '-c',
  'rebase.autoStash=false',
  '-c',
  'merge.autoStash=false',
  '-c',
  'rebase.updateRefs=false',
  '-c',
  'rerere.enabled=false',
  '-c',
  'core.editor=true',
] as const;

export type Refreshed =
  /** It had all of it. */
  | { readonly status: 'fresh' }
  | { readonly status: 'refreshed'; readonly from: string; readonly to: string }
  /** Nothing was done, for this reason. */
  | { readonly status: 'left'; readonly why: string }
  /** It was begun, and all of it was taken back. */
  | { readonly status: 'conflict'; readonly files: readonly string[]; readonly why: string };

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

/** What is half done in a working tree, in words; null when nothing is. */
async function underWayIn({ git }: Git, call: GitCall): Promise<string | null> {
  for (const [name, words] of UNDER_WAY) {
    const file = await git(['rev-parse', '--path-format=absolute', '--git-path', name], call);
    if (existsSync(file)) return words;
  }
  return null;
}

/**
 * Brings the branch of a working tree up to another, by a rebase or a merge, when nothing in it is uncommitted. What
 * conflicts is taken back whole. The stash is not used. Called while nobody works in it, and nobody else changes its
 * repository.
 * @param onto a commit by any name
 * @throws MissionError `worktree_failed` when it could not even be taken back
 */
export async function refresh(
  git: Git,
  onto: string,
  how: 'rebase' | 'merge',
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
  const act = how === 'rebase' ? ['rebase', '--quiet', target] : ['merge', '--quiet', '--no-edit', target];
  try {
    await git.git([...PLAINLY, ...act], { withinMs: REFRESHES_WITHIN_MS, ...call });
    return { status: 'refreshed', from, to: await git.git(['rev-parse', 'HEAD'], call) };
  } catch (error) {
    if (!(error instanceof MissionError)) throw error;
    // Also when the daemon stops: its own signal would end this as well.
    const back: GitCall = { ...call, signal: new AbortController().signal };
    const files = await git.git(['diff', '--name-only', '--diff-filter=U', '-z'], back);
    if ((await underWayIn(git, back)) !== null) await git.git([how, '--abort'], back);
    const now = await git.git(['rev-parse', 'HEAD'], back);
    const on = await git.ask(['symbolic-ref', '--quiet', 'HEAD'], back);
    if (now !== from || on !== branch)
      throw new MissionError('worktree_failed', `The ${how} in ${call.cwd} could not be taken back.`, {
        remedy: `Look there: git -C ${call.cwd} status. The branch stood at ${from}.`,
        cause: error,
      });
    return {
      status: 'conflict',
      files: files.split('\0').filter((name) => name !== ''),
      why: error.message,
    };
  }
}
