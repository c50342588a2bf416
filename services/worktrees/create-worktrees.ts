import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { MissionError } from '../errors/mission-error.ts';
import { createBranch, deleteBranch, isAsMade } from './branch.ts';
import {
  type BranchedWorktree,
  type Contents,
  contentsOf,
  elsewhere,
  isRegistered,
  requireNotElsewhere,
  type Worktree,
} from './contents.ts';
import { createGit } from './git.ts';
import { halfDoneOn, requireNotHalfDone } from './half-done-on.ts';
import { refuseSubmoduleWork } from './inner-repositories.ts';
import { requireInside } from './place.ts';
import {
  type BranchWish,
  folderNameOf,
  type Repository,
  repositoryOf,
  requireBase,
  requireNewBranch,
  tipOf,
} from './repository.ts';
import { type Alone, createRepositoryTurns } from './repository-turns.ts';
import { rescue } from './rescue.ts';

/** A checkout of a large repository, with filters that fetch files. */
const CHECKS_OUT_WITHIN_MS = 10 * 60_000;

/** Of `git worktree add`: its branch, or the commit that one without a branch stands at. */
export const whatIsCheckedOut = ({ path: top, branch, base }: Worktree): readonly string[] =>
  branch === null ? ['--detach', top, base] : [top, branch];

