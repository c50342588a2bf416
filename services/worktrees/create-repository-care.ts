import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { MissionError } from '../errors/mission-error.ts';
import { type BranchState, branchStateOf } from './branch-state.ts';
import type { Worktree } from './contents.ts';
import { fetchBranch } from './fetch-branch.ts';
import { followDefault } from './follow-default.ts';
import { createGit, type Git, type GitCall } from './git.ts';
import { halfDoneOn, halfDoneWords } from './half-done-on.ts';
import { endRefresh, type RefreshEnd, type Refreshed, type RefreshWish, refresh } from './refresh.ts';
import { deletePlanned, type PlannedDeletion, planDeletion } from './remote-deletions.ts';
import { tipOf } from './repository.ts';
import type { Alone } from './repository-turns.ts';
import { RESCUE } from './rescue.ts';
import { dropRescue, listRescues, type RescueRef, showRescue } from './rescue-refs.ts';
import { touchedFiles, withoutIgnored } from './touched-files.ts';
import { conflictsBetween } from './trial-merge.ts';

/** What is known of the repository that is looked after. */
export interface CaredRepository {
  readonly path: string;
  readonly gitFolder: string;
  readonly remote: string | null;
  readonly defaultBranch: string | null;
}

/** A worktree of which git knows, below our own folder, whose folder is gone. */
interface Gone {
  readonly path: string;
  readonly head: string | null;
}

/**
 * What keeps a repository tidy: how branches stand, what is left of worktrees, and what was saved.
 * @param root where worktrees are made
 */
