import type { GateRow } from '../../db/schema/merging.ts';
import { MissionError, toFailure } from '../errors/mission-error.ts';
import type { RepositoryRow } from '../ledger/repository-ledger.ts';
import type { Git, GitCall } from '../worktrees/git.ts';
import type { Alone, Turn } from '../worktrees/repository-turns.ts';
import {
  checkoutOf,
  commitAt,
  fetchRef,
  isBranchName,
  isIn,
  remoteTip,
  tipOfBranch,
  uncommittedIn,
} from './branches.ts';
import { named, pullRows, short } from './gate-rows.ts';
import type { Gh, PullRequest } from './gh.ts';
import type { MergeWish } from './merge-wish.ts';

export interface SubjectDependencies {
  readonly git: Git;
  /** Shared with whoever else changes these repositories. */
  readonly alone: Alone;
  readonly gh: Gh;
  /** The branch of an agent of this name, and who it is; null when there is none. */
  readonly agentOf: (name: string) => { readonly branch: string; readonly slotId: string } | null;
}

/** What is to be merged, and what was found of it. */
export interface Subject {
  readonly rows: readonly GateRow[];
  readonly branch: string | null;
  readonly pullRequest: number | null;
  /** Null when it is not known which commit is meant, or nobody may merge it. */
  readonly head: string | null;
  /** What the forge says of a pull request. */
  readonly pull: PullRequest | null;
  /** The slot of the agent whose work it is. */
  readonly worker: string | null;
}

interface Asked {
  readonly repository: RepositoryRow;
  /** The branch that it goes into. */
  readonly target: string;
  /** Where the work of the team is pushed to. */
  readonly pushRemote: string | null;
  /** It is not merged, but proposed to the upstream of a fork. */
  readonly isProposal: boolean;
  readonly wish: MergeWish;
  /** A ref below which refs may be made. */
  readonly scratch: string;
}

/** Whether the queue of this repository looks after a pull request; a person may merge any. */
async function trackedRow(
  gh: Gh,
  pull: PullRequest | null,
  { repository, wish }: Asked,
  signal: AbortSignal,
): Promise<readonly GateRow[]> {
  const { track } = repository.configuration.mergeQueue;
  if (track === 'all' || wish.isOfPerson) return [];
  const row = (ok: boolean, message: string): readonly GateRow[] => [{ check: 'merge queue', ok, message }];
  const which = track === 'author' ? 'that you have opened' : 'that are assigned to you';
  if (pull === null)
    return row(false, `it looks after pull requests ${which} alone, and gh is needed to tell`);
  let you: string;
  try {
    you = await gh.whoami(repository.path, signal);
  } catch (error) {
    signal.throwIfAborted();
    return row(false, `it looks after pull requests ${which} alone, and: ${toFailure(error).message}`);
  }
  const isIts = track === 'author' ? pull.author === you : pull.assignees.includes(you);
  return row(
    isIts,
    isIts ? `it is one of those ${which}` : `it looks after pull requests ${which} (${you}) alone`,
  );
}

async function ofPullRequest(
  { git, alone, gh }: SubjectDependencies,
  number: number,
  asked: Asked,
  signal: AbortSignal,
): Promise<Subject> {
  const { repository, target, scratch } = asked;
  const { path: cwd, gitFolder, remote } = repository;
  const turn: Turn = (act) => alone(gitFolder, act);
  const call: GitCall = { cwd, signal };
  const rows: GateRow[] = [];
  const refuse = (check: string, message: string): number => rows.push({ check, ok: false, message });
  if (repository.isFork) {
    refuse(
      'pull request',
      'this is a fork: its pull requests are merged by the maintainers of upstream alone',
    );
    return { rows, branch: null, pullRequest: number, head: null, pull: null, worker: null };
  }
  let pull: PullRequest | null = null;
  let head: string | null = null;
  try {
    pull = await gh.pullRequest(number, cwd, signal);
    if (pull.base !== target) refuse('target', `it is for ${pull.base}, not for ${target}`);
    rows.push(...pullRows(pull));
  } catch (error) {
    signal.throwIfAborted();
    const words = toFailure(error).message;
    // Without gh a pull request is a ref of the remote, as good as a branch.
    if (!/could not be started/.test(words)) refuse('pull request', words);
  }
  rows.push(...(await trackedRow(gh, pull, asked, signal)));
  if (remote === null) refuse('pull request', 'the repository has no remote');
  else if (rows.every(({ ok }) => ok)) {
    const to = `${scratch}/pull`;
    await fetchRef(git, { remote, from: `refs/pull/${number}/head`, to, turn }, call).catch(
      (error: unknown) => {
        if (!(error instanceof MissionError)) throw error;
        refuse('pull request', error.message);
      },
    );
    head = await commitAt(git, to, call);
    if (pull !== null && head !== pull.head)
      refuse('pull request', 'its commits have changed meanwhile; ask again');
  }
  return { rows, branch: pull?.branch ?? null, pullRequest: number, head, pull, worker: null };
}

async function ofBranch(
  { git, agentOf }: SubjectDependencies,
  { repository: { path: cwd, configuration }, pushRemote, isProposal, target, wish: { subject } }: Asked,
  signal: AbortSignal,
): Promise<Subject> {
  const call: GitCall = { cwd, signal };
  const rows: GateRow[] = [];
  const say = (check: string, ok: boolean, message: string): number => rows.push({ check, ok, message });
  const agent = agentOf(subject);
  const isBranch = await isBranchName(git, subject, call);
  const direct = isBranch ? await tipOfBranch(git, subject, call) : null;
  const branch = direct === null && agent !== null ? agent.branch : subject;
  const head = isBranch || agent !== null ? await tipOfBranch(git, branch, call) : null;
  if (head === null) say('branch', false, `there is no branch and no agent ${JSON.stringify(subject)}`);
  if (branch === target) say('branch', false, `${target} is what is merged into`);
  if (isProposal && configuration.protectedBranches.includes(branch))
    say('branch', false, `${branch} is protected, and nothing is pushed to it`);
  if (head !== null) {
    const place = await checkoutOf(git, branch, call);
    const loose =
      place === null ? [] : await uncommittedIn(git, { ...call, cwd: place }, { untracked: true });
    say(
      'worktree',
      loose.length === 0,
      place === null
        ? 'it is checked out nowhere'
        : loose.length === 0
          ? 'everything is committed'
          : `not committed: ${named(loose)}`,
    );
    const there = pushRemote === null ? null : await remoteTip(git, pushRemote, branch, call);
    if (there !== null) {
      const isBehind = isProposal && (await isIn(git, there, head, call));
      say(
        'pushed',
        there === head || isBehind,
        there === head
          ? `${pushRemote} has it`
          : isBehind
            ? `${pushRemote} has it up to ${short(there)}`
            : `${pushRemote} has ${short(there)}, here is ${short(head)}; push or fetch first`,
      );
    }
  }
  return { rows, branch, pullRequest: null, head, pull: null, worker: agent?.slotId ?? null };
}

/** A pull request where it is a number and no branch is called so; else a branch, or that of an agent. */
export async function findSubject(
  dependencies: SubjectDependencies,
  asked: Asked,
  signal: AbortSignal,
): Promise<Subject> {
  const { subject } = asked.wish;
  const number = /^#?(\d{1,9})$/.exec(subject)?.[1];
  const call = { cwd: asked.repository.path, signal };
  return number !== undefined && (await tipOfBranch(dependencies.git, subject, call)) === null
    ? ofPullRequest(dependencies, Number(number), asked, signal)
    : ofBranch(dependencies, asked, signal);
}
