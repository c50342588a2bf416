import { existsSync } from 'node:fs';
import { mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { RepositoryName } from '../../db/ids.ts';
import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import { createGit } from '../worktrees/git.ts';
import { refuseInnerWork } from '../worktrees/inner-repositories.ts';
import { type DefaultBranch, defaultBranchOf } from './default-branch.ts';
import { lookAtRepository, type RepositoryFacts } from './look-at-repository.ts';

/** Below the folder of clones; no name of a repository begins like it. */
const UNDER_WAY = '.cloning';
/** git's words for a folder of no repository. */
const NO_REPOSITORY = /not a git repository/i;
/** What git says of its progress, as `Receiving objects:  42%`. */
const PROGRESS = /([A-Z][a-z]+ [a-z]+): +(\d+)%/g;

export interface Cloning {
  readonly url: string;
  readonly name: RepositoryName;
  /** Milliseconds. */
  readonly withinMs: number;
  /** Told how far it is, in a few words, whenever that changes. */
  readonly progress: (words: string) => void;
}

/**
 * Repositories on this machine, and clones of others.
 * @param root where they are cloned to
 */
export function createRepositories({
  root,
  env,
}: {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
}) {
  const git = createGit(env);
  const underWay = path.join(root, UNDER_WAY);
  const placeOf = (name: RepositoryName): string => path.join(root, name);

  /** @throws MissionError `repository_failed` in git's words; nothing is left of it then */
  async function cloneInto(place: string, { url, withinMs, progress }: Cloning, signal: AbortSignal) {
    let told = '';
    await mkdir(underWay, { recursive: true, mode: 0o700 });
    try {
      await git.git(['clone', '--progress', '--', url, place], {
        cwd: root,
        signal,
        withinMs,
        heard(piece) {
          const last = [...piece.matchAll(PROGRESS)].at(-1);
          const words = last === undefined ? told : `${last[1]} ${last[2]}%`;
          if (words === told) return;
          told = words;
          progress(words);
        },
      });
    } catch (cause) {
      await rm(place, { recursive: true, force: true });
      signal.throwIfAborted();
      throw new MissionError('repository_failed', `${url} could not be cloned: ${messageOf(cause)}`, {
        remedy:
          'Nothing is left of it. See that git can clone it without asking for a password, and try again.',
        cause,
      });
    }
  }

  return {
    /**
     * Looks at the repository of a folder, and asks its remote. Changes nothing.
     * @throws MissionError `repository_refused`, `worktree_failed`
     */
    look: (where: string, signal: AbortSignal): Promise<RepositoryFacts> =>
      lookAtRepository(git, where, env, signal),

    /** The default branch, asked anew. */
    defaultBranch: (folder: string, remote: string | null, signal: AbortSignal): Promise<DefaultBranch> =>
      defaultBranchOf(git, remote, { cwd: folder, signal }),

    /**
     * Clones into a folder of ours. Nothing is left of one that fails or is called off.
     * @param made told of it before the clone gets its place: what a killed daemon leaves behind is known by it
     * @throws MissionError `repository_failed`, `repository_refused` when something lies there already
     */
    async clone(
      cloning: Cloning,
      made: (facts: RepositoryFacts) => void,
      signal: AbortSignal,
    ): Promise<RepositoryFacts> {
      const place = placeOf(cloning.name);
      if (existsSync(place))
        throw new MissionError('repository_refused', `Something lies at ${place} already.`, {
          remedy: `Add it as it is: missiond repo add ${place}. Or give another name.`,
        });
      const temporary = path.join(underWay, cloning.name);
      await rm(temporary, { recursive: true, force: true });
      await cloneInto(temporary, cloning, signal);
      try {
        const facts = await lookAtRepository(git, temporary, env, signal);
        const top = path.join(await realpath(root), cloning.name);
        const settled = { ...facts, path: top, gitFolder: path.join(top, '.git') };
        made(settled);
        await rename(temporary, place);
        return settled;
      } catch (error) {
        await rm(temporary, { recursive: true, force: true });
        throw error;
      }
    },

    /**
     * Finishes, or takes back, clones over which a daemon was killed.
     * @param known the repositories that have a row
     */
    async tidy(known: ReadonlySet<RepositoryName>): Promise<void> {
      const left = await readdir(underWay).catch(() => []);
      for (const name of left) {
        const from = path.join(underWay, name);
        const isKnown = [...known].some((one) => one === name);
        if (isKnown && !existsSync(path.join(root, name))) await rename(from, path.join(root, name));
        else await rm(from, { recursive: true, force: true });
      }
    },

    /** The common git folder of where somebody stands, then of the repositories around it; empty outside of any. */
    async around(folder: string, signal: AbortSignal): Promise<readonly string[]> {
      const found: string[] = [];
      let next: string | null = await realpath(folder).catch(() => null);
      while (next !== null) {
        const answer: string | null = await git.ask(
          ['rev-parse', '--path-format=absolute', '--git-common-dir', '--show-superproject-working-tree'],
          { cwd: next, signal },
          NO_REPOSITORY,
        );
        const [common, above]: (string | undefined)[] = answer?.split('\n') ?? [];
        if (common !== undefined) found.push(await realpath(common));
        next = above === undefined || above === '' ? null : above;
      }
      return found;
    },

    /** True when a branch of that name is there, of the repository itself or as its remote had it. */
    async hasBranch(
      folder: string,
      remote: string | null,
      branch: string,
      signal: AbortSignal,
    ): Promise<boolean> {
      const refs = [`refs/heads/${branch}`, ...(remote === null ? [] : [`refs/remotes/${remote}/${branch}`])];
      const found = await Promise.all(
        refs.map((ref) => git.ask(['show-ref', '--verify', '--quiet', ref], { cwd: folder, signal }, /./)),
      );
      return found.some((answer) => answer !== null);
    },

    /**
     * What would be lost with a clone, in a few words each: empty when all of it is somewhere else.
     * @throws MissionError `worktree_failed` when nobody can say
     */
    async onlyHere(folder: string, signal: AbortSignal): Promise<readonly string[]> {
      const call = { cwd: folder, signal };
      const lines = async (...args: readonly string[]): Promise<readonly string[]> =>
        (await git.git(args, call)).split('\n').filter((line) => line !== '');
      const loose = await lines('status', '--porcelain', '--untracked-files=all', '--ignore-submodules=none');
      const refs = await lines(
        'for-each-ref',
        '--format=%(refname)',
        'refs/heads',
        'refs/missiond',
        'refs/tags',
      );
      const stash = await lines('stash', 'list');
      const trees = await lines('worktree', 'list');
      const lonely: string[] = [];
      for (const ref of [...refs, 'HEAD']) {
        if (ref === 'HEAD' && (await git.ask(['rev-parse', '--verify', '--quiet', 'HEAD'], call)) === null)
          continue;
        if ((await lines('rev-list', '--max-count=1', ref, '--not', '--remotes')).length > 0)
          lonely.push(ref);
      }
      await refuseInnerWork(git, call);
      return [
        ...(loose.length > 0 ? [`${loose.length} files that are not committed`] : []),
        ...(stash.length > 0 ? [`${stash.length} entries of the stash`] : []),
        ...(trees.length > 1 ? [`${trees.length - 1} worktrees`] : []),
        ...lonely.map((ref) => `commits of ${ref.replace(/^refs\/heads\//, '')} that no remote has`),
      ];
    },

    /** Deletes a clone of ours; no other folder. */
    async deleteClone(name: RepositoryName): Promise<void> {
      await rm(placeOf(name), { recursive: true, force: true });
    },
  };
}

export type RepositoriesOnDisk = ReturnType<typeof createRepositories>;
