import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { MissionError } from '../errors/mission-error.ts';
import type { Worktree } from './contents.ts';
import type { Git, GitCall } from './git.ts';
import { trueNameOf } from './place.ts';

/** The mode under which git lists a repository inside another. */
const GITLINK = /^160000 [^\t]*\t(.*)$/s;

function refusal(where: string): MissionError {
  return new MissionError(
    'worktree_failed',
    `${where} is a repository of its own, with work that is nowhere else.`,
    {
      remedy: 'Push or move what it holds, remove it, and try again.',
    },
  );
}

/** True when a repository has commits that none of its remotes had when it was last fetched or pushed. */
async function hasOwnCommits({ git }: Git, gitDirectory: string, call: GitCall): Promise<boolean> {
  // The folder of a submodule that was put away is not there: git would look for it.
  const asBare = [`--git-dir=${gitDirectory}`, '--work-tree=.'];
  const own = await git([...asBare, 'rev-list', '--max-count=1', '--all', '--not', '--remotes'], call);
  return own !== '';
}

/** Folders in the listing of a folder that are no folder, or not there, hold nothing. */
const listed = (folder: string, recursive: boolean): Promise<readonly string[]> =>
  readdir(folder, { recursive }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new MissionError('worktree_failed', `${folder} cannot be read: ${String(error)}`, { cause: error });
  });

/** The git folders of submodules that git keeps together with a worktree, and removes with it. */
async function submodulesOf({ repository, path: place }: Worktree): Promise<readonly string[]> {
  const all = path.join(repository, 'worktrees');
  const pointer = path.join(await trueNameOf(place), '.git');
  const found: string[] = [];
  for (const name of await listed(all, false)) {
    const pointsTo = await readFile(path.join(all, name, 'gitdir'), 'utf8').catch(() => '');
    if (pointsTo.trim() !== pointer) continue;
    const modules = path.join(all, name, 'modules');
    const files = new Set(await listed(modules, true));
    for (const file of files)
      if (path.basename(file) === 'HEAD' && files.has(path.join(path.dirname(file), 'objects')))
        found.push(path.join(modules, path.dirname(file)));
  }
  return found;
}

/**
 * A repository inside a worktree cannot be put into a commit: what only it has would be lost.
 * @throws MissionError `worktree_failed`
 */
export async function refuseInnerWork(git: Git, call: GitCall): Promise<void> {
  const { cwd, signal } = call;
  const staged = await git.git(['ls-files', '--stage', '-z'], call);
  for (const entry of staged.split('\0')) {
    const [, name] = GITLINK.exec(entry) ?? [];
    if (name === undefined) continue;
    const inner = { cwd: path.join(cwd, name), signal };
    // A submodule that nobody has asked for is an empty folder.
    if ((await lstat(path.join(inner.cwd, '.git')).catch(() => null)) === null) continue;
    const changes = await git.git(
      ['status', '--porcelain', '--untracked-files=all', '--ignore-submodules=none'],
      inner,
    );
    const own = await git.git(['rev-parse', '--absolute-git-dir'], inner);
    if (changes !== '' || (await hasOwnCommits(git, own, inner))) throw refusal(inner.cwd);
    await refuseInnerWork(git, inner);
  }
}

/**
 * Submodules go with what git keeps of a worktree, although their folders are gone.
 * @throws MissionError `worktree_failed`
 */
export async function refuseSubmoduleWork(git: Git, worktree: Worktree, signal: AbortSignal): Promise<void> {
  for (const directory of await submodulesOf(worktree))
    if (await hasOwnCommits(git, directory, { cwd: worktree.repository, signal })) throw refusal(directory);
}
