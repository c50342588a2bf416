import type { SlotId } from '../../db/ids.ts';
import type { Worktrees } from '../../services/worktrees/create-worktrees.ts';
import type { MissionCore } from '../core.ts';
import type { SubmitRequest } from '../mission/api.ts';

/**
 * Whether one of the slots that may do a task could give it the worktree that it wants. Where none could, the first says why.
 * @throws MissionError `no_repository`, `worktree_refused`
 */
export async function checkWorktreeWish(
  core: Pick<MissionCore, 'runtime'>,
  worktrees: Pick<Worktrees, 'check'>,
  { worktree, dependsOn = [], notBefore }: SubmitRequest,
  candidates: readonly SlotId[],
  signal: AbortSignal,
): Promise<void> {
  if (worktree === undefined) return;
  // What comes first may make the base.
  const wish = { ...worktree, baseMayCome: dependsOn.length > 0 || notBefore !== undefined };
  const folders = [...new Set(candidates.map((slotId) => core.runtime(slotId).configuration.cwd))];
  const looked = await Promise.allSettled(folders.map((cwd) => worktrees.check(cwd, wish, signal)));
  if (looked.some(({ status }) => status === 'fulfilled')) return;
  for (const look of looked) if (look.status === 'rejected') throw look.reason;
}
