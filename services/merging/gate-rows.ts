import type { GateRow } from '../../db/schema/merging.ts';
import type { ReviewRow } from '../ledger/merge-ledger.ts';
import type { PullRequest } from './gh.ts';

const MOST_NAMED = 20;

export const named = (files: readonly string[]): string => {
  const shown = files.slice(0, MOST_NAMED).join(', ');
  return files.length > MOST_NAMED ? `${shown} and ${files.length - MOST_NAMED} more` : shown;
};
export const short = (commit: string): string => commit.slice(0, 12);

/** Who has read the very commit: at least one says yes, none of them no in their last word, and nobody judges themselves. */
export function reviewRow(all: readonly ReviewRow[], head: string, author: string | null): GateRow {
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

export function pullRows(pull: PullRequest): readonly GateRow[] {
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
