import type { SlotId, TaskId } from '../../db/ids.ts';
import { messageOf } from '../../services/errors/message-of.ts';
import type { WorktreeRow } from '../../services/ledger/worktree-ledger.ts';
import type { Contents } from '../../services/worktrees/contents.ts';
import type { Worktrees } from '../../services/worktrees/create-worktrees.ts';
import type { MissionCore } from '../core.ts';
import { taskView } from '../mission/task-view.ts';
import { IN_EVENT } from '../mission/text-page.ts';
import { readinessOf } from '../slot-view.ts';
import type { Workplaces } from './workplaces.ts';
import { worktreeView } from './worktree-view.ts';

export interface WorktreeKeepingDependencies {
  readonly core: MissionCore;
  readonly worktrees: Pick<Worktrees, 'contents' | 'removeEmpty' | 'undo'>;
  readonly workplaces: Pick<Workplaces, 'heldFor' | 'isMaking'>;
  readonly onError: (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/** What is shown of the contents. */
const counts = ({ commits, changedFiles, uncommitted }: Contents) => ({ commits, changedFiles, uncommitted });
const isEmpty = ({ commits, uncommitted }: Contents): boolean => commits === 0 && uncommitted === 0;

/** Slots whose session stands in a folder, or comes back there. */
export function slotsIn(core: MissionCore, folder: string): readonly SlotId[] {
  return [...core.runtimes.keys()].filter((slotId) => {
    const slot = core.slotSnapshot(slotId);
    return slot?.context.folder === folder && slot.value !== 'stopped';
  });
}

/** What becomes of worktrees whose tasks have ended: what holds something is kept, the rest goes. */
export function createWorktreeKeeping({
  core,
  worktrees,
  workplaces,
  onError,
  signal,
}: WorktreeKeepingDependencies) {
  const busy = new Set<TaskId>();
  /** They held nothing when their task ended, and a session still stands there. */
  const empty = new Set<TaskId>();

  /** A session that rests there with nothing to do goes home. One that somebody watches is left alone. */
  function sendHome(slotId: SlotId): void {
    const slot = core.slotSnapshot(slotId);
    const isFree = !core.occupied.has(slotId) && workplaces.heldFor(slotId) === null;
    if (slot === undefined || !isFree || core.runtime(slotId).viewers > 0) return;
    if (readinessOf(slot, core.now()) === 'ready')
      core.sendToSlot(slotId, { type: 'slot.renew', resume: false, folder: null });
  }

  function end(taskId: TaskId, change: Partial<WorktreeRow>): void {
    empty.delete(taskId);
    // Somebody may have removed it meanwhile.
    if (core.worktrees.get(taskId)?.status === 'removed') return;
    const at = core.now();
    core.worktrees.update(taskId, { ...change, endedAt: at });
    const row = core.worktrees.get(taskId);
    const task = core.tasks.get(taskId);
    if (row === undefined || task === undefined) return;
    const worktree = worktreeView(row);
    core.logger.info(worktree, 'the task of a worktree has ended');
    core.bus.publish({ type: 'task_changed', at, task: { ...taskView(task, IN_EVENT), worktree } });
  }

  async function conclude(row: WorktreeRow): Promise<void> {
    const { taskId } = row;
    if (row.status === 'making') {
      await worktrees.undo(row, signal);
      return end(taskId, { status: 'removed' });
    }
    const inside = slotsIn(core, row.folder);
    if (inside.length > 0) {
      if (!empty.has(taskId)) {
        const contents = await worktrees.contents(row, signal);
        if (!isEmpty(contents)) return end(taskId, { status: 'kept', ...counts(contents) });
        empty.add(taskId);
      }
      for (const slotId of inside) sendHome(slotId);
      return;
    }
    const contents = await worktrees.removeEmpty(row, signal);
    end(taskId, { status: isEmpty(contents) ? 'removed' : 'kept', ...counts(contents) });
  }

  return {
    /** Looks after those whose tasks have ended. */
    sweep(): void {
      for (const row of core.worktrees.ended()) {
        const { taskId } = row;
        if (busy.has(taskId) || workplaces.isMaking(taskId)) continue;
        busy.add(taskId);
        conclude(row)
          .catch((error: unknown) => {
            if (signal.aborted) return;
            onError(error);
            // Nothing is lost by leaving it; it is not tried again every second.
            end(taskId, { status: 'kept', trouble: messageOf(error) });
          })
          .catch(onError)
          .finally(() => busy.delete(taskId));
      }
    },
  };
}

export type WorktreeKeeping = ReturnType<typeof createWorktreeKeeping>;
