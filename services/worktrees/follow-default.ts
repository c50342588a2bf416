import type { Git, GitCall } from './git.ts';
import type { Refreshed, RefreshWish } from './refresh.ts';
import { underWayIn } from './under-way.ts';

const CHECKS_OUT_WITHIN_MS = 10 * 60_000;

const namesIn = (listing: string): readonly string[] => listing.split('\0').filter((name) => name !== '');

/**
 * Lets a working tree without a branch, in which somebody only reads, stand at the default branch as it is now. Nothing
 * moves over what lies there uncommitted, or away from commits that are on no branch. Called while nobody works in it.
 * @throws MissionError `worktree_failed`
 */
export async function followDefault(
  git: Git,
  { onto, before }: Pick<RefreshWish, 'onto' | 'before'>,
  call: GitCall,
): Promise<Refreshed> {
  const left = (why: string): Refreshed => ({ status: 'left', why });
  const doing = await underWayIn(git, call);
  if (doing !== null) return left(`${doing} is under way there`);
  if ((await git.ask(['symbolic-ref', '--quiet', 'HEAD'], call)) !== null)
    return left('somebody has checked out a branch there');
  const loose = await git.git(
    ['status', '--porcelain', '--untracked-files=all', '--ignore-submodules=none'],
    call,
  );
  if (loose !== '') return left(`${loose.split('\n').length} files are not committed`);
  const target = await git.git(['rev-parse', '--verify', '--end-of-options', `${onto}^{commit}`], call);
  const from = await git.git(['rev-parse', '--verify', 'HEAD'], call);
  if (from === target) return { status: 'fresh' };
  if ((await git.ask(['merge-base', '--is-ancestor', from, target], call)) === null)
    return left(`it stands at ${from.slice(0, 12)}, which is not in the default branch`);
  const why = before(from, target);
  if (why !== null) return left(why);
  await git.git(['checkout', '--quiet', '--detach', target], {
    ...call,
    withinMs: CHECKS_OUT_WITHIN_MS,
  });
  const files = await git.git(['diff', '--name-only', '-z', from, target, '--'], call);
  return { status: 'refreshed', how: 'checkout', from, target, to: target, files: namesIn(files) };
}
