import type { SlotId, TaskId } from '../db/ids.ts';
import type { Guard } from '../db/schema/tasks.ts';
import type { Rules } from '../services/permissions/policy.ts';
import { changesAfter, checkWanted, guardRules } from '../services/permissions/task-guard.ts';
import type { MissionCore } from './core.ts';

export interface GuardrailsDependencies {
  readonly core: Pick<MissionCore, 'occupied' | 'tasks' | 'runtime'>;
  /** Writes in the next transaction, and again when that fails: a verdict never waits for the disk. */
  readonly writeLater: (write: () => void) => void;
}

interface Guarded {
  readonly taskId: TaskId;
  readonly guard: Guard;
  /** Changes of files since the last check. */
  readonly changes: number;
}

/** What the task of a slot may not do, beside what the policy says of the slot. Sub-agents work on the task, too. */
export function createGuardrails({ core, writeLater }: GuardrailsDependencies) {
  /** Ahead of the rows, which are written later; of tasks that a slot has. */
  const counted = new Map<TaskId, number>();

  function guarded(slotId: SlotId): Guarded | null {
    const taskId = core.occupied.get(slotId);
    const task = taskId === undefined ? undefined : core.tasks.get(taskId);
    if (taskId === undefined || task?.guard == null) return null;
    return { taskId, guard: task.guard, changes: counted.get(taskId) ?? task.unchecked };
  }

  return {
    /** The rules of the task that the slot works on; undefined when it has none. */
    rulesOf(slotId: SlotId): Rules | undefined {
      const task = guarded(slotId);
      return task === null ? undefined : guardRules(task.guard, task.changes);
    },

    /** What the agent has to do before it may change more; null when nothing. */
    checkWanted(slotId: SlotId): string | null {
      const task = guarded(slotId);
      return task === null ? null : checkWanted(task.guard, task.changes);
    },

    /** A tool of the slot has ended well. */
    toolEnded(
      slotId: SlotId,
      call: { readonly tool: string; readonly input: unknown; readonly cwd?: string },
    ): void {
      const task = guarded(slotId);
      if (task === null) return;
      const { taskId, guard } = task;
      const cwd = call.cwd ?? core.runtime(slotId).cwd;
      const changes = changesAfter(guard, task.changes, { ...call, cwd });
      if (changes === task.changes) return;
      counted.set(taskId, changes);
      writeLater(() => core.tasks.update(taskId, { unchecked: changes }));
    },

    /** Its slot has let go of it, and everything is stored. */
    taskLeft(taskId: TaskId): void {
      counted.delete(taskId);
    },
  };
}

export type Guardrails = ReturnType<typeof createGuardrails>;
