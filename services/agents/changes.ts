import type { Contents, Worktree } from '../worktrees/contents.ts';
import type { Git } from '../worktrees/git.ts';

/** What has changed in a worktree since its work began. */
export interface Changes {
  readonly commits: number;
  /** Those that are new and that nobody has added to git count, their lines do not. */
  readonly files: number;
  readonly insertions: number;
  readonly deletions: number;
  /** Files that are not committed. */
  readonly uncommitted: number;
}

export interface DiffPage {
  /** What git shows of it, colours off. */
  readonly diff: string;
  readonly totalChars: number;
  /** Where the next page begins; null after the last one. */
  readonly nextOffset: number | null;
  /** New files that nobody has added to git. */
  readonly untracked: readonly string[];
}

/** As much of a patch as one answer holds, in UTF-16 units. */
const PAGE = 60_000;
/** New files that are named at most. */
const MOST_NAMED = 200;

const DIFF = ['diff', '--no-ext-diff', '--no-textconv', '--no-color', '--no-renames'] as const;

/** @throws MissionError `worktree_failed` */
export async function changesOf(
  { git }: Git,
  worktree: Worktree,
  look: () => Promise<Contents>,
  signal: AbortSignal,
): Promise<Changes> {
  const { commits, changedFiles, uncommitted, isThere } = await look();
  const call = { cwd: isThere ? worktree.path : worktree.repository, signal };
  const { base, branch } = worktree;
  const ends = isThere || branch === null ? [base] : [base, `refs/heads/${branch}`];
  const numbers = await git([...DIFF, '--numstat', '-z', ...ends, '--'], call);
  const lines = numbers
    .split('\0')
    .filter((line) => line !== '')
    // A binary file has dashes in place of numbers.
    .map((line) => line.split('\t').map((count) => Number.parseInt(count, 10) || 0));
  const sum = (column: number): number => lines.reduce((total, counts) => total + (counts[column] ?? 0), 0);
  return {
    commits,
    files: isThere ? changedFiles : lines.length,
    insertions: sum(0),
    deletions: sum(1),
    uncommitted,
  };
}

/** @throws MissionError `worktree_failed` */
export async function diffOf(
  { git }: Git,
  { path: cwd, base }: Worktree,
  offset: number,
  signal: AbortSignal,
): Promise<DiffPage> {
  const call = { cwd, signal };
  const whole = await git([...DIFF, base, '--'], call);
  const untracked = await git(['ls-files', '--others', '--exclude-standard', '-z'], call);
  const end = offset + PAGE;
  return {
    diff: whole.slice(offset, end),
    totalChars: whole.length,
    nextOffset: end < whole.length ? end : null,
    untracked: untracked
      .split('\0')
      .filter((name) => name !== '')
      .slice(0, MOST_NAMED),
  };
}
