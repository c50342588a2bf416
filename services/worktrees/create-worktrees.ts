import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { createOneByOne } from '../lock/one-by-one.ts';
import { type Contents, contentsOf, isRegistered, requireNotElsewhere, type Worktree } from './contents.ts';
import { createGit } from './git.ts';
import {
  type BranchWish,
  folderNameOf,
  type Repository,
  repositoryOf,
  requireBase,
  requireNewBranch,
  tipOf,
} from './repository.ts';
import { rescue } from './rescue.ts';

/** A checkout of a large repository, with filters that fetch files. */
const CHECKS_OUT_WITHIN_MS = 10 * 60_000;

/** A worktree with the folder in it that stands for the one it was taken from. */
export interface PlacedWorktree extends Worktree {
  readonly folder: string;
}

export interface NewWorktree extends BranchWish {
  /** The folder whose repository it is of. */
  readonly cwd: string;
  /** The name of its folder: letters, digits and dashes. */
  readonly name: string;
  /** The name of its branch unless another is wished for. */
  readonly usualBranch: string;
  /** Told where it will be before anything is made: what a killed daemon leaves behind is found again by it. */
  readonly planned: (worktree: PlacedWorktree) => void;
}

/**
 * Worktrees of people's repositories, below one folder of ours. Nothing of the repository is changed but what git keeps
 * of a worktree, its branch, and refs of ours. One at a time in each repository: git's own calls would meet at its locks.
 * @param root where they are made
 */
