import { realpath } from 'node:fs/promises';
import { MissionError } from '../errors/mission-error.ts';
import type { Git, GitCall } from '../worktrees/git.ts';
import { type DefaultBranch, defaultBranchOf } from './default-branch.ts';
import { forkedFrom } from './find-fork.ts';
import { type ForkedFrom, remoteFacts } from './upstream-of.ts';

const NO_REPOSITORY = /not a git repository/i;

/** What git says of a repository. */
export interface RepositoryFacts extends Pick<DefaultBranch, 'defaultBranch' | 'defaultBranchFrom'> {
  /** The top of its main working tree. */
  readonly path: string;
  readonly gitFolder: string;
  readonly url: string | null;
  readonly remote: string | null;
  readonly isFork: boolean;
  readonly upstreamUrl: string | null;
  /** What a person should know of it, in sentences. */
  readonly notes: readonly string[];
}

const refusal = (message: string, remedy: string, cause?: unknown): MissionError =>
  new MissionError('repository_refused', message, { remedy, cause });

/** Where a folder's repository lies: its main working tree, and what all its working trees share. */
async function placeOf(git: Git, where: string, signal: AbortSignal) {
  const folder = await realpath(where).catch((cause: unknown) => {
    throw refusal(`There is nothing at ${where}.`, 'Give the folder of a repository, or an address.', cause);
  });
  const call: GitCall = { cwd: folder, signal };
  const asked = await git.ask(
    ['rev-parse', '--path-format=absolute', '--is-bare-repository', '--git-dir', '--git-common-dir'],
    call,
    NO_REPOSITORY,
  );
  if (asked === null)
    throw refusal(
      `${where} is no git repository.`,
      `Make it one: git -C ${where} init, and commit something.`,
    );
  const [isBare, own = '', common = ''] = asked.split('\n');
  if (isBare === 'true')
    throw refusal(
      `${where} is a bare repository: nobody can work in it.`,
      `Let missiond clone it: missiond repo add file://${folder}`,
    );
  const top = await git.git(['rev-parse', '--path-format=absolute', '--show-toplevel'], call);
  const gitFolder = await realpath(common);
  if (own === common) return { path: top, gitFolder };
  const [first = ''] = (await git.git(['worktree', 'list', '--porcelain', '-z'], call)).split('\0\0');
  const lines = first.split('\0');
  const main = lines[0]?.replace(/^worktree /, '');
  // Worktrees of a bare repository: any of them will do.
  return { path: main === undefined || lines.includes('bare') ? top : main, gitFolder };
}

/**
 * Looks at the repository of a folder, and asks its remote. Changes nothing.
 * @throws MissionError `repository_refused` when it is none that a team can work on, `worktree_failed` when git fails
 */
export async function lookAtRepository(
  git: Git,
  where: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<RepositoryFacts> {
  const place = await placeOf(git, where, signal);
  const call: GitCall = { cwd: place.path, signal };
  const forgeSays: ForkedFrom = (folder, host, until) => forkedFrom(folder, host, env, until);
  const { remote, url, upstreamUrl } = await remoteFacts(git, forgeSays, call);
  const { defaultBranch, defaultBranchFrom, note } = await defaultBranchOf(git, remote, call);
  const commit = await git.ask(['rev-parse', '--verify', '--quiet', 'HEAD'], call);
  return {
    ...place,
    url,
    remote,
    defaultBranch,
    defaultBranchFrom,
    isFork: upstreamUrl !== null,
    upstreamUrl,
    notes: [
      ...(note === null ? [] : [note]),
      ...(commit === null ? ['It has no commit yet: commit something before agents work on it.'] : []),
    ],
  };
}