/** A worktree with the folder in it that stands for the one it was taken from. */
export interface PlacedWorktree extends BranchedWorktree {
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

/** How a worktree is saved before it is removed. */
export interface Saving {
  /** The ref of a removal that was broken off; null when there was none. */
  readonly before: string | null;
  /** Told of the ref before anything is removed; when it throws, nothing is. Not called when there is nothing to save. */
  readonly saved: (ref: string) => void;
}

/**
 * Worktrees of people's repositories, below one folder of ours. Nothing of the repository is changed but what git keeps
 * of a worktree, its branch, and refs of ours. One at a time in each repository: git's own calls would meet at its locks.
 * @param root where they are made
 * @param alone shared with whoever else changes these repositories
 */
export function createWorktrees({
  root,
  env,
  alone = createRepositoryTurns(),
}: {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly alone?: Alone;
}) {
  const git = createGit(env);

  const isKnown = (worktree: Worktree, signal: AbortSignal): Promise<boolean> =>
    isRegistered(git, worktree, signal);

  const removeRegistered = (
    { path: top, repository }: Worktree,
    force: readonly string[],
    signal: AbortSignal,
  ): Promise<string> => git.git(['worktree', 'remove', ...force, top], { cwd: repository, signal });

  /**
   * Forgets what git keeps of a worktree whose folder is gone; no branch. Never by force: should the folder be there
   * after all, git leaves what is in it, and what somebody has locked.
   * @throws MissionError `worktree_failed`
   */
  async function forget(worktree: Worktree, signal: AbortSignal): Promise<void> {
    await refuseSubmoduleWork(git, worktree, signal);
    if (await isKnown(worktree, signal)) await removeRegistered(worktree, [], signal);
  }

  /** Takes away what there is of a worktree in which nobody has worked; no branch. */
  async function clear(worktree: Worktree, signal: AbortSignal): Promise<void> {
    await rm(worktree.path, { recursive: true, force: true });
    // Twice: one whose making was broken off is locked.
    if (await isKnown(worktree, signal)) await removeRegistered(worktree, ['--force', '--force'], signal);
  }

  async function checkOut(
    worktree: Worktree & { readonly folder: string },
    signal: AbortSignal,
  ): Promise<void> {
    await mkdir(path.dirname(worktree.path), { recursive: true, mode: 0o700 });
    await git.git(['worktree', 'add', ...whatIsCheckedOut(worktree)], {
      cwd: worktree.repository,
      signal,
      withinMs: CHECKS_OUT_WITHIN_MS,
    });
    await requireInside(worktree);
    // A folder without committed files is in no checkout.
    await mkdir(worktree.folder, { recursive: true });
  }

  async function deleteOwnBranch(worktree: Worktree, { tip }: Contents, signal: AbortSignal): Promise<void> {
    const { branch, ownsBranch } = worktree;
    if (branch !== null && tip !== null && ownsBranch !== false)
      await deleteBranch(git, { ...worktree, branch }, tip, signal);
  }

  async function place(
    { cwd, name, usualBranch, branch, base }: NewWorktree,
    repository: Repository,
    signal: AbortSignal,
  ): Promise<PlacedWorktree> {
    const commit = await requireBase(git, cwd, base, signal);
    const chosen = branch ?? usualBranch;
    await requireNewBranch(git, cwd, chosen, signal);
    const top = path.join(root, folderNameOf(repository), name);
    if (existsSync(top))
      throw new MissionError('worktree_failed', `Something lies at ${top} already.`, {
        remedy: 'Submit the task again: it gets another folder.',
      });
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
        await createBranch(git, worktree, signal);
        await checkOut(worktree, signal);
        return worktree;
      });
    },

    /**
     * A worktree that was made before, or whose making was broken off, there for work again. What it holds stays.
     * @param halfMade nobody has worked in it yet
     * @throws MissionError `worktree_in_use`, `worktree_failed`, `worktree_refused` when its branch is somebody else's
     */
    again(
      worktree: Worktree & { readonly folder: string },
      halfMade: boolean,
      signal: AbortSignal,
    ): Promise<void> {
      return alone(worktree.repository, async () => {
        if (halfMade) await clear(worktree, signal);
        else {
          const { isThere } = await contentsOf(git, worktree, signal);
          if (isThere) return requireInside(worktree);
          await forget(worktree, signal);
        }
        await requireNotElsewhere(git, worktree, signal);
        await requireNotHalfDone(git, worktree, signal);
        const { branch } = worktree;
        if (branch === null) return checkOut(worktree, signal);
        const branched = { ...worktree, branch };
        const tip = await tipOf(git, worktree.repository, branch, signal);
        if (tip === null) await createBranch(git, branched, signal);
        else if (halfMade && !(await isAsMade(git, branched, tip, signal)))
          throw new MissionError('worktree_refused', `Somebody else has made the branch ${branch}.`, {
            remedy: `Submit the task again with another name, or begin there: {"branch": "NEW", "base": "${branch}"}.`,
          });
        await checkOut(worktree, signal);
      });
    },

    /**
     * Takes back what was begun of a worktree in which nobody has worked. A branch of its name that somebody else has
     * made, moved or checked out stays.
     * @throws MissionError `worktree_failed`
     */
    undo(worktree: Worktree, signal: AbortSignal): Promise<void> {
      return alone(worktree.repository, async () => {
        await clear(worktree, signal);
        const { branch } = worktree;
        if (worktree.ownsBranch === false || branch === null) return;
        const branched = { ...worktree, branch };
        const tip = await tipOf(git, worktree.repository, branch, signal);
        if (tip === null || !(await isAsMade(git, branched, tip, signal))) return;
        const isInUse =
          (await elsewhere(git, worktree, signal)) !== null ||
          (await halfDoneOn(git, branch, { cwd: worktree.repository, signal }, worktree.path)) !== null;
        if (!isInUse) await deleteBranch(git, branched, tip, signal);
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
        if (worktree.ownsBranch !== false) await requireNotHalfDone(git, worktree, signal);
        // git looks once more itself, and refuses when something has come meanwhile.
        if (contents.isThere) await removeRegistered(worktree, [], signal);
        else await forget(worktree, signal);
        await deleteOwnBranch(worktree, contents, signal);
        return contents;
      });
    },

    /**
     * Removes a worktree and its branch, whatever is in them, after saving it.
     * @throws MissionError `worktree_in_use`, `worktree_failed`
     */
    remove(worktree: Worktree, saving: Saving, signal: AbortSignal): Promise<void> {
      return alone(worktree.repository, async () => {
        const contents = await contentsOf(git, worktree, signal);
        await requireNotElsewhere(git, worktree, signal);
        if (worktree.ownsBranch !== false) await requireNotHalfDone(git, worktree, signal);
        await refuseSubmoduleWork(git, worktree, signal);
        const ref = await rescue(git, worktree, contents, saving.before, signal);
        if (ref !== null) saving.saved(ref);
        if (contents.isThere) await removeRegistered(worktree, ['--force'], signal);
        else await forget(worktree, signal);
        await deleteOwnBranch(worktree, contents, signal);
      });
    },
  };
}

export type Worktrees = ReturnType<typeof createWorktrees>;
