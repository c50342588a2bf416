import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import type { Git, GitCall } from '../worktrees/git.ts';
import { requireBase, requireNewBranch, tipOf } from '../worktrees/repository.ts';

/** A remote that does not answer holds up nobody for longer: what is known here is used then, and that is said. */
const FETCHES_WITHIN_MS = 30_000;

export interface StartWish {
  /** The main working tree of the repository. */
  readonly repositoryPath: string;
  readonly remote: string | null;
  readonly defaultBranch: string | null;
  /** The name of its own branch; null for one that only reads. */
  readonly usualBranch: string | null;
  /** A branch that is there: work goes on on it. */
  readonly branch?: string | undefined;
  /** A pull request, by its number. */
  readonly pullRequest?: number | undefined;
  /** Where its own branch begins. */
  readonly from?: string | undefined;
}

export interface StartPoint {
  readonly branch: string | null;
  /** True when the branch has to be made. */
  readonly ownsBranch: boolean;
  /** The commit at which the work begins. */
  readonly base: string;
  /** Somebody has named that very commit, or a pull request, and no branch: the work is not brought up to the default branch by itself. */
  readonly staysAtBase: boolean;
  /** What a person should know of it. */
  readonly notes: readonly string[];
}

/** Fetches one ref; null when that worked, else why it did not. */
async function fetched({ git }: Git, remote: string, refspec: string, call: GitCall): Promise<string | null> {
  try {
    await git(
      [
        'fetch',
        '--quiet',
        '--no-tags',
        '--no-write-fetch-head',
        '--no-auto-maintenance',
        '--',
        remote,
        refspec,
      ],
      { ...call, withinMs: FETCHES_WITHIN_MS },
    );
    return null;
  } catch (error) {
    call.signal.throwIfAborted();
    return messageOf(error);
  }
}

const commitOf = ({ ask }: Git, ref: string, call: GitCall): Promise<string | null> =>
  ask(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`], call, /./);

/** The head of a pull request as the remote has it. The ref is ours: one that was pushed over is followed. */
async function pullRequestHead(git: Git, wish: StartWish, number: number, call: GitCall): Promise<string> {
  const { remote } = wish;
  if (remote === null)
    throw new MissionError('worktree_refused', 'The repository has no remote, so it has no pull requests.', {
      remedy: 'Name a branch: --from BRANCH.',
    });
  const ref = `refs/missiond/pr-${number}`;
  const why = await fetched(git, remote, `+refs/pull/${number}/head:${ref}`, call);
  const head = why === null ? await commitOf(git, ref, call) : null;
  if (head !== null) return head;
  throw new MissionError(
    'worktree_refused',
    `Pull request ${number} could not be fetched from ${remote}: ${why ?? 'it has no commit'}`,
    { remedy: 'Look whether there is one of that number, and whether the remote can be reached.' },
  );
}

/** A branch that is there, of the repository itself or of its remote. */
async function existingBranch(git: Git, wish: StartWish, branch: string, call: GitCall): Promise<StartPoint> {
  const { repositoryPath: cwd, remote } = wish;
  const own = await tipOf(git, cwd, branch, call.signal);
  if (own !== null) return { branch, ownsBranch: false, base: own, staysAtBase: false, notes: [] };
  const tracking = remote === null ? null : `refs/remotes/${remote}/${branch}`;
  const why =
    remote === null || tracking === null
      ? null
      : await fetched(git, remote, `+refs/heads/${branch}:${tracking}`, call);
  const there = tracking === null ? null : await commitOf(git, tracking, call);
  if (there === null)
    throw new MissionError(
      'worktree_refused',
      `There is no branch ${branch}${why === null ? '' : `, and: ${why}`}.`,
      {
        remedy: `Name one that is there, or begin a new one: --from REF.`,
      },
    );
  await requireNewBranch(git, cwd, branch, call.signal);
  return {
    branch,
    ownsBranch: true,
    base: there,
    staysAtBase: false,
    notes: why === null ? [] : [`It begins as ${branch} was last seen: ${why}`],
  };
}

/** The default branch as the remote has it now, else as it is known here. */
async function defaultStart(git: Git, wish: StartWish, call: GitCall) {
  const { remote, defaultBranch, repositoryPath } = wish;
  if (defaultBranch === null)
    return { base: await requireBase(git, repositoryPath, undefined, call.signal), notes: [] };
  const tracking = remote === null ? null : `refs/remotes/${remote}/${defaultBranch}`;
  const why =
    remote === null || tracking === null
      ? null
      : await fetched(git, remote, `+refs/heads/${defaultBranch}:${tracking}`, call);
  const there = tracking === null || why !== null ? null : await commitOf(git, tracking, call);
  if (there !== null) return { base: there, notes: [] };
  const base = await requireBase(git, repositoryPath, `refs/heads/${defaultBranch}`, call.signal).catch(
    (error: unknown) => {
      if (tracking === null) throw error;
      return requireBase(git, repositoryPath, tracking, call.signal);
    },
  );
  return { base, notes: why === null ? [] : [`It begins at ${defaultBranch} as it is known here: ${why}`] };
}

/** A branch goes on; a tag, a hash, or a commit before another was meant as it is. */
async function namedStart(git: Git, from: string, call: GitCall) {
  const base = await requireBase(git, call.cwd, from, call.signal);
  const ref = await git.ask(['rev-parse', '--symbolic-full-name', '--end-of-options', from], call, /./);
  const isBranch = ref !== null && /^refs\/(?:heads|remotes)\//m.test(ref);
  const note = `It stays at ${from}: nothing brings it up to the default branch but missiond refresh with its name.`;
  return { base, staysAtBase: !isBranch, notes: isBranch ? [] : [note] };
}

/**
 * Where the work of an agent begins. Only refs of the remote and of ours are written.
 * @throws MissionError `worktree_refused`
 */
export async function startPoint(git: Git, wish: StartWish, signal: AbortSignal): Promise<StartPoint> {
  const { repositoryPath: cwd, usualBranch, branch, pullRequest, from } = wish;
  const call = { cwd, signal };
  const said = [branch, pullRequest, from].filter((one) => one !== undefined);
  if (said.length > 1)
    throw new MissionError(
      'input_invalid',
      'Of a branch, a pull request and a start point only one can be said.',
    );
  if (branch !== undefined && usualBranch === null)
    throw new MissionError('input_invalid', 'An agent whose role has no branch works on none.', {
      remedy: `Let it read there: --from ${branch}.`,
    });
  if (branch !== undefined) return existingBranch(git, wish, branch, call);
  if (usualBranch !== null) await requireNewBranch(git, cwd, usualBranch, signal);
  const own = { branch: usualBranch, ownsBranch: usualBranch !== null, staysAtBase: false };
  if (pullRequest !== undefined)
    return {
      ...own,
      base: await pullRequestHead(git, wish, pullRequest, call),
      // Rebased, its commits could not be pushed to that pull request again.
      staysAtBase: true,
      notes: [
        `It goes on from pull request ${pullRequest}: nothing brings it up to the default branch but missiond refresh with its name.`,
      ],
    };
  if (from !== undefined) return { ...own, ...(await namedStart(git, from, call)) };
  return { ...own, ...(await defaultStart(git, wish, call)) };
}
