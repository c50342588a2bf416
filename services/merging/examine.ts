import path from 'node:path';
import type { GateRow, MergeMethod } from '../../db/schema/merging.ts';
import { MissionError, toFailure } from '../errors/mission-error.ts';
import type { MergeRow, ReviewRow } from '../ledger/merge-ledger.ts';
import type { RepositoryRow } from '../ledger/repository-ledger.ts';
import type { Policy } from '../permissions/policy.ts';
import { PROTECTED_FILE } from '../permissions/repository-protection.ts';
import type { Git, GitCall } from '../worktrees/git.ts';
import type { Alone, Turn } from '../worktrees/repository-turns.ts';
import {
  checkoutOf,
  commitAt,
  countBetween,
  fetchRef,
  filesBetween,
  isAncestor,
  isBranchName,
  mergeResult,
  remoteTip,
  tipOfBranch,
  uncommittedIn,
} from './branches.ts';
import { checkResult, type RunCommand } from './check-result.ts';
import { mergeMessage } from './commit-message.ts';
import type { Gh, PullRequest } from './gh.ts';
import { inTheWay } from './land-merge.ts';
import { checkFolderName } from './left-checks.ts';
import { protectedAmong } from './protected-files.ts';

const MOST_NAMED = 20;
const MOST_MESSAGES = 200;

export interface GateDependencies {
  readonly git: Git;
  /** Shared with whoever else changes these repositories. */
  readonly alone: Alone;
  readonly gh: Gh;
  readonly runCommand: RunCommand;
  /** Where working trees for checks are made. */
  readonly checksFolder: string;
  readonly policy: () => Pick<Policy, 'protections'>;
  readonly reviewsOf: (commit: string) => readonly ReviewRow[];
  /** The branch of an agent of this name, and who it is; null when there is none. */
  readonly agentOf: (name: string) => { readonly branch: string; readonly slotId: string } | null;
}

export interface MergeWish {
  readonly subject: string;
  readonly method: MergeMethod;
  readonly allowProtected: boolean;
}

/** What the gate has found, row by row, and what the merge comes to. */
export interface Examined
  extends Pick<MergeRow, 'branch' | 'pullRequest' | 'target' | 'head' | 'base' | 'result'> {
  readonly rows: readonly GateRow[];
  readonly output: string | null;
  readonly ok: boolean;
}

const named = (files: readonly string[]): string => {
  const shown = files.slice(0, MOST_NAMED).join(', ');
  return files.length > MOST_NAMED ? `${shown} and ${files.length - MOST_NAMED} more` : shown;
};
const short = (commit: string): string => commit.slice(0, 12);

/** Who has read the very commit: at least one says yes, none of them no in their last word, and nobody judges themselves. */
function reviewRow(all: readonly ReviewRow[], head: string, author: string | null): GateRow {
  const last = new Map(all.filter(({ reviewer }) => reviewer !== author).map((one) => [one.reviewer, one]));
  const against = [...last.values()].filter(({ verdict }) => verdict === 'request_changes');
  const yes = [...last.values()].filter(({ verdict }) => verdict === 'approve');
  if (against.length > 0) {
    const who = against.map(
      ({ reviewer, comments }) => `${reviewer} asks for changes: ${comments.slice(0, 500)}`,
    );
    return { check: 'review', ok: false, message: who.join('; ') };
  }
  if (yes.length === 0)
    return {
      check: 'review',
      ok: false,
      message: `nobody has approved commit ${short(head)} (mission_review)`,
    };
  return {
    check: 'review',
    ok: true,
    message: `${yes.map(({ reviewer }) => reviewer).join(', ')} approved ${short(head)}`,
  };
}

