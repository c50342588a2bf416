import { copyFile, lstat, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { MissionError } from '../errors/mission-error.ts';
import type { Contents, Worktree } from './contents.ts';
import type { Git, GitCall } from './git.ts';

const RESCUE = 'refs/missiond/rescue';
/** The mode under which git lists a repository inside another. */
const GITLINK = /^160000 [^\t]*\t(.*)$/s;
const BY_MISSIOND = ['-c', 'user.name=missiond', '-c', 'user.email=missiond@localhost'] as const;

/** A repository inside the worktree cannot be put into a commit: what is in it would be lost. */
async function refuseInnerRepositories({ git }: Git, call: GitCall): Promise<void> {
  const staged = await git(['ls-files', '--stage', '-z'], call);
  for (const entry of staged.split('\0')) {
    const [, inner] = GITLINK.exec(entry) ?? [];
    if (inner === undefined) continue;
    const holds = await lstat(path.join(call.cwd, inner, '.git')).catch(() => null);
    if (holds === null) continue;
    throw new MissionError('worktree_failed', `${call.cwd} holds a repository of its own in ${inner}.`, {
      remedy: 'Push or move what it holds, remove it, and try again.',
    });
  }
}

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
    // In the middle of a merge nothing is staged that makes a tree.
    const staged = await ask(['write-tree'], call);
    await git(['-c', 'advice.addEmbeddedRepo=false', 'add', '--all'], call);
    await refuseInnerRepositories({ git, ask }, call);
    return { staged, whole: await git(['write-tree'], call) };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * Saves all that a worktree has beyond its base under one ref: commits of its branch and of what is checked out, what is
 * staged, and every file that git does not ignore. Neither the worktree nor the stash is touched.
 * @returns the ref; null when there is nothing
 * @throws MissionError `worktree_failed`, and then nothing may be removed
 */
export async function rescue(
  git: Git,
  worktree: Worktree,
  { tips, uncommitted, isThere }: Contents,
  signal: AbortSignal,
): Promise<string | null> {
  if (tips.length === 0 && uncommitted === 0) return null;
  const cwd = isThere ? worktree.path : worktree.repository;
  const commit = async (tree: string, parents: readonly string[], what: string): Promise<string> =>
    git.git(
      [
        ...BY_MISSIOND,
        'commit-tree',
        tree,
        ...parents.flatMap((parent) => ['-p', parent]),
        '-m',
        `${what} of ${worktree.branch}, saved by missiond before its worktree was removed`,
      ],
      { cwd, signal },
    );
  const parents = tips.length === 0 ? [worktree.base] : tips;
  let [saved = worktree.base] = parents;
  if (uncommitted > 0 || tips.length > 1) {
    const { staged, whole } = isThere
      ? await treesOf(git, worktree, signal)
      : { staged: null, whole: await git.git(['rev-parse', `${saved}^{tree}`], { cwd, signal }) };
    const asStaged =
      staged === null || staged === whole ? [] : [await commit(staged, parents, 'What is staged')];
    saved = await commit(whole, [...parents, ...asStaged], 'The whole');
  }
  // One that is there already is of an earlier worktree of that name.
  for (let number = 1; ; number += 1) {
    const ref = `${RESCUE}/${path.basename(worktree.path)}${number === 1 ? '' : `-${number}`}`;
    const created = await git.ask(['update-ref', ref, saved, '0'.repeat(saved.length)], { cwd, signal });
    if (created !== null) return ref;
    const there = await git.ask(['rev-parse', '--verify', '--quiet', ref], { cwd, signal });
    if (there === saved) return ref;
    if (there === null)
      throw new MissionError('worktree_failed', `git could not write ${ref} in ${worktree.repository}.`);
  }
}
