import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { MissionError } from '../errors/mission-error.ts';
import { hasCode } from '../errors/system-error.ts';
import { checkoutsOf, type Worktree } from './contents.ts';
import type { Git, GitCall } from './git.ts';
import { trueNameOf } from './place.ts';
import { type UnderWay, underWayIn } from './under-way.ts';

/**
 * Where git notes the branches to which it comes back when what is half done in a working tree has ended. Of
 * `update-refs` one line in three is a branch that a rebase will move as well; the others are commits.
 */
const NOTES: readonly (readonly [file: string, doing: UnderWay])[] = [
  ['rebase-merge/head-name', 'a rebase'],
  ['rebase-merge/update-refs', 'a rebase'],
  ['rebase-apply/head-name', 'a rebase'],
  ['BISECT_START', 'a bisection'],
];

/** What is half done with a branch, and in which working tree. */
export interface HalfDone {
  readonly doing: UnderWay;
  readonly place: string;
}

/**
 * Null where nothing lies.
 * @throws MissionError `worktree_failed`: what cannot be read may be a note
 */
async function unlessNothing<T>(place: string, read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (cause) {
    if (hasCode(cause, 'ENOENT') || hasCode(cause, 'ENOTDIR')) return null;
    throw new MissionError(
      'worktree_failed',
      `Nobody can say whether something is half done here: ${place} cannot be read (${String(cause)}).`,
      { remedy: 'Look at that file, then try again. No branch was moved.', cause },
    );
  }
}

/** The top of the working tree of a git folder; the git folder itself where nothing says so. */
async function placeOf(repository: string, folder: string): Promise<string> {
  if (folder === repository)
    return path.basename(repository) === '.git' ? path.dirname(repository) : repository;
  const link = path.join(folder, 'gitdir');
  const written = await unlessNothing(link, () => readFile(link, 'utf8'));
  return written === null ? folder : path.dirname(path.resolve(folder, written.trim()));
}

async function foldersOf(repository: string): Promise<readonly string[]> {
  const linked = path.join(repository, 'worktrees');
  const names = (await unlessNothing(linked, () => readdir(linked))) ?? [];
  return [repository, ...names.map((name) => path.join(linked, name))];
}

/**
 * What somebody has begun with a branch in a working tree and not ended: it may stand at no branch meanwhile, as while
 * rebasing and bisecting, or at this one. A branch that is moved then keeps git from coming to its end there, or is moved
 * back by it.
 * @param except the top of a working tree that does not count
 * @returns null when nothing is
 * @throws MissionError `worktree_failed` when nobody can say
 */
export async function halfDoneOn(
  git: Git,
  branch: string,
  call: GitCall,
  except: string | null = null,
): Promise<HalfDone | null> {
  const repository = await git.git(['rev-parse', '--path-format=absolute', '--git-common-dir'], call);
  const own = except === null ? null : await trueNameOf(except);
  const names: ReadonlySet<string> = new Set([branch, `refs/heads/${branch}`]);
  for (const folder of await foldersOf(repository))
    for (const [file, doing] of NOTES) {
      const note = path.join(folder, file);
      const lines = (await unlessNothing(note, () => readFile(note, 'utf8')))?.split('\n') ?? [];
      if (!lines.some((line) => names.has(line.trim()))) continue;
      const place = await placeOf(repository, folder);
      if ((await trueNameOf(place)) !== own) return { doing, place };
    }
  for (const { place, branch: on } of await checkoutsOf(git, call.cwd, call.signal)) {
    if (on !== `refs/heads/${branch}` || place === own || !existsSync(place)) continue;
    const doing = await underWayIn(git, { ...call, cwd: place });
    if (doing !== null) return { doing, place };
  }
  return null;
}

/** How somebody is told of it. */
export const halfDoneWords = (branch: string, { doing, place }: HalfDone): string =>
  `${doing} of ${branch} is half done in ${place}; end or abort it there first (git -C ${place} status says how)`;

/** @throws MissionError `worktree_in_use` when something is half done with the branch beside its worktree */
export async function requireNotHalfDone(git: Git, worktree: Worktree, signal: AbortSignal): Promise<void> {
  const { branch } = worktree;
  if (branch === null) return;
  const call: GitCall = { cwd: worktree.repository, signal };
  const halfDone = await halfDoneOn(git, branch, call, worktree.path);
  if (halfDone === null) return;
  throw new MissionError('worktree_in_use', `${halfDoneWords(branch, halfDone)}.`);
}
