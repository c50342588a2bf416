import path from 'node:path';
import type { GateRow } from '../../db/schema/merging.ts';
import { MissionError } from '../errors/mission-error.ts';
import type { MergeRow, ReviewRow } from '../ledger/merge-ledger.ts';
import type { RepositoryRow } from '../ledger/repository-ledger.ts';
import type { Policy } from '../permissions/policy.ts';
import { PROTECTED_FILE } from '../permissions/repository-protection.ts';
import { pushRemoteOf } from '../worktrees/fork-remotes.ts';
import type { GitCall } from '../worktrees/git.ts';
import type { Turn } from '../worktrees/repository-turns.ts';
import {
  commitAt,
  countBetween,
  fetchRef,
  filesBetween,
  isAncestor,
  mergeResult,
  remoteTip,
  tipOfBranch,
} from './branches.ts';
import { checkResult, type RunCommand } from './check-result.ts';
import { mergeMessage } from './commit-message.ts';
import { findSubject, type SubjectDependencies } from './find-subject.ts';
import { howToPropose, isOnlyProposed, proposesTo } from './fork.ts';
import { named, reviewRow, short } from './gate-rows.ts';
import { inTheWay } from './land-merge.ts';
import { checkFolderName } from './left-checks.ts';
import type { MergeWish } from './merge-wish.ts';
import { protectedAmong } from './protected-files.ts';

const MOST_MESSAGES = 200;

export interface GateDependencies extends SubjectDependencies {
  readonly runCommand: RunCommand;
  /** Where working trees for checks are made. */
  readonly checksFolder: string;
  readonly policy: () => Pick<Policy, 'protections'>;
  readonly reviewsOf: (commit: string) => readonly ReviewRow[];
}

/** What the gate has found, row by row, and what the merge comes to. */
export interface Examined
  extends Pick<MergeRow, 'branch' | 'pullRequest' | 'target' | 'head' | 'base' | 'result'> {
  readonly rows: readonly GateRow[];
  readonly output: string | null;
  readonly ok: boolean;
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

  if (!wish.isOfPerson && !repository.configuration.mergeQueue.enabled) {
    say(
      'merge queue',
      false,
      `it is switched off here: a person merges, or says missiond repo config ${repository.name} mergeQueue.enabled=true`,
    );
    return ended();
  }
  let pushRemote: string | null;
  try {
    pushRemote = await pushRemoteOf(git, repository.remote, call);
  } catch (error) {
    if (!(error instanceof MissionError) || error.code !== 'repository_refused') throw error;
    say('target', false, `${error.message} ${error.remedy}`);
    return ended();
  }
  const isProposal = isOnlyProposed(repository);
  const remote = isProposal ? repository.remote : pushRemote;
  const { pull, worker, ...what } = await findSubject(
    { git, alone, gh, agentOf },
    { repository, target, pushRemote, isProposal, wish, scratch },
    signal,
  );
  rows.push(...what.rows);
  found.branch = what.branch;
  found.pullRequest = what.pullRequest;
  found.head = what.head;
  const { head } = what;
  if (head === null || !ended().ok) return ended();

  // Where it goes.
  const here = await tipOfBranch(git, target, call);
  let base = here;
  if (remote !== null) {
    const there = await remoteTip(git, remote, target, call);
    if (there !== null) {
      await fetchRef(git, { remote, from: `refs/heads/${target}`, to: `${scratch}/target`, turn }, call);
      base = (await commitAt(git, `${scratch}/target`, call)) ?? there;
      const isBehind = isProposal || here === null || (await isAncestor(git, here, base, call));
      say(
        'target',
        isBehind,
        isBehind
          ? `${target} is at ${short(base)} at ${remote}`
          : `${target} here has commits that ${remote} has not; push or move them first`,
      );
    }
  }
  if (base === null) {
    say('target', false, `there is no branch ${target}`);
    return ended();
  }
  found.base = base;
  const busy = isProposal ? null : await inTheWay(git, target, call);
  if (busy !== null) say('working tree', false, busy);

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
  if (isProposal) {
    const upstream = proposesTo(repository);
    say(
      'fork',
      upstream !== null,
      upstream === null
        ? howToPropose(repository, found.branch ?? wish.subject)
        : `it goes to ${pushRemote}, and to ${upstream} as a pull request`,
    );
  }
  return ended();
}