export function createRepositoryCare({
  root,
  env,
  alone,
  git = createGit(env),
}: {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly alone: Alone;
  readonly git?: Git;
}) {
  const at = ({ path: cwd }: CaredRepository, signal: AbortSignal): GitCall => ({ cwd, signal });

  /** The default branch as its remote had it, else that of the repository itself; null when there is neither. */
  async function ontoOf(repository: CaredRepository, signal: AbortSignal): Promise<string | null> {
    const { remote, defaultBranch } = repository;
    if (defaultBranch === null) return null;
    const names = [
      ...(remote === null ? [] : [`refs/remotes/${remote}/${defaultBranch}`]),
      `refs/heads/${defaultBranch}`,
    ];
    for (const name of names)
      if ((await git.ask(['rev-parse', '--verify', '--quiet', name], at(repository, signal))) !== null)
        return name;
    return null;
  }

  async function known(repository: CaredRepository, signal: AbortSignal) {
    const listing = await git.git(['worktree', 'list', '--porcelain', '-z'], at(repository, signal));
    return listing
      .split('\0\0')
      .map((entry) => entry.split('\0').filter((line) => line !== ''))
      .filter((lines) => lines.length > 0)
      .map((lines) => {
        const said = (word: string): string | null =>
          lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1) ?? null;
        const isGone = lines.some((line) => line === 'prunable' || line.startsWith('prunable '));
        return { path: said('worktree') ?? '', head: said('HEAD'), isGone };
      });
  }

  const ours = async (): Promise<string> => realpath(root).catch(() => root);

  return {
    /**
     * Asks the remote for the default branch as it is now.
     * @returns null when that is known, or there is nothing to ask; otherwise why it is not
     */
    async fetchDefault(repository: CaredRepository, signal: AbortSignal): Promise<string | null> {
      const { remote, defaultBranch } = repository;
      if (remote === null || defaultBranch === null) return null;
      return alone(repository.gitFolder, () =>
        fetchBranch(git, remote, defaultBranch, at(repository, signal)),
      );
    },

    /**
     * Brings the worktree of somebody who rests up to the default branch as it is known here. Work that began somewhere
     * else, as on a release or at a pull request, stays there unless somebody asks for this very one; then it is merged.
     */
    async refresh(
      repository: CaredRepository,
      { path: cwd, ownsBranch, branch, base }: Worktree,
      { before, isAsked }: Pick<RefreshWish, 'before'> & { readonly isAsked: boolean },
      signal: AbortSignal,
    ): Promise<Refreshed> {
      return alone(repository.gitFolder, async () => {
        const left = (why: string): Refreshed => ({ status: 'left', why });
        const onto = await ontoOf(repository, signal);
        if (onto === null) return left('nobody knows the default branch');
        const call: GitCall = { cwd, signal };
        if (branch === null) return followDefault(git, { onto, before }, call);
        const on = await git.ask(['symbolic-ref', '--quiet', 'HEAD'], call);
        if (on !== null && on !== `refs/heads/${branch}`) return left(`${branch} is not checked out there`);
        const halfDone = await halfDoneOn(git, branch, call, cwd);
        if (halfDone !== null) return left(halfDoneWords(branch, halfDone));
        const beganThere =
          ownsBranch !== false && (await git.ask(['merge-base', '--is-ancestor', base, onto], call)) !== null;
        if (!beganThere && !isAsked) return left('its work did not begin on the default branch');
        return refresh(git, { onto, mergeOnly: !beganThere, before }, call);
      });
    },

    /** Ends what a killed daemon had begun of that. */
    endRefresh: (worktree: Worktree, from: string, signal: AbortSignal): Promise<RefreshEnd> =>
      alone(worktree.repository, () => endRefresh(git, worktree, from, signal)),

    /** How a branch stands to the default branch; null when there is no such branch, or no default. */
    async stateOf(
      repository: CaredRepository,
      branch: string,
      signal: AbortSignal,
    ): Promise<BranchState | null> {
      const tip = await tipOf(git, repository.path, branch, signal);
      const onto = tip === null ? null : await ontoOf(repository, signal);
      return tip === null || onto === null ? null : branchStateOf(git, tip, onto, at(repository, signal));
    },

    /** Worktrees below our folder that git still knows of though their folders are gone; those of people are not looked at. */
    async goneOf(repository: CaredRepository, signal: AbortSignal): Promise<readonly Gone[]> {
      const top = await ours();
      return (await known(repository, signal)).filter(
        (tree) => tree.isGone && tree.path.startsWith(`${top}${path.sep}`),
      );
    },

    /**
     * Lets git forget a worktree whose folder is gone. A commit at which it stood, and nothing else has, is saved.
     * @returns the ref of that
     */
    forget(
      repository: CaredRepository,
      { path: place, head }: Gone,
      signal: AbortSignal,
    ): Promise<string | null> {
      return alone(repository.gitFolder, async () => {
        const call = at(repository, signal);
        let ref: string | null = null;
        const everywhere = ['--not', '--branches', '--remotes', '--tags', `--glob=${RESCUE}`];
        if (head !== null && !/^0+$/.test(head)) {
          if ((await git.git(['rev-list', '--max-count=1', head, ...everywhere], call)) !== '') {
            ref = `${RESCUE}/${path.basename(place)}-${head.slice(0, 12)}`;
            await git.git(['update-ref', ref, head], call);
          }
        }
        // Never by force: should its folder be there after all, git leaves what is in it.
        await git.git(['worktree', 'remove', place], call);
        return ref;
      });
    },

    /** Folders below ours, of a repository, that no worktree of git is in. */
    async strangeFolders(
      repository: CaredRepository,
      folder: string,
      signal: AbortSignal,
    ): Promise<readonly string[]> {
      const top = path.join(await ours(), folder);
      const names = await readdir(top).catch(() => []);
      const trees = new Set((await known(repository, signal)).map((tree) => tree.path));
      return names.map((name) => path.join(top, name)).filter((place) => !trees.has(place));
    },

    /** Writes down that a branch is to go at its remotes once it has gone here. */
    planRemoteDeletion(
      repository: CaredRepository,
      planned: PlannedDeletion,
      signal: AbortSignal,
    ): Promise<void> {
      return alone(repository.gitFolder, () => planDeletion(git, planned, at(repository, signal)));
    },

    /** @returns what became of it, in words */
    deletePlannedAtRemotes(repository: CaredRepository, signal: AbortSignal): Promise<readonly string[]> {
      return deletePlanned(git, at(repository, signal), (act) => alone(repository.gitFolder, act));
    },

    /**
     * What somebody has done in a worktree since it left the default branch: where it stands, and which files differ.
     * Null when nobody can say, as of one whose folder is gone.
     * @param unseen what is about to be changed there; it counts unless git ignores it
     */
    async touchedIn(
      repository: CaredRepository,
      worktree: string,
      unseen: readonly string[],
      signal: AbortSignal,
    ): Promise<{ readonly head: string; readonly files: ReadonlySet<string> } | null> {
      const call: GitCall = { cwd: worktree, signal };
      try {
        const onto = await ontoOf(repository, signal);
        const head = await git.git(['rev-parse', '--verify', 'HEAD'], call);
        const base = onto === null ? null : await git.ask(['merge-base', onto, head], call);
        if (base === null) return null;
        const { files } = await touchedFiles(git, base, call);
        const more = unseen.filter((file) => !files.has(file));
        return { head, files: new Set([...files, ...(await withoutIgnored(git, more, call))]) };
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof MissionError) return null;
        throw error;
      }
    },

    /** The files on which two commits would conflict; null when this git cannot say (before 2.38). Nothing is written. */
    conflicts: (
      repository: CaredRepository,
      one: string,
      other: string,
      signal: AbortSignal,
    ): Promise<readonly string[] | null> => conflictsBetween(git, one, other, at(repository, signal)),

    rescues: (repository: CaredRepository, signal: AbortSignal): Promise<readonly RescueRef[]> =>
      listRescues(git, at(repository, signal)),
    showRescue: (repository: CaredRepository, name: string, signal: AbortSignal) =>
      showRescue(git, name, at(repository, signal)),
    dropRescue: (repository: CaredRepository, name: string, signal: AbortSignal): Promise<RescueRef> =>
      alone(repository.gitFolder, () => dropRescue(git, name, at(repository, signal))),
  };
}

export type RepositoryCare = ReturnType<typeof createRepositoryCare>;
