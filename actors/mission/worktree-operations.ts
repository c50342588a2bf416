import type { SlotId, TaskId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { WorktreeRow } from '../../services/ledger/worktree-ledger.ts';
import type { Worktrees } from '../../services/worktrees/create-worktrees.ts';
import { untilEvent } from '../bus.ts';
import type { MissionCore } from '../core.ts';
import { readinessOf } from '../slot-view.ts';
import { slotsIn } from '../worktrees/keeping.ts';
import type { Workplaces } from '../worktrees/workplaces.ts';
import { worktreeView } from '../worktrees/worktree-view.ts';
import type { Mission } from './api.ts';
import { findTask } from './find-task.ts';

/** Ending a session and looking after its group takes seconds; a busy machine takes longer. */
const LEAVES_WITHIN_MS = 20_000;

export interface WorktreeOperationsDependencies {
  readonly core: MissionCore;
  readonly worktrees: Pick<Worktrees, 'contents' | 'remove'>;
  readonly workplaces: Pick<Workplaces, 'heldFor'>;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/** What people and orchestrators see and do of the worktrees of tasks. */
export function createWorktreeOperations({
  core,
  worktrees,
  workplaces,
  signal,
}: WorktreeOperationsDependencies): Pick<Mission, 'worktrees' | 'lookAtWorktree' | 'removeWorktree'> {
  /** The row with what git says now. One that is gone was removed by a person. */
  async function lookedAt(row: WorktreeRow): Promise<WorktreeRow> {
    if (row.status === 'making' || row.status === 'removed') return row;
    const { isThere, commits, changedFiles, uncommitted } = await worktrees.contents(row, signal);
    const isGone = !isThere && row.status === 'kept';
    const change = {
      ...(isThere ? { commits, changedFiles, uncommitted } : {}),
      ...(isGone ? { status: 'removed' as const } : {}),
    };
    // Its end may have been written meanwhile.
    const now = core.worktrees.get(row.taskId) ?? row;
    if (now.status !== row.status) return now;
    core.worktrees.update(row.taskId, change);
    return { ...row, ...change };
  }

  /** Sends home a session that rests there. */
  function leave(slotId: SlotId, taskId: TaskId): void {
    const slot = core.slotSnapshot(slotId);
    const isFree = !core.occupied.has(slotId) && workplaces.heldFor(slotId) === null;
    if (slot === undefined || !isFree || readinessOf(slot, core.now()) !== 'ready') {
      throw new MissionError('worktree_in_use', `The session of ${slotId} still stands in the worktree.`, {
        remedy: `Wait until ${slotId} is idle, or end it: mission_pty_kill {"slotId": "${slotId}"}.`,
        facts: { taskId },
      });
    }
    core.sendToSlot(slotId, { type: 'slot.renew', resume: false, folder: null });
  }

  return {
    async worktrees({ removed, limit }) {
      const rows = [];
      // One after another: each costs some processes.
      for (const row of core.worktrees.list({ removed, limit })) rows.push(await lookedAt(row));
      return rows.filter(({ status }) => removed || status !== 'removed').map(worktreeView);
    },

    async lookAtWorktree(taskId) {
      const row = core.worktrees.get(taskId);
      if (row !== undefined) await lookedAt(row);
    },

    async removeWorktree(idOrPrefix) {
      const { id: taskId, finishedAt } = findTask(core.tasks, idOrPrefix);
      const row = core.worktrees.get(taskId);
      if (row === undefined) {
        throw new MissionError('worktree_failed', `Task ${taskId} has no worktree.`, {
          remedy: 'mission_worktree_list names those that have one.',
        });
      }
      if (row.status === 'removed')
        return { removed: false, worktree: worktreeView(row), hint: 'It is removed already.' };
      if (finishedAt === null) {
        throw new MissionError('worktree_in_use', `Task ${taskId} has not ended.`, {
          remedy: `Wait for it, or cancel it: mission_cancel {"taskId": "${taskId}"}.`,
          facts: { taskId },
        });
      }
      for (const slotId of slotsIn(core, row.folder)) leave(slotId, taskId);
      const isEmpty = (): boolean =>
        [...core.runtimes.values()].every(({ epoch, cwd }) => epoch === null || cwd !== row.folder);
      await untilEvent(
        core.bus,
        isEmpty,
        AbortSignal.any([signal, AbortSignal.timeout(LEAVES_WITHIN_MS)]),
      ).catch((cause: unknown) => {
        throw new MissionError('worktree_in_use', 'The session in the worktree has not ended in time.', {
          remedy: 'Try again in a moment.',
          cause,
        });
      });
      const rescue = await worktrees.remove(row, signal);
      core.worktrees.update(taskId, { status: 'removed', rescue, endedAt: core.now(), trouble: null });
      const after = core.worktrees.get(taskId) ?? row;
      return {
        removed: true,
        worktree: worktreeView(after),
        ...(rescue === null
          ? {}
          : { hint: `What was in it is saved: git -C ${row.repository} switch -c NAME ${rescue}` }),
      };
    },
  };
}
