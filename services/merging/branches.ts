import type { MergeMethod } from '../../db/schema/merging.ts';
import { MissionError } from '../errors/mission-error.ts';
import type { Git, GitCall } from '../worktrees/git.ts';
import type { Turn } from '../worktrees/repository-turns.ts';

const LOCAL = 'refs/heads/';
/** A remote that does not answer holds up the queue of its repository only so long. Milliseconds. */
export const REMOTE_WITHIN_MS = 120_000;
/** Every file of a large repository is written; a git that is ended in the middle leaves half of them. Milliseconds. */
export const CHECKS_OUT_WITHIN_MS = 10 * 60_000;
const BY_MISSIOND = ['-c', 'user.name=missiond', '-c', 'user.email=missiond@localhost'] as const;

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');
const zeroEnded = (text: string): readonly string[] => text.split('\0').filter((name) => name !== '');

/** The commit of a ref of a full name; null when there is none. */
export function commitAt({ ask }: Git, ref: string, call: GitCall): Promise<string | null> {
  return ask(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`], call, /./);
}

export const tipOfBranch = (git: Git, branch: string, call: GitCall): Promise<string | null> =>
  commitAt(git, `${LOCAL}${branch}`, call);

/** True when git takes it for the name of a branch, and nothing else can be meant. */
export async function isBranchName({ ask }: Git, name: string, call: GitCall): Promise<boolean> {
  if (name.startsWith('-')) return false;
  return (await ask(['check-ref-format', `${LOCAL}${name}`], call, /./)) !== null;
}

/**
 * Where a branch of a remote stands, asked of the remote.
 * @returns null when it has none of that name
 * @throws MissionError `worktree_failed` when it does not answer
 */
export async function remoteTip(
  { git }: Git,
  remote: string,
  branch: string,
  call: GitCall,
): Promise<string | null> {
  const said = await git(['ls-remote', '--refs', '--', remote, `${LOCAL}${branch}`], {
    ...call,
    withinMs: REMOTE_WITHIN_MS,
  });
  const [line] = lines(said).filter((one) => one.endsWith(`\t${LOCAL}${branch}`));
  return line?.split('\t')[0] ?? null;
}

/** Brings a commit of a remote here, under the ref of its own. */
export async function fetchRef(
  { git }: Git,
  {
    remote,
    from,
    to,
    turn,
  }: { readonly remote: string; readonly from: string; readonly to: string; readonly turn: Turn },
  call: GitCall,
): Promise<void> {
  const quietly = ['--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
  await turn(() =>
    git(['fetch', ...quietly, '--', remote, `+${from}:${to}`], { ...call, withinMs: REMOTE_WITHIN_MS }),
  );
}

export async function isAncestor(
  { ask }: Git,
  ancestor: string,
  commit: string,
  call: GitCall,
): Promise<boolean> {
  return (await ask(['merge-base', '--is-ancestor', ancestor, commit], call)) !== null;
}

/** The same of a commit of a remote, which may not be here: then it is in the history of none. */
export async function isIn(git: Git, there: string, commit: string, call: GitCall): Promise<boolean> {
  return (await commitAt(git, there, call)) !== null && (await isAncestor(git, there, commit, call));
}

export async function countBetween({ git }: Git, from: string, to: string, call: GitCall): Promise<number> {
  return Number(await git(['rev-list', '--count', to, `^${from}`], call));
}

/** The files that differ between two commits, by their names in the repository. */
export async function filesBetween(
  { git }: Git,
  from: string,
  to: string,
  call: GitCall,
): Promise<readonly string[]> {
  return zeroEnded(
    await git(
      [
        'diff',
        '--name-only',
        '-z',
        '--no-renames',
        '--no-ext-diff',
        '--ignore-submodules=none',
        from,
        to,
        '--',
      ],
      call,
    ),
  );
}

/** A working tree in which a branch is checked out; null when in none. */
export async function checkoutOf({ git }: Git, branch: string, call: GitCall): Promise<string | null> {
  const listing = await git(['worktree', 'list', '--porcelain', '-z'], call);
  for (const entry of listing.split('\0\0')) {
    const said = zeroEnded(entry);
    if (!said.includes(`branch ${LOCAL}${branch}`)) continue;
    return said.find((line) => line.startsWith('worktree '))?.slice('worktree '.length) ?? null;
  }
  return null;
}

/** What is not committed in a working tree. */
export async function uncommittedIn(
  { git }: Git,
  call: GitCall,
  { untracked }: { readonly untracked: boolean },
): Promise<readonly string[]> {
  return zeroEnded(
    await git(
      ['status', '--porcelain=v1', '-z', '--no-renames', `--untracked-files=${untracked ? 'all' : 'no'}`],
      call,
    ),
  ).map((line) => line.slice(3));
}

export type MergeResult =
  | { readonly kind: 'made'; readonly commit: string }
  | { readonly kind: 'conflicts'; readonly files: readonly string[] }
  /** It brings nothing. */
  | { readonly kind: 'empty' };

/**
 * The commit that a merge comes to. No working tree, index or branch is touched. Made again of the same, it is the same.
 * @param message of the commit; not used by a fast-forward
 * @throws MissionError `worktree_failed`
 */
export async function mergeResult(
  git: Git,
  {
    base,
    head,
    method,
    message,
  }: { readonly base: string; readonly head: string; readonly method: MergeMethod; readonly message: string },
  call: GitCall,
): Promise<MergeResult> {
  if (await isAncestor(git, head, base, call)) return { kind: 'empty' };
  if (method === 'fast-forward') {
    if (await isAncestor(git, base, head, call)) return { kind: 'made', commit: head };
    return { kind: 'conflicts', files: [] };
  }
  let said: string;
  try {
    said = await git.git(
      ['merge-tree', '--write-tree', '--name-only', '-z', '--no-messages', base, head],
      call,
    );
  } catch (error) {
    if (!(error instanceof MissionError) || error.facts['status'] !== 1) throw error;
    const [, ...files] = zeroEnded(String(error.facts['answer']));
    return { kind: 'conflicts', files: [...new Set(files)] };
  }
  const [tree = ''] = zeroEnded(said);
  if (tree === (await git.git(['rev-parse', `${base}^{tree}`], call))) return { kind: 'empty' };
  const [author = '', email = '', date = ''] = (
    await git.git(['log', '-1', '--no-show-signature', '--format=%an%x00%ae%x00%aI', head, '--'], call)
  ).split('\0');
  const commit = await git.git(
    [
      ...BY_MISSIOND,
      'commit-tree',
      tree,
      '-p',
      base,
      ...(method === 'merge' ? ['-p', head] : []),
      '-m',
      message,
    ],
    {
      ...call,
      env: {
        // A name of nothing but letters that git leaves out would stop it.
        ...(/[^\s<>.,:;"'\\]/.test(author) ? { GIT_AUTHOR_NAME: author } : {}),
        ...(/[^\s<>.,:;"'\\]/.test(email) ? { GIT_AUTHOR_EMAIL: email } : {}),
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_DATE: date,
      },
    },
  );
  return { kind: 'made', commit };
}
