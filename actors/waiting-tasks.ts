import type { TaskId } from '../db/ids.ts';
import type { MachineFailure } from '../machines/failure.ts';
import type { TaskRow } from '../services/ledger/task-ledger.ts';
import type { MissionCore } from './core.ts';
import { taskView } from './mission/task-view.ts';
import { IN_EVENT } from './mission/text-page.ts';

/** Where a task stands that has not begun: what it waits for, or the queue. */
export type Standing = Pick<TaskRow, 'status' | 'waitingFor'>;

const QUEUED: Standing = { status: 'queued', waitingFor: null };

/**
 * Where a task stands, by the tasks that it depends on and the time before which it must not begin.
 * @param now epoch milliseconds
 * @returns null when a task that it depends on has ended without a result
 */
export function standingOf(
  dependencies: readonly Pick<TaskRow, 'status'>[],
  notBefore: number | null,
  now: number,
): Standing | null {
  if (dependencies.some(({ status }) => status === 'failed' || status === 'cancelled')) return null;
  if (dependencies.some(({ status }) => status !== 'done'))
    return { status: 'waiting', waitingFor: 'dependency' };
  return notBefore !== null && notBefore > now ? { status: 'waiting', waitingFor: 'time' } : QUEUED;
}

/** Why a task cannot be done that depends on these. */
export function dependencyFailure(dependencies: readonly TaskRow[]): MachineFailure {
  const ended = dependencies.filter(({ status }) => status === 'failed' || status === 'cancelled');
  const each = ended.map(({ id, status, error }) => `${id} ended as ${status}${error ? `: ${error}` : ''}`);
  return {
    code: 'dependency_failed',
    message: `A task that this one depends on has no result. ${each.join(' ')}`,
    remedy: 'Submit what failed again, then this one with the new id.',
  };
}

/** Lets tasks into the queue when what they wait for has come. They are rows only; an actor is woken to fail one. */
export function createWaitingTasks({
  core,
  dispatchSoon,
}: {
  readonly core: MissionCore;
  readonly dispatchSoon: () => void;
}) {
  function move(before: TaskRow, standing: Standing): void {
    if (before.status === standing.status && before.waitingFor === standing.waitingFor) return;
    core.tasks.update(before.id, standing);
    const task = taskView({ ...before, ...standing }, IN_EVENT);
    core.bus.publish({ type: 'task_changed', at: core.now(), task, previousStatus: before.status });
    if (standing.status === 'queued') dispatchSoon();
  }

  function look(id: TaskId): void {
    const task = core.tasks.get(id);
    if (task?.status !== 'waiting' || task.waitingFor === 'person' || task.slotId !== null) return;
    const dependencies = core.waiting.dependenciesOf(id);
    const standing = standingOf(dependencies, task.notBefore, core.now());
    if (standing !== null) return move(task, standing);
    core.sendToTask(id, { type: 'task.refuse', failure: dependencyFailure(dependencies), at: core.now() });
  }

  return {
    /** Listens for the ends of tasks on which others wait. Returns the way to stop. */
    start(): () => void {
      for (const id of core.waiting.waitingForTasks()) look(id);
      return core.bus.subscribe((event) => {
        if (event.type !== 'task_changed' || event.task.finishedAt === undefined) return;
        for (const id of core.waiting.dependentsOf(event.task.id)) look(id);
      });
    },

    /** Lets one in that was left until its agent was answered. */
    letGoOn(id: TaskId): void {
      const task = core.tasks.get(id);
      if (task?.status === 'waiting' && task.waitingFor === 'person' && task.slotId === null)
        move(task, QUEUED);
    },

    /**
     * Lets in those whose time has come, and those that were not moved when the last task before them ended: the disk
     * may have been full then.
     */
    letIn(): void {
      for (const id of [...core.waiting.due(core.now()), ...core.waiting.releasable()]) look(id);
    },
  };
}

export type WaitingTasks = ReturnType<typeof createWaitingTasks>;