function pullRows(pull: PullRequest): readonly GateRow[] {
  const failing = pull.checks.filter(({ passed }) => !passed);
  const isApproved = pull.review === 'APPROVED';
  return [
    {
      check: 'pull request',
      ok: pull.isOpen,
      message: pull.isOpen ? 'it is open' : 'it is not open, or a draft',
    },
    ...(pull.review === null
      ? []
      : [
          {
            check: 'review',
            ok: isApproved,
            message: `the forge says ${pull.review.toLowerCase().replaceAll('_', ' ')}`,
          },
        ]),
    {
      check: 'conversations',
      ok: pull.unresolved === 0,
      message: pull.unresolved === 0 ? 'all are settled' : `${pull.unresolved} are not settled`,
    },
    {
      check: 'checks of the forge',
      ok: failing.length === 0,
      message:
        pull.checks.length === 0
          ? 'the forge has none'
          : failing.length === 0
            ? `${pull.checks.length} passed`
            : failing.map(({ name, how }) => `${name}: ${how}`).join(', '),
    },
  ];
}

/**
 * Looks at everything that stands before a merge. Nothing is changed but refs of missiond's own and a working tree that is
 * gone afterwards. The check command runs last, and only when nothing else is in the way.
 * @param scratch a ref below which refs may be made
 * @throws MissionError when it cannot be told: git or a remote that does not answer
 */
