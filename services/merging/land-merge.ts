import type { MergeMethod } from '../../db/schema/merging.ts';
import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import type { Git, GitCall } from '../worktrees/git.ts';
import { halfDoneOn, halfDoneWords } from '../worktrees/half-done-on.ts';
import type { Turn } from '../worktrees/repository-turns.ts';
import {
  CHECKS_OUT_WITHIN_MS,
  checkoutOf,
  commitAt,
  fetchRef,
  isAncestor,
  REMOTE_WITHIN_MS,
  remoteTip,
  tipOfBranch,
  uncommittedIn,
} from './branches.ts';
import { named } from './gate-rows.ts';
import type { Gh } from './gh.ts';
import { pushLargeFiles } from './push-large-files.ts';

/** What the target is moved from, and to what. */
export interface Landing {
  readonly target: string;
  readonly base: string;
  readonly result: string;
  readonly remote: string | null;
  /** A ref below which refs may be made. */
  readonly scratch: string;
  /** Nobody else changes the repository meanwhile. */
  readonly turn: Turn;
}

export type Landed =
  | { readonly kind: 'landed'; readonly pushed: boolean; readonly trouble: string | null }
  /** Nothing was changed, here or at the remote. */
  | { readonly kind: 'refused'; readonly why: string };

const PULL = 'Bring it up to date when it suits you';

/** What git says of a push that it did not make. */
const REJECTED = /rejected|non-fast-forward|fetch first|protected branch|pre-receive|denied|stale info/i;

/** True when a commit is in the history of the remote's branch; what is not here yet is brought here. */
async function remoteHas(
  git: Git,
  { remote, target, result, scratch, turn }: Landing,
  call: GitCall,
): Promise<boolean> {
  if (remote === null) return false;
  const tip = await remoteTip(git, remote, target, call);
  if (tip === null) return false;
  if (tip === result) return true;
  await fetchRef(git, { remote, from: `refs/heads/${target}`, to: `${scratch}/remote`, turn }, call);
  return isAncestor(git, result, tip, call);
}

/**
 * Moves the branch here. Where it is checked out its working tree goes with it: git itself refuses to touch a file that
 * somebody has changed, or one of theirs that it does not track, ignored or not.
 * @returns what is left to do by hand; null when all is done
 */
async function moveNow(git: Git, { target, base, result }: Landing, call: GitCall): Promise<string | null> {
  const tip = await tipOfBranch(git, target, call);
  if (tip === result || (tip !== null && (await isAncestor(git, result, tip, call)))) return null;
  if (tip !== null && tip !== base && !(await isAncestor(git, tip, base, call)))
    return `${target} has moved here meanwhile: ${PULL}.`;
  const halfDone = await halfDoneOn(git, target, call);
  if (halfDone !== null) return `${halfDoneWords(target, halfDone)}. ${PULL}: git merge --ff-only ${result}.`;
  const place = await checkoutOf(git, target, call);
  try {
    if (place === null) {
      const from = tip ?? '0'.repeat(result.length);
      await git.git(['update-ref', '-m', 'missiond: merge', `refs/heads/${target}`, result, from], call);
    } else
      await git.git(['merge', '--ff-only', '--no-autostash', '--no-overwrite-ignore', '--quiet', result], {
        ...call,
        cwd: place,
        withinMs: CHECKS_OUT_WITHIN_MS,
      });
    return null;
  } catch (error) {
    call.signal.throwIfAborted();
    if (!(error instanceof MissionError)) throw error;
    return `${target} could not be moved here (${error.message}). ${PULL}: git merge --ff-only ${result}.`;
  }
}

const moveHere = (git: Git, landing: Landing, call: GitCall): Promise<string | null> =>
  landing.turn(() => moveNow(git, landing, call));

/** Why the target, and a working tree in which it is checked out, may not be moved, in words; null when they may. */
export async function inTheWay(git: Git, target: string, call: GitCall): Promise<string | null> {
  const halfDone = await halfDoneOn(git, target, call);
  if (halfDone !== null) return halfDoneWords(target, halfDone);
  const place = await checkoutOf(git, target, call);
  if (place === null) return null;
  const files = await uncommittedIn(git, { ...call, cwd: place }, { untracked: false });
  return files.length === 0
    ? null
    : `${target} is checked out in ${place} with changes (${named(files)}); commit them or switch to another branch there`;
}

