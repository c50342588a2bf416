import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import type { Git, GitCall } from '../worktrees/git.ts';
import type { Turn } from '../worktrees/repository-turns.ts';
import { isIn, REMOTE_WITHIN_MS, remoteTip } from './branches.ts';
import { type Gh, WITHOUT_GH } from './gh.ts';
import { pushLargeFiles } from './push-large-files.ts';

/** What missiond says of itself in a commit of its own. */
const OURS = /^Missiond-[\w-]+:/;

/** A branch of a fork that everything agrees to. */
interface Proposal {
  readonly branch: string;
  /** The commit that was judged. */
  readonly head: string;
  /** The branch of upstream that it is for. */
  readonly target: string;
  /** The remote of the fork itself. */
  readonly remote: string;
  /** Where upstream is. */
  readonly upstream: string;
  /** Its first line is the title. */
  readonly message: string;
  /** Nobody else changes the repository meanwhile. */
  readonly turn: Turn;
}

export type Proposed =
  | {
      readonly kind: 'proposed';
      readonly pullRequest: number;
      /** What is left to do by hand. */
      readonly trouble: string | null;
    }
  /** No pull request was opened; what was pushed is a branch of the fork alone. */
  | { readonly kind: 'refused'; readonly why: string };

/** Who owns what an address leads to: `git@host:OWNER/name`, `https://host/OWNER/name.git`. */
function ownerIn(address: string): string | null {
  const [, owner] = /([^/:\\]+)\/[^/]+?(?:\.git)?\/*$/.exec(address) ?? [];
  return owner ?? null;
}

/** Brings the branch to the fork as it was judged. What somebody else has pushed there is never written over. */
async function pushBranch(
  git: Git,
  { branch, head, remote, turn }: Proposal,
  call: GitCall,
): Promise<{ readonly refused: string } | { readonly refused: null; readonly trouble: string | null }> {
  const there = await remoteTip(git, remote, branch, call);
  if (there === head) return { refused: null, trouble: null };
  if (there !== null && !(await isIn(git, there, head, call)))
    return { refused: `${remote} has commits on ${branch} that are not here; fetch them first.` };
  try {
    const trouble = await pushLargeFiles(git, { remote, commit: head }, call);
    const plainly = ['--porcelain', '--no-follow-tags', '--recurse-submodules=no'];
    const lease = `--force-with-lease=refs/heads/${branch}:${there ?? ''}`;
    await turn(() =>
      git.git(['push', ...plainly, lease, '--', remote, `${head}:refs/heads/${branch}`], {
        ...call,
        withinMs: REMOTE_WITHIN_MS,
      }),
    );
    return { refused: null, trouble };
  } catch (error) {
    call.signal.throwIfAborted();
    if (!(error instanceof MissionError) || error.facts['status'] === null) throw error;
    const words = `${error.message}\n${String(error.facts['answer'] ?? '')}`.trim();
    return { refused: `${remote} did not take it: ${words}` };
  }
}

/**
 * Pushes a branch to the fork and opens a pull request for it at upstream; one that is open already has the new commits
 * with the push. Called again after a daemon was killed in the middle, it looks what was done and does the rest.
 * @throws Error when it cannot be known what has become of it: it is to be called again
 */
export async function propose(git: Git, gh: Gh, proposal: Proposal, call: GitCall): Promise<Proposed> {
  const { branch, remote, upstream, target, message } = proposal;
  const address = await git.git(['remote', 'get-url', '--push', '--', remote], call);
  const owner = ownerIn(address.split('\n')[0] ?? '');
  if (owner === null)
    return { kind: 'refused', why: `The address of ${remote} does not say whose fork it is.` };
  const open = (): Promise<number | null> =>
    gh.openPullRequest({ upstream, owner, branch, target }, call.cwd, call.signal);
  let before: number | null;
  try {
    before = await open();
  } catch (error) {
    call.signal.throwIfAborted();
    if (!WITHOUT_GH.test(messageOf(error))) throw error;
    return { kind: 'refused', why: `${messageOf(error)}. Nothing was pushed.` };
  }
  const pushed = await pushBranch(git, proposal, call);
  if (pushed.refused !== null) return { kind: 'refused', why: pushed.refused };
  const { trouble } = pushed;
  if (before !== null) return { kind: 'proposed', pullRequest: before, trouble };
  const [title = branch, ...rest] = message.split('\n').filter((line) => !OURS.test(line));
  const words = { title, body: rest.join('\n').trim() };
  try {
    const pullRequest = await gh.propose(
      { upstream, owner, branch, target, ...words },
      call.cwd,
      call.signal,
    );
    return { kind: 'proposed', pullRequest, trouble };
  } catch (error) {
    call.signal.throwIfAborted();
    // An answer that was lost behind the last byte has opened it.
    const made = await open();
    if (made !== null) return { kind: 'proposed', pullRequest: made, trouble };
    return {
      kind: 'refused',
      why: `${branch} is pushed to ${remote}, and ${upstream} did not take the pull request: ${messageOf(error)}`,
    };
  }
}
