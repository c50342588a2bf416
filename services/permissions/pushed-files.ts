import path from 'node:path';
import type { Git } from '../worktrees/git.ts';
import type { Push } from './git-push.ts';

/** The agent waits for it. */
const ANSWERS_WITHIN_MS = 5_000;
const NO_REPOSITORY = /not a git repository/i;
const NO_SUCH_REF = /unknown revision|bad revision|ambiguous argument/i;

/**
 * The files that commits change which no remote has yet, as absolute paths; of a merge those that it makes otherwise than
 * all its parents. Nothing where there is no repository, or no such commit: then nothing is pushed either.
 * @throws MissionError `worktree_failed` when git does not answer
 */
export async function pushedFiles(
  { ask }: Git,
  { folders, refs }: Push,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const files = new Set<string>();
  for (const cwd of folders) {
    const call = { cwd, signal, withinMs: ANSWERS_WITHIN_MS };
    const top = await ask(['rev-parse', '--show-toplevel'], call, NO_REPOSITORY);
    if (top === null) continue;
    for (const ref of refs) {
      const names = await ask(
        [
          'log',
          '-z',
          '-c',
          '--format=',
          '--name-only',
          '--no-renames',
          '--no-ext-diff',
          ref,
          '--not',
          '--remotes',
          '--',
        ],
        call,
        NO_SUCH_REF,
      );
      for (const name of (names ?? '').split('\0'))
        if (name.trim() !== '') files.add(path.join(top, name.trim()));
    }
  }
  return [...files];
}
