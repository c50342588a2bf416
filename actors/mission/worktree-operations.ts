import type { SlotId, TaskId } from '../../db/ids.ts';
import { within } from '../../services/deadline/within.ts';
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
  /** What a double click asks for twice is done once. */
  const removals = new Map<TaskId, ReturnType<Mission['removeWorktree']>>();

  /**
   * The row with what git says now. Only counts are stored: what cannot be seen for a moment, because a disk is away, a
   * repository was moved, or a call failed, is not gone for good.
   */
  async function lookedAt(row: WorktreeRow): Promise<WorktreeRow> {
    if (row.status === 'making' || row.status === 'removed') return row;
    try {
      const { isThere, tip, commits, changedFiles, uncommitted } = await worktrees.contents(row, signal);
      // Its end may have been written meanwhile.
      const now = core.worktrees.get(row.taskId) ?? row;
      if (now.status !== row.status) return now;
      if (isThere) {
        const counts = { commits, changedFiles, uncommitted };
        core.worktrees.update(row.taskId, counts);
        return { ...row, ...counts };
      }
      if (row.status !== 'kept') return row;
      // Nothing is left of it: a person removed it.
      if (tip === null) return { ...row, status: 'removed' };
      return { ...row, trouble: `Its folder is gone; its branch stands at ${tip}.` };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof MissionError)) throw error;
      return { ...row, trouble: error.message };
    }
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

  async function saveAndRemove(row: WorktreeRow): ReturnType<Mission['removeWorktree']> {
    const { taskId } = row;
    for (const slotId of slotsIn(core, row.folder)) leave(slotId, taskId);
    const isEmpty = (): boolean =>
      [...core.runtimes.values()].every(({ epoch, cwd }) => epoch === null || cwd !== row.folder);
    await untilEvent(core.bus, isEmpty, within(LEAVES_WITHIN_MS, signal)).catch((cause: unknown) => {
      throw new MissionError('worktree_in_use', 'The session in the worktree has not ended in time.', {
        remedy: 'Try again in a moment.',
        cause,
      });
    });
    const saving = {
      before: row.rescue,
      // Written down before anything is removed: a daemon that is killed in between still knows where it is.
      saved: (rescue: string) => core.worktrees.update(taskId, { rescue }),
    };
    await worktrees.remove(row, saving, signal);
    core.worktrees.update(taskId, { status: 'removed', endedAt: core.now(), trouble: null });
    const after = core.worktrees.get(taskId) ?? row;
    return {
      removed: true,
      worktree: worktreeView(after),
      ...(after.rescue === null
        ? {}
        : { hint: `What was in it is saved: git -C ${row.repository} switch -c NAME ${after.rescue}` }),
    };
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
      const underWay = removals.get(taskId);
      if (underWay !== undefined) return underWay;
      const removal = saveAndRemove(row).finally(() => removals.delete(taskId));
      removals.set(taskId, removal);
      return removal;
    },
  };
}
