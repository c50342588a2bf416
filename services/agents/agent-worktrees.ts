import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { MissionError } from '../errors/mission-error.ts';
import type { AgentRow } from '../ledger/agent-ledger.ts';
import { createBranch } from '../worktrees/branch.ts';
import {
  type BranchedWorktree,
  type Contents,
  requireNotElsewhere,
  type Worktree,
} from '../worktrees/contents.ts';
import { type Saving, type Worktrees, whatIsCheckedOut } from '../worktrees/create-worktrees.ts';
import { createGit, type Git } from '../worktrees/git.ts';
import { requireNotHalfDone } from '../worktrees/half-done-on.ts';
import { tipOf } from '../worktrees/repository.ts';
import type { Alone } from '../worktrees/repository-turns.ts';
import { type Changes, changesOf, type DiffPage, diffOf } from './changes.ts';
import { type Landing, type LandWish, landBranch } from './land-branch.ts';
import { type StartPoint, type StartWish, startPoint } from './start-point.ts';

/** A checkout of a large repository, with filters that fetch files. */
const CHECKS_OUT_WITHIN_MS = 10 * 60_000;

/** git's worktrees of agents, each in a folder named after its repository and itself. */
export function createAgentWorktrees({
  root,
  env,
  alone,
  worktrees,
  git = createGit(env),
}: {
  /** Below it they are made. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Shared with whoever else changes these repositories. */
  readonly alone: Alone;
  readonly worktrees: Pick<Worktrees, 'again' | 'contents' | 'remove' | 'undo'>;
  readonly git?: Git;
}) {
  return {
    /** Where the worktree of an agent lies. */
    placeOf: (repository: string, name: string): string => path.join(root, repository, name),

    /** True when neither a folder nor a branch of that name is in the way; null for one that gets no branch. */
    async isFree(
      place: string,
      repositoryPath: string,
      branch: string | null,
      signal: AbortSignal,
    ): Promise<boolean> {
      if (existsSync(place)) return false;
      return branch === null || (await tipOf(git, repositoryPath, branch, signal)) === null;
    },

    /** @throws MissionError `worktree_refused`, `input_invalid` */
    start: (wish: StartWish, gitFolder: string, signal: AbortSignal): Promise<StartPoint> =>
      alone(gitFolder, () => startPoint(git, wish, signal)),

    /**
     * Makes the worktree of a row. Of one whose making fails nothing is left.
     * @throws MissionError `worktree_refused`, `worktree_in_use`, `worktree_failed`
     */
    make(worktree: Worktree, signal: AbortSignal): Promise<void> {
      return alone(worktree.repository, async () => {
        if (existsSync(worktree.path))
          throw new MissionError('worktree_refused', `Something lies at ${worktree.path} already.`, {
            remedy: 'Choose another name, or move it away.',
            facts: { isUntouched: true },
          });
        await requireNotElsewhere(git, worktree, signal);
        await requireNotHalfDone(git, worktree, signal);
        const { branch, ownsBranch } = worktree;
        if (branch !== null && ownsBranch !== false) await createBranch(git, { ...worktree, branch }, signal);
        await mkdir(path.dirname(worktree.path), { recursive: true, mode: 0o700 });
        await git.git(['worktree', 'add', ...whatIsCheckedOut(worktree)], {
          cwd: worktree.repository,
          signal,
          withinMs: CHECKS_OUT_WITHIN_MS,
        });
      });
    },

    /** Checks a branch out again whose worktree has gone. */
    restore: (worktree: Worktree, signal: AbortSignal): Promise<void> =>
      worktrees.again({ ...worktree, folder: worktree.path }, false, signal),

    /** Takes back what was begun of one in which nobody has worked. */
    undo: (worktree: Worktree, signal: AbortSignal): Promise<void> => worktrees.undo(worktree, signal),
    contents: (worktree: Worktree, signal: AbortSignal): Promise<Contents> =>
      worktrees.contents(worktree, signal),

    /** What has changed since the work began. @throws MissionError `worktree_failed` */
    changes: (worktree: Worktree, signal: AbortSignal): Promise<Changes> =>
      changesOf(git, worktree, () => worktrees.contents(worktree, signal), signal),

    /** The same as a patch, a page of it. @throws MissionError `worktree_failed` */
    diff: (worktree: Worktree, offset: number, signal: AbortSignal): Promise<DiffPage> =>
      diffOf(git, worktree, offset, signal),

    /** Saves everything in it, then removes it, with its branch where that is its own. */
    discard: (worktree: Worktree, saving: Saving, signal: AbortSignal): Promise<void> =>
      worktrees.remove(worktree, saving, signal),

    /** Brings its commits into another branch of the repository. @throws MissionError `worktree_refused` */
    land: (worktree: BranchedWorktree, wish: LandWish, signal: AbortSignal): Promise<Landing> =>
      alone(worktree.repository, () => landBranch(git, worktree, wish, signal)),
  };
}

export type AgentWorktrees = ReturnType<typeof createAgentWorktrees>;

/** What git needs to know of the worktree of an agent. */
export const worktreeOf = (
  row: Pick<AgentRow, 'gitFolder' | 'worktree' | 'branch' | 'base' | 'ownsBranch'>,
): Worktree => ({
  repository: row.gitFolder,
  path: row.worktree,
  branch: row.branch,
  base: row.base,
  ownsBranch: row.ownsBranch,
});
