import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { within } from '../deadline/within.ts';
import { isRegistered } from '../worktrees/contents.ts';
import type { Git } from '../worktrees/git.ts';
import type { Turn } from '../worktrees/repository-turns.ts';
import { CHECKS_OUT_WITHIN_MS } from './branches.ts';

/** Longer than most suites take; one that hangs must not hold up the queue for ever. Milliseconds. */
const CHECK_WITHIN_MS = 45 * 60_000;

export type RunCommand = (
  cwd: string,
  command: string,
  options: { readonly signal: AbortSignal; readonly printed: (output: string) => void },
) => Promise<void>;

export interface CheckOutcome {
  readonly ok: boolean;
  /** How it ended. */
  readonly how: string;
  /** The end of what it printed. */
  readonly output: string;
}

/**
 * Runs a command on what a merge comes to, in a working tree of its own that is gone afterwards.
 * @param folder where the tree is made; what is left there of a daemon that was killed is removed first
 * @throws MissionError `worktree_failed`
 */
export async function checkResult(
  git: Git,
  run: RunCommand,
  {
    repository,
    folder,
    commit,
    command,
    turn,
  }: {
    readonly repository: string;
    readonly folder: string;
    readonly commit: string;
    readonly command: string;
    /** Nobody else changes the repository meanwhile; the command does not hold it. */
    readonly turn: Turn;
  },
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const call = { cwd: repository, signal };
  const remove = async (call_: typeof call): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    // This one alone: `prune` would forget worktrees of the person whose disk is not there now.
    if (await isRegistered(git, { path: folder, repository }, call_.signal))
      await git.git(['worktree', 'remove', '--force', '--force', '--', folder], call_);
  };
  await mkdir(path.dirname(folder), { recursive: true, mode: 0o700 });
  await turn(async () => {
    await remove(call);
    await git.git(['worktree', 'add', '--quiet', '--detach', '--', folder, commit], {
      ...call,
      withinMs: CHECKS_OUT_WITHIN_MS,
    });
  });
  let output = '';
  try {
    await run(folder, command, {
      signal: within(CHECK_WITHIN_MS, signal),
      printed(text) {
        output = text;
      },
    });
    return { ok: true, how: `\`${command}\` agreed`, output };
  } catch (error) {
    signal.throwIfAborted();
    return {
      ok: false,
      how: `\`${command}\`: ${error instanceof Error ? error.message : String(error)}`,
      output,
    };
  } finally {
    await turn(() => remove({ cwd: repository, signal: new AbortController().signal }));
  }
}