export function createWorktrees({ root, env }: { readonly root: string; readonly env: NodeJS.ProcessEnv }) {
  const git = createGit(env);
  const queues = new Map<string, ReturnType<typeof createOneByOne>>();

  function alone<T>(commonDir: string, act: () => Promise<T>): Promise<T> {
    const queue = queues.get(commonDir) ?? createOneByOne();
    queues.set(commonDir, queue);
    return queue(act);
  }

  /**
   * Forgets what git keeps of a worktree whose folder is gone; no branch.
   * @throws MissionError `worktree_failed` when something else lies in its place
   */
  async function unregister(worktree: Worktree, signal: AbortSignal): Promise<void> {
    if (!(await isRegistered(git, worktree, signal))) return;
    // Twice: one whose making was broken off is locked.
    await git.git(['worktree', 'remove', '--force', '--force', worktree.path], {
      cwd: worktree.repository,
      signal,
    });
  }

  async function deleteBranch(
    { repository, branch }: Worktree,
    tip: string,
    signal: AbortSignal,
  ): Promise<void> {
    // Only while it stands where it was seen to stand; the section of a branch in the configuration is left as it is.
    await git.git(['update-ref', '-d', `refs/heads/${branch}`, tip], { cwd: repository, signal });
  }

  async function checkOut(
    worktree: PlacedWorktree,
    how: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    await mkdir(path.dirname(worktree.path), { recursive: true, mode: 0o700 });
    await git.git(['worktree', 'add', ...how], {
      cwd: worktree.repository,
      signal,
      withinMs: CHECKS_OUT_WITHIN_MS,
    });
    // A folder without committed files is in no checkout.
    await mkdir(worktree.folder, { recursive: true });
  }

  const newBranch = ({ branch, path: place, base }: Worktree): readonly string[] => [
    '--no-track',
    '-b',
    branch,
    place,
    base,
  ];

  async function place(
    { cwd, name, usualBranch, branch, base }: NewWorktree,
    repository: Repository,
    signal: AbortSignal,
  ): Promise<PlacedWorktree> {
    const commit = await requireBase(git, cwd, base, signal);
    const chosen = branch ?? usualBranch;
    await requireNewBranch(git, cwd, chosen, signal);
    const top = path.join(root, folderNameOf(repository), name);
    return {
      repository: repository.commonDir,
      path: top,
      folder: path.resolve(top, repository.prefix),
      branch: chosen,
      base: commit,
    };
  }

  return {
    /**
     * Whether a worktree could be made of the repository of a folder.
     * @throws MissionError `no_repository`, `worktree_refused`
     */
    async check(
      cwd: string,
      { branch, base, baseMayCome = false }: BranchWish & { readonly baseMayCome?: boolean },
      signal: AbortSignal,
    ): Promise<void> {
      await repositoryOf(git, cwd, signal);
      if (branch !== undefined) await requireNewBranch(git, cwd, branch, signal);
      if (!baseMayCome) await requireBase(git, cwd, base, signal);
    },

    /** @throws MissionError `no_repository`, `worktree_refused`, `worktree_failed` */
    async make(wish: NewWorktree, signal: AbortSignal): Promise<PlacedWorktree> {
      const repository = await repositoryOf(git, wish.cwd, signal);
      return alone(repository.commonDir, async () => {
        const worktree = await place(wish, repository, signal);
        wish.planned(worktree);
        await checkOut(worktree, newBranch(worktree), signal);
        return worktree;
      });
    },

    /**
     * A worktree that was made before, or whose making was broken off, there for work again. What it holds stays.
     * @param halfMade nobody has worked in it yet
     * @throws MissionError `worktree_in_use`, `worktree_failed`
     */
    again(worktree: PlacedWorktree, halfMade: boolean, signal: AbortSignal): Promise<void> {
      return alone(worktree.repository, async () => {
        const { isThere } = await contentsOf(git, worktree, signal);
        if (isThere && !halfMade) return;
        if (halfMade) await rm(worktree.path, { recursive: true, force: true });
        await unregister(worktree, signal);
        const tip = await tipOf(git, worktree.repository, worktree.branch, signal);
        await requireNotElsewhere(git, worktree, signal);
        await checkOut(
          worktree,
          tip === null ? newBranch(worktree) : [worktree.path, worktree.branch],
          signal,
        );
      });
    },

    /**
     * Takes back what was begun of a worktree in which nobody has worked.
     * @throws MissionError `worktree_failed`
     */
    undo(worktree: Worktree, signal: AbortSignal): Promise<void> {
      return alone(worktree.repository, async () => {
        await rm(worktree.path, { recursive: true, force: true });
        await unregister(worktree, signal);
        const tip = await tipOf(git, worktree.repository, worktree.branch, signal);
        if (tip === worktree.base) await deleteBranch(worktree, tip, signal);
      });
    },

    /** @throws MissionError `worktree_failed` */
    contents: (worktree: Worktree, signal: AbortSignal): Promise<Contents> =>
      contentsOf(git, worktree, signal),

    /**
     * Removes a worktree and its branch when there is nothing in them.
     * @returns what is in it; nothing was removed unless that is nothing
     * @throws MissionError `worktree_failed`
     */
    removeEmpty(worktree: Worktree, signal: AbortSignal): Promise<Contents> {
      return alone(worktree.repository, async () => {
        const contents = await contentsOf(git, worktree, signal);
        if (contents.commits > 0 || contents.uncommitted > 0) return contents;
        await requireNotElsewhere(git, worktree, signal);
        // git looks once more itself, and refuses when something has come meanwhile.
        if (contents.isThere)
          await git.git(['worktree', 'remove', worktree.path], { cwd: worktree.repository, signal });
        else await unregister(worktree, signal);
        const tip = await tipOf(git, worktree.repository, worktree.branch, signal);
        if (tip !== null) await deleteBranch(worktree, tip, signal);
        return contents;
      });
    },

    /**
     * Removes a worktree and its branch, whatever is in them, after saving it.
     * @returns the ref under which it is saved; null when there was nothing
     * @throws MissionError `worktree_in_use`, `worktree_failed`
     */
    remove(worktree: Worktree, signal: AbortSignal): Promise<string | null> {
      return alone(worktree.repository, async () => {
        const contents = await contentsOf(git, worktree, signal);
        await requireNotElsewhere(git, worktree, signal);
        const tip = await tipOf(git, worktree.repository, worktree.branch, signal);
        const ref = await rescue(git, worktree, contents, signal);
        if (contents.isThere)
          await git.git(['worktree', 'remove', '--force', worktree.path], {
            cwd: worktree.repository,
            signal,
          });
        else await unregister(worktree, signal);
        if (tip !== null) await deleteBranch(worktree, tip, signal);
        return ref;
      });
    },
  };
}

export type Worktrees = ReturnType<typeof createWorktrees>;
