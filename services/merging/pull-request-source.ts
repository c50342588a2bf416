import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import type { RepositoryRow } from '../ledger/repository-ledger.ts';
import { requireAddress } from '../repositories/repository-source.ts';
import { pushableRemotes, pushRemoteOf } from '../worktrees/fork-remotes.ts';
import type { Git, GitCall } from '../worktrees/git.ts';
import { REMOTE_WITHIN_MS } from './branches.ts';
import { type Gh, type PullRequestOrigin, WITHOUT_GH } from './gh.ts';

/** A branch of another repository that commits are pushed to. */
export interface Destination {
  /** A remote, or an address. */
  readonly to: string;
  readonly branch: string;
  /** How a person calls that repository. */
  readonly called: string;
}

function refuse(message: string, remedy: string): MissionError {
  return new MissionError('repository_refused', message, { remedy });
}

const ofUpstream = (number: number): MissionError =>
  refuse(
    `Pull request ${number} comes from a branch of upstream, and nothing is pushed to upstream from a fork.`,
    'Propose a pull request of your own: missiond merge NAME, after missiond repo config REPOSITORY proposesUpstream=true.',
  );

/** `owner/name` of what an address leads to, however it is reached. */
const slugOf = (address: string): string =>
  /([^/:\\]+\/[^/\\]+?)(?:\.git)?\/*$/.exec(address)?.[1]?.toLowerCase() ?? '';

const addressOf = async ({ git }: Git, remote: string, call: GitCall): Promise<string> =>
  (await git(['remote', 'get-url', '--push', '--', remote], call)).split('\n')[0] ?? '';

/** Where it comes from another repository: a remote that leads there, else its address, where its author lets us push. */
async function ofFork(
  git: Git,
  number: number,
  { branch, repository, maintainersMayPush }: PullRequestOrigin,
  { near, upstream }: { readonly near: string; readonly upstream: string | null },
  call: GitCall,
): Promise<Destination> {
  if (repository === null)
    throw refuse(
      `The repository that pull request ${number} comes from is gone.`,
      'Open another pull request from a branch of yours.',
    );
  const { name, httpsUrl, sshUrl } = repository;
  if (upstream !== null && slugOf(upstream) === name.toLowerCase()) throw ofUpstream(number);
  for (const remote of await pushableRemotes(git, call))
    if (slugOf(await addressOf(git, remote, call)) === name.toLowerCase())
      return { to: remote, branch, called: name };
  if (!maintainersMayPush)
    throw refuse(
      `The author of pull request ${number} does not let the maintainers push to ${branch} of ${name}.`,
      `Ask them to ("Allow edits by maintainers"), or, where that repository is yours, make a remote of it: git remote add NAME ${httpsUrl}`,
    );
  // Whoever reaches this repository by ssh has a key, and perhaps no password.
  const to = /^(?:ssh:|[\w.-]+@)/i.test(near) ? sshUrl : httpsUrl;
  requireAddress(to);
  return { to, branch, called: name };
}

/** Without gh: the one branch of the remote that stands at what the remote calls the head of the pull request. */
async function byItsHead(
  { git }: Git,
  remote: string,
  number: number,
  defaultBranch: string | null,
  call: GitCall,
): Promise<Destination> {
  const pull = `refs/pull/${number}/head`;
  const said = await git(['ls-remote', '--refs', '--', remote, 'refs/heads/*', pull], {
    ...call,
    withinMs: REMOTE_WITHIN_MS,
  });
  const tips = new Map(
    said.split('\n').map((line): [string, string] => {
      const [commit = '', ref = ''] = line.split('\t');
      return [ref, commit];
    }),
  );
  const head = tips.get(pull);
  if (head === undefined)
    throw refuse(`${remote} has no pull request ${number}.`, 'Look at its number at the forge.');
  const branches = [...tips]
    .filter(([ref, commit]) => commit === head && ref.startsWith('refs/heads/'))
    .map(([ref]) => ref.slice('refs/heads/'.length))
    .filter((branch) => branch !== defaultBranch);
  const [branch] = branches;
  if (branch !== undefined && branches.length === 1) return { to: remote, branch, called: remote };
  throw refuse(
    `Which branch pull request ${number} comes from is not known: ${branches.length === 0 ? `none of ${remote} stands at it` : `it may be ${branches.join(' or ')}`}, and gh is not there, or not signed in.`,
    'Sign in with gh auth login, or name the branch: --to BRANCH.',
  );
}

/**
 * The branch that a pull request comes from, of the same repository or of a fork. Nothing of upstream is ever named from
 * within a fork.
 * @throws MissionError `repository_refused` when nothing may be pushed there; `worktree_failed` when nobody can say
 */
export async function pullRequestSource(
  git: Git,
  gh: Gh,
  number: number,
  { remote: followed, isFork, upstreamUrl, defaultBranch }: RepositoryRow,
  call: GitCall,
): Promise<Destination> {
  const remote = await pushRemoteOf(git, followed, call);
  if (remote === null || followed === null)
    throw refuse('The repository has no remote.', 'Add one: git remote add origin ADDRESS.');
  let origin: PullRequestOrigin;
  try {
    origin = await gh.pullRequestOrigin(number, call.cwd, call.signal);
  } catch (error) {
    call.signal.throwIfAborted();
    const words = messageOf(error);
    if (WITHOUT_GH.test(words)) return byItsHead(git, remote, number, defaultBranch, call);
    throw new MissionError('worktree_failed', `The forge does not say where it comes from: ${words}`, {
      cause: error,
    });
  }
  if (!origin.isOpen)
    throw refuse(`Pull request ${number} is closed.`, 'Open another one, or open it again.');
  const places = { near: await addressOf(git, followed, call), upstream: isFork ? upstreamUrl : null };
  if (!origin.isSameRepository) return ofFork(git, number, origin, places, call);
  if (isFork) throw ofUpstream(number);
  return { to: remote, branch: origin.branch, called: remote };
}
