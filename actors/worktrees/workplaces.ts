import type { SlotId, TaskId } from '../../db/ids.ts';
import { MissionError, toFailure } from '../../services/errors/mission-error.ts';
import type { QueuedTask } from '../../services/ledger/queue-ledger.ts';
import type { Worktrees } from '../../services/worktrees/create-worktrees.ts';
import type { MissionCore } from '../core.ts';
import { readinessOf, type SlotSnapshot } from '../slot-view.ts';

/** As much of a task's id as people read. */
const SHORT_ID = 8;

/** States in which a slot does not come any more to where it was being brought. */
const COMES_NO_MORE: ReadonlySet<SlotSnapshot['value']> = new Set(['stopped', 'backingOff', 'quarantined']);

export interface WorkplacesDependencies {
  readonly core: MissionCore;
  readonly worktrees: Pick<Worktrees, 'make' | 'again'>;
  readonly dispatchSoon: () => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

type SitedTask = Pick<QueuedTask, 'id' | 'kind' | 'worktree'>;

interface Hold {
  readonly taskId: TaskId;
  /** git is at work; the session still stands where it stood. */
  making: boolean;
}

/**
 * The folder in which the session of a task works: its worktree, or null for the slot's own. Undefined where it does not
 * matter: what is typed into a session goes to where that is.
 */
export function folderOfTask(
  core: Pick<MissionCore, 'tasks' | 'worktrees'>,
  taskId: TaskId,
): string | null | undefined {
  const task = core.tasks.get(taskId);
  if (task === undefined || task.kind === 'message') return undefined;
  return core.worktrees.get(taskId)?.folder ?? null;
}

/** Where tasks are done, and how slots come there: a session works in one folder, so another is begun in the other. */
export function createWorkplaces({ core, worktrees, dispatchSoon, signal }: WorkplacesDependencies) {
  /** Slots that are being brought to where a task is done: nobody else takes them meanwhile. Not kept: it is done again. */
  const holds = new Map<SlotId, Hold>();

  function holdOf(slotId: SlotId): Hold | null {
    const hold = holds.get(slotId);
    if (hold === undefined || hold.making) return hold ?? null;
    const slot = core.slotSnapshot(slotId);
    const comes = slot !== undefined && !COMES_NO_MORE.has(slot.value);
    if (comes && core.queue.get(hold.taskId) !== undefined) return hold;
    holds.delete(slotId);
    return null;
  }

  /** Sends the slot there, unless somebody has come between. */
  function send(slotId: SlotId, folder: string | null): void {
    const slot = core.slotSnapshot(slotId);
    if (slot?.value === 'stopped')
      core.sendToSlot(slotId, {
        type: 'slot.start',
        by: 'daemon',
        autoRestart: false,
        resume: core.runtime(slotId).configuration.resumes === true,
        folder,
      });
    else if (slot !== undefined && readinessOf(slot, core.now()) === 'ready')
      core.sendToSlot(slotId, { type: 'slot.renew', resume: false, folder });
    else holds.delete(slotId);
  }

  /** The worktree of a task, made now unless it is there. */
  async function worktreeFor({ id, worktree }: SitedTask, slotId: SlotId): Promise<string> {
    const before = core.worktrees.get(id);
    if (before !== undefined) {
      await worktrees.again(before, before.status === 'making', signal);
      core.worktrees.update(id, { status: 'open' });
      return before.folder;
    }
    const { cwd } = core.runtime(slotId).configuration;
    const name = id.slice(0, SHORT_ID);
    const { folder } = await worktrees.make(
      {
        ...worktree,
        cwd,
        name,
        usualBranch: `work/${name}`,
        planned: (made) =>
          core.worktrees.insert({ ...made, taskId: id, cwd, status: 'making', createdAt: core.now() }),
      },
      signal,
    );
    core.worktrees.update(id, { status: 'open' });
    return folder;
  }

  async function makeAndSend(task: SitedTask, slotId: SlotId, hold: Hold): Promise<void> {
    try {
      const folder = await worktreeFor(task, slotId);
      hold.making = false;
      if (core.queue.get(task.id) !== undefined) return send(slotId, folder);
      holds.delete(slotId);
      dispatchSoon();
    } catch (error) {
      holds.delete(slotId);
      // A daemon that goes down leaves it to the next one.
      if (signal.aborted) return;
      // What could not be written down is tried again: the task waits as it did, and the next sweep comes back to it.
      if (!(error instanceof MissionError)) throw error;
      core.sendToTask(task.id, { type: 'task.refuse', failure: toFailure(error), at: core.now() });
    }
  }

  return {
    /** The task that the slot is being brought to a place for; nobody else takes it. */
    heldFor: (slotId: SlotId): TaskId | null => holdOf(slotId)?.taskId ?? null,

    /** The task in whose worktree the session of a slot stands. */
    worktreeOf(slotId: SlotId): TaskId | undefined {
      const { cwd, configuration } = core.runtime(slotId);
      return cwd === configuration.cwd ? undefined : core.worktrees.byFolder(cwd)?.taskId;
    },

    /** True while git is at work for the task. */
    isMaking: (taskId: TaskId): boolean =>
      [...holds.values()].some((hold) => hold.taskId === taskId && hold.making),

    /** True while the slot cannot be given anything, not even what it is held for. */
    isBeingMade: (slotId: SlotId): boolean => holds.get(slotId)?.making === true,

    /** The own folder of the slots that may do the task; null for any. Its worktree is of one repository. */
    boundTo: ({ id, worktree }: SitedTask): string | null =>
      worktree === null ? null : (core.worktrees.get(id)?.cwd ?? null),

    /** Whether the session of a slot stands where the task is done. */
    isThere(task: SitedTask, slotId: SlotId): boolean {
      if (task.kind === 'message') return true;
      const at = core.slotSnapshot(slotId)?.context.folder ?? null;
      if (task.worktree === null) return at === null;
      const row = core.worktrees.get(task.id);
      return row?.status === 'open' && row.folder === at;
    },

    /** Brings a slot that is ready, or in which nothing runs, to where the task is done. */
    bring(task: SitedTask, slotId: SlotId): void {
      const making = task.worktree !== null;
      // Nobody waits for what has to be made before a slot stops doing something else; a plain start is for whoever comes.
      if (making || core.slotSnapshot(slotId)?.value !== 'stopped')
        holds.set(slotId, { taskId: task.id, making });
      if (task.kind === 'message') return send(slotId, null);
      const hold = holds.get(slotId);
      if (!making || hold === undefined) return send(slotId, null);
      makeAndSend(task, slotId, hold).catch((error: unknown) =>
        core.logger.error({ taskId: task.id, error: String(error) }, 'a worktree could not be made'),
      );
    },
  };
}

export type Workplaces = ReturnType<typeof createWorkplaces>;