/**
 * Brings a merge into its branch: at the remote first, which takes it only when nobody was faster, then here. Called again
 * after a daemon was killed in the middle, it looks what was done and does the rest: never twice.
 * @throws MissionError `worktree_failed` when it cannot be known what has become of it: it is to be called again
 */
export async function land(git: Git, landing: Landing, call: GitCall): Promise<Landed> {
  const { remote, target, base, result, turn } = landing;
  let isWithout: string | null = null;
  if (remote !== null && !(await remoteHas(git, landing, call))) {
    // A branch that a person has set back meanwhile would be moved forward again; one that is not there is made.
    const expected = (await remoteTip(git, remote, target, call)) === null ? '' : base;
    try {
      isWithout = await pushLargeFiles(git, { remote, commit: result }, call);
      const plainly = ['--porcelain', '--no-follow-tags', '--recurse-submodules=no'];
      const lease = `--force-with-lease=refs/heads/${target}:${expected}`;
      await turn(() =>
        git.git(['push', ...plainly, lease, '--', remote, `${result}:refs/heads/${target}`], {
          ...call,
          withinMs: REMOTE_WITHIN_MS,
        }),
      );
    } catch (error) {
      call.signal.throwIfAborted();
      if (!(error instanceof MissionError)) throw error;
      // A connection that broke behind the last byte has pushed.
      if (!(await remoteHas(git, landing, call))) {
        const words = `${error.message}\n${String(error.facts['answer'] ?? '')}`.trim();
        if (REJECTED.test(words) || error.facts['status'] !== null)
          return { kind: 'refused', why: `${remote} did not take it: ${words}` };
        throw error;
      }
    }
  }
  if (remote !== null) {
    const trouble = [isWithout, await moveHere(git, landing, call)].filter((one) => one !== null);
    return { kind: 'landed', pushed: true, trouble: trouble.length === 0 ? null : trouble.join(' ') };
  }
  const tip = await tipOfBranch(git, target, call);
  const isDone = tip === result || (tip !== null && (await isAncestor(git, result, tip, call)));
  if (!isDone && tip !== base) return { kind: 'refused', why: `${target} has moved meanwhile.` };
  const trouble = await moveHere(git, landing, call);
  return trouble === null ? { kind: 'landed', pushed: false, trouble } : { kind: 'refused', why: trouble };
}

/**
 * Merges a pull request where it lives: at the forge, when gh is there, which takes it only at the commit that was judged;
 * else as a branch. Called again, it looks what was done.
 * @throws MissionError `worktree_failed` when it cannot be known what has become of it
 */
export async function landPullRequest(
  git: Git,
  gh: Gh,
  {
    number,
    head,
    method,
    ...landing
  }: Landing & { readonly number: number; readonly head: string; readonly method: MergeMethod },
  call: GitCall,
): Promise<Landed> {
  const { remote, target, scratch, turn } = landing;
  const isMerged = async (): Promise<boolean | null> => {
    try {
      return (await gh.pullRequest(number, call.cwd, call.signal)).isMerged;
    } catch (error) {
      call.signal.throwIfAborted();
      if (/could not be started/.test(messageOf(error))) return null;
      throw new MissionError(
        'worktree_failed',
        `The forge does not say what has become of #${number}: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    }
  };
  const before = await isMerged();
  if (before === null || remote === null) return land(git, landing, call);
  if (!before) {
    try {
      await gh.merge(
        number,
        { method: method === 'fast-forward' ? 'rebase' : method, head },
        call.cwd,
        call.signal,
      );
    } catch (error) {
      call.signal.throwIfAborted();
      if ((await isMerged()) !== true) return { kind: 'refused', why: messageOf(error) };
    }
    // A branch with a queue of the forge's own takes it into that, and may send it back.
    if ((await isMerged()) !== true)
      throw new MissionError(
        'worktree_failed',
        `The forge has taken #${number}, and has not merged it yet.`,
        {
          remedy: 'Look at its merge queue.',
        },
      );
  }
  await fetchRef(git, { remote, from: `refs/heads/${target}`, to: `${scratch}/remote`, turn }, call);
  const result = (await commitAt(git, `${scratch}/remote`, call)) ?? landing.result;
  return {
    kind: 'landed',
    pushed: true,
    trouble: await moveHere(git, { ...landing, base: result, result }, call),
  };
}
