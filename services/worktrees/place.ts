import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';
import { MissionError } from '../errors/mission-error.ts';

/** What the system says of a path at which nothing lies. */
const NOTHING_THERE: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR']);

const isNothingThere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && NOTHING_THERE.has(error.code);

async function seen(place: string): Promise<boolean> {
  try {
    await lstat(place);
    return true;
  } catch (cause) {
    if (isNothingThere(cause)) return false;
    throw new MissionError('worktree_failed', `${place} cannot be looked at: ${String(cause)}`, { cause });
  }
}

/**
 * Whether something lies at a path. A folder that is away with everything around it may come back with its disk.
 * @throws MissionError `worktree_failed` when nobody can say
 */
export async function liesAt(place: string): Promise<boolean> {
  if (await seen(place)) return true;
  const around = path.dirname(place);
  if (await seen(around)) return false;
  throw new MissionError(
    'worktree_failed',
    `${around} is not there, so nobody can say what became of ${place}.`,
    {
      remedy: `Bring its disk back. When it was deleted: mkdir -p ${around}`,
    },
  );
}

/** A path as git names it, which follows links; what lies there may be gone. */
export async function trueNameOf(place: string): Promise<string> {
  try {
    return await realpath(place);
  } catch {
    const around = path.dirname(place);
    return around === place ? place : path.join(await trueNameOf(around), path.basename(place));
  }
}

/**
 * The folder in which a session will work lies in its worktree: what is committed, or what an agent has left there, may
 * be a link that leads out of it.
 * @throws MissionError `worktree_refused`
 */
export async function requireInside(worktree: {
  readonly path: string;
  readonly folder: string;
}): Promise<void> {
  const [top, folder] = [await trueNameOf(worktree.path), await trueNameOf(worktree.folder)];
  if (folder === top || folder.startsWith(`${top}${path.sep}`)) return;
  throw new MissionError('worktree_refused', `${worktree.folder} leads to ${folder}, out of its worktree.`, {
    remedy: 'Choose a base in which that folder is no link.',
  });
}