export async function examine(
  { git, alone, gh, runCommand, checksFolder, policy, reviewsOf, agentOf }: GateDependencies,
  repository: RepositoryRow,
  wish: MergeWish,
  scratch: string,
  signal: AbortSignal,
): Promise<Examined> {
  const call: GitCall = { cwd: repository.path, signal };
  const turn: Turn = (act) => alone(repository.gitFolder, act);
  const rows: GateRow[] = [];
  const say = (check: string, ok: boolean, message: string): boolean => {
    rows.push({ check, ok, message });
    return ok;
  };
  const found: { -readonly [Key in keyof Omit<Examined, 'rows' | 'ok'>]: Examined[Key] } = {
    branch: null,
    pullRequest: null,
    target: repository.defaultBranch,
    head: null,
    base: null,
    result: null,
    output: null,
  };
  const ended = (): Examined => ({ ...found, rows, ok: rows.every(({ ok }) => ok) });

  const target = repository.defaultBranch;
  if (target === null) {
    say('target', false, 'the repository has no default branch; set one with `missiond repo config`');
    return ended();
  }

  // What is to be merged.
  const number = /^#?(\d{1,9})$/.exec(wish.subject)?.[1];
  let pull: PullRequest | null = null;
  let worker: string | null = null;
  if (number !== undefined && (await tipOfBranch(git, wish.subject, call)) === null) {
    found.pullRequest = Number(number);
    try {
      pull = await gh.pullRequest(Number(number), repository.path, signal);
      found.branch = pull.branch;
      if (pull.base !== target) say('target', false, `it is for ${pull.base}, not for ${target}`);
      rows.push(...pullRows(pull));
    } catch (error) {
      signal.throwIfAborted();
      const words = toFailure(error).message;
      // Without gh a pull request is a ref of the remote, as good as a branch.
      if (!/could not be started/.test(words)) say('pull request', false, words);
    }
    if (repository.remote === null) say('pull request', false, 'the repository has no remote');
    if (ended().ok && repository.remote !== null) {
      const to = `${scratch}/pull`;
      await fetchRef(
        git,
        { remote: repository.remote, from: `refs/pull/${number}/head`, to, turn },
        call,
      ).catch((error: unknown) => {
        if (!(error instanceof MissionError)) throw error;
        say('pull request', false, error.message);
      });
      found.head = await commitAt(git, to, call);
      if (pull !== null && found.head !== pull.head)
        say('pull request', false, 'its commits have changed meanwhile; ask again');
    }
  } else {
    const agent = agentOf(wish.subject);
    const isBranch = await isBranchName(git, wish.subject, call);
    const direct = isBranch ? await tipOfBranch(git, wish.subject, call) : null;
    const branch = direct === null && agent !== null ? agent.branch : wish.subject;
    found.branch = branch;
    found.head = isBranch || agent !== null ? await tipOfBranch(git, branch, call) : null;
    worker = agent?.slotId ?? null;
    if (found.head === null)
      say('branch', false, `there is no branch and no agent ${JSON.stringify(wish.subject)}`);
    if (branch === target) say('branch', false, `${target} is what is merged into`);
    if (found.head !== null) {
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
      const there = repository.remote === null ? null : await remoteTip(git, repository.remote, branch, call);
      if (there !== null)
        say(
          'pushed',
          there === found.head,
          there === found.head
            ? `${repository.remote} has it`
            : `${repository.remote} has ${short(there)}, here is ${short(found.head)}; push or fetch first`,
        );
    }
  }
  const { head } = found;
  if (head === null || !ended().ok) return ended();

  // Where it goes.
  const here = await tipOfBranch(git, target, call);
  let base = here;
  if (repository.remote !== null) {
    const there = await remoteTip(git, repository.remote, target, call);
    if (there !== null) {
      await fetchRef(
        git,
        { remote: repository.remote, from: `refs/heads/${target}`, to: `${scratch}/target`, turn },
        call,
      );
      base = (await commitAt(git, `${scratch}/target`, call)) ?? there;
      const isBehind = here === null || (await isAncestor(git, here, base, call));
      say(
        'target',
        isBehind,
        isBehind
          ? `${target} is at ${short(base)} at ${repository.remote}`
          : `${target} here has commits that ${repository.remote} has not; push or move them first`,
      );
    }
  }
  if (base === null) {
    say('target', false, `there is no branch ${target}`);
    return ended();
  }
  found.base = base;
  const busy = await inTheWay(git, target, call);
  if (busy !== null)
    say(
      'working tree',
      false,
      `${target} is checked out in ${busy.place} with changes (${named(busy.files)}); commit them or switch to another branch there`,
    );

  // What it comes to.
  const count = await countBetween(git, base, head, call);
  const log = await git.git(
    [
      'log',
      '--reverse',
      `--max-count=${MOST_MESSAGES}`,
      '--no-show-signature',
      '--format=%B%x00',
      `${base}..${head}`,
      '--',
    ],
    call,
  );
  const message = mergeMessage(
    found.branch ?? wish.subject,
    log.split('\0').filter((one) => one.trim() !== ''),
    {
      'Missiond-Branch': found.branch ?? wish.subject,
      ...(worker === null ? {} : { 'Missiond-Worker': worker }),
      'Missiond-Head': head,
    },
  );
  const made = await mergeResult(git, { base, head, method: wish.method, message }, call);
  if (made.kind === 'empty') say('changes', false, `${target} has all of it already`);
  else if (made.kind === 'conflicts')
    say(
      'conflicts',
      false,
      made.files.length === 0
        ? `${target} has moved on; it cannot be fast-forwarded`
        : `it contradicts ${target} in ${named(made.files)}; merge ${target} into it first`,
    );
  else {
    found.result = made.commit;
    say('conflicts', true, `${count} commits go into ${target}`);
    const files = await filesBetween(git, base, made.commit, call);
    const list = await git.ask(['cat-file', 'blob', `${base}:${PROTECTED_FILE}`], call, /./);
    const guarded = protectedAmong(files, repository.path, policy(), list);
    if (guarded.length === 0) say('protected files', true, `none of ${files.length} files`);
    else if (wish.allowProtected) say('protected files', true, `a person has agreed to ${named(guarded)}`);
    else
      say(
        'protected files',
        false,
        `a person has to agree to ${named(guarded)}: missiond merge ${JSON.stringify(wish.subject)} --repo ${repository.name} --protected`,
      );
  }
  if (pull?.review == null)
    rows.push(reviewRow(reviewsOf(head), head, worker === null ? null : `slot:${worker}`));

  // Whether it works, last: it takes the longest.
  const { check } = repository.configuration;
  if (check === null) {
    const byForge = pull !== null && pull.checks.length > 0;
    say(
      'check',
      byForge,
      byForge
        ? 'the forge has checked it'
        : 'no check command is configured; set one with `missiond repo config`',
    );
  } else if (found.result !== null && ended().ok) {
    const outcome = await checkResult(
      git,
      runCommand,
      {
        repository: repository.path,
        folder: path.join(checksFolder, checkFolderName(repository.name, short(found.result))),
        commit: found.result,
        command: check,
        turn,
      },
      signal,
    );
    found.output = outcome.output;
    say('check', outcome.ok, outcome.how);
  } else say('check', false, 'not run: something else stands in the way');
  return ended();
}
