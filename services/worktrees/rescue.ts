import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Contents, Worktree } from './contents.ts';
import type { Git, GitCall } from './git.ts';
import { refuseInnerWork } from './inner-repositories.ts';

export const RESCUE = 'refs/missiond/rescue';
const BY_MISSIOND = ['-c', 'user.name=missiond', '-c', 'user.email=missiond@localhost'] as const;

/** git's word for a file of a merge that has not been settled: nothing is staged that makes a tree. */
const IN_A_MERGE = /: unmerged \(/;

/** The trees of everything that is not committed: as it is staged, where that can be said, and as it lies there. */
async function treesOf(
  { git, ask }: Git,
  { path: cwd }: Worktree,
  signal: AbortSignal,
): Promise<{ readonly staged: string | null; readonly whole: string }> {
  const temporary = await mkdtemp(path.join(os.tmpdir(), 'missiond-rescue-'));
  try {
    const index = path.join(temporary, 'index');
    const own = await git(['rev-parse', '--path-format=absolute', '--git-path', 'index'], { cwd, signal });
    await copyFile(own, index);
    const call = { cwd, signal, env: { GIT_INDEX_FILE: index } };
    const staged = await ask(['write-tree'], call, IN_A_MERGE);
    await git(['-c', 'advice.addEmbeddedRepo=false', 'add', '--all'], call);
    await refuseInnerWork({ git, ask }, call);
    return { staged, whole: await git(['write-tree'], call) };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The commit of a ref; null when there is none. */
const commitOf = ({ ask }: Git, ref: string, call: GitCall): Promise<string | null> =>
  ask(['rev-parse', '--verify', '--quiet', '--end-of-options', ref], call);

/** True when all of the commits are in the history of another. */
async function holdsAll(
  { ask }: Git,
  commits: readonly string[],
  whole: string,
  call: GitCall,
): Promise<boolean> {
  const answers = await Promise.all(
    commits.map((commit) => ask(['merge-base', '--is-ancestor', commit, whole], call)),
  );
  return answers.every((answer) => answer !== null);
}

/**
 * Saves all that a worktree has beyond its base under one ref: commits of its branch and of what is checked out, what is
 * staged, and every file that git does not ignore. Neither the worktree nor the stash is touched.
 * @param before the ref of a removal that was broken off, which may have taken files away: it is in what is saved now
 * @returns the ref; null when there is nothing
 * @throws MissionError `worktree_failed`, and then nothing may be removed
 */
export async function rescue(
  git: Git,
  worktree: Worktree,
  { tips, uncommitted, isThere }: Contents,
  before: string | null,
  signal: AbortSignal,
): Promise<string | null> {
  const cwd = isThere ? worktree.path : worktree.repository;
  const call = { cwd, signal };
  if (isThere && uncommitted === 0) await refuseInnerWork(git, call);
  if (tips.length === 0 && uncommitted === 0) return null;
  const earlier = before === null ? null : await commitOf(git, before, call);
  const needed = earlier === null ? tips : [...tips, earlier];
  const commit = async (tree: string, parents: readonly string[], what: string): Promise<string> =>
    git.git(
      [
        ...BY_MISSIOND,
        'commit-tree',
        tree,
        ...parents.flatMap((parent) => ['-p', parent]),
        '-m',
        `${what} of ${worktree.branch ?? path.basename(worktree.path)}, saved by missiond before its worktree was removed`,
      ],
      call,
    );
  const [latest = worktree.base] = tips;
  const parents = needed.length === 0 ? [worktree.base] : needed;
  const save = async (): Promise<string> => {
    if (uncommitted === 0 && needed.length === 1) return latest;
    const { staged, whole } = isThere
      ? await treesOf(git, worktree, signal)
      : { staged: null, whole: await git.git(['rev-parse', `${latest}^{tree}`], call) };
    const asStaged =
      staged === null || staged === whole ? [] : [await commit(staged, parents, 'What is staged')];
    return commit(whole, [...parents, ...asStaged], 'The whole');
  };
  // One that is there already is of an earlier worktree of that name, unless it holds all that there is to save.
  for (let number = 1; ; number += 1) {
    const ref = `${RESCUE}/${path.basename(worktree.path)}${number === 1 ? '' : `-${number}`}`;
    const there = await commitOf(git, ref, call);
    if (there !== null && uncommitted === 0 && (await holdsAll(git, needed, there, call))) return ref;
    if (there !== null) continue;
    const saved = await save();
    await git.git(['update-ref', ref, saved, '0'.repeat(saved.length)], call);
    return ref;
  }
}
