import { mkdir, rmdir, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { MissionError } from '../errors/mission-error.ts';
import { hasCode } from '../errors/system-error.ts';

/** Claude Code holds its lock for some milliseconds. */
const ASK_AGAIN_MS = 25;
/** Whoever holds the lock touches it every 5 s; one that is older was left behind by a process that was killed. */
const LEFT_BEHIND_MS = 10_000;

const GIVE_UP_AFTER_MS = 30_000;

async function removeLeftBehind(lock: string): Promise<void> {
  const made = await stat(lock).catch(() => null);
  if (made !== null && Date.now() - made.mtimeMs > LEFT_BEHIND_MS) await rmdir(lock).catch(() => {});
}

async function take(lock: string, signal: AbortSignal): Promise<void> {
  const until = Date.now() + GIVE_UP_AFTER_MS;
  for (;;) {
    signal.throwIfAborted();
    if (Date.now() > until) {
      throw new MissionError(
        'launch_failed',
        `Somebody holds Claude Code's lock ${lock} and does not let go.`,
        {
          remedy: 'End what holds it, or remove it when nothing does, then start the slot again.',
        },
      );
    }
    try {
      return await mkdir(lock);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    await removeLeftBehind(lock);
    await sleep(ASK_AGAIN_MS, undefined, { signal });
  }
}

/**
 * Changes a state file of Claude Code while nobody else does: under the lock that Claude Code itself takes (a folder
 * beside the file, as the package proper-lockfile makes it; read in 2.0.60 and 2.1.329).
 * @throws the signal's reason when it aborts before the lock was free; what the file system throws
 */
export async function withStateLock<Result>(
  file: string,
  signal: AbortSignal,
  change: () => Promise<Result>,
): Promise<Result> {
  const lock = `${file}.lock`;
  await take(lock, signal);
  try {
    return await change();
  } finally {
    await rmdir(lock).catch(() => {});
  }
}
