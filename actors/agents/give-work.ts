import type { TaskId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { MissionCore } from '../core.ts';
import type { TaskOperations } from '../mission/task-operations.ts';
import type { createHibernate } from './hibernate.ts';

export interface GiveWorkDependencies {
  readonly core: Pick<MissionCore, 'agents'>;
  /** Makes one whose work has ended active again, for a task that is stored with it. */
  readonly wake: ReturnType<typeof createHibernate>['wake'];
  readonly enqueue: TaskOperations['enqueue'];
}

/** Of all that one agent was given, as it is looked for; each task keeps its own words whole. */
const MOST_LETTERS = 100_000;

const NOT_NOW: Readonly<Partial<Record<AgentRow['status'], string>>> = {
  making: 'Try again in a moment.',
  hibernated: 'It was put to sleep: missiond hibernate --wake.',
  removed: 'Its worktree is gone; make another agent.',
};

/** Gives agents more to do, in the worktree and the conversation that they have: those, too, whose work has ended. */
export function createGiveWork({ core, wake, enqueue }: GiveWorkDependencies) {
  return async function giveWork(
    row: AgentRow,
    { task, submitter }: { readonly task: string; readonly submitter: string },
    signal: AbortSignal,
  ): Promise<{ readonly taskId: TaskId; readonly notes: readonly string[] }> {
    const { name, slotId, status, kind } = row;
    if (kind !== 'worker' && kind !== 'reviewer')
      throw new MissionError('agent_refused', `${name} is there for no one task, and gets none so.`, {
        remedy: 'Write to it: mission_message_send. A person submits a task to its slot.',
      });
    const remedy = NOT_NOW[status];
    if (remedy !== undefined) throw new MissionError('agent_refused', `${name} is ${status}.`, { remedy });
    const begin = (): TaskId => {
      const taskId = enqueue('task', { prompt: task, slotId, submitter });
      // It is found by everything that it was given, and stands as the last of it does.
      const given = [row.task, task].filter((words) => words !== null).join('\n\nThen: ');
      core.agents.update(slotId, { taskId, task: given.slice(0, MOST_LETTERS) });
      return taskId;
    };
    if (status !== 'completed') return { taskId: begin(), notes: [] };
    let taskId: TaskId | undefined;
    const { notes } = await wake(row, signal, () => {
      taskId = begin();
    });
    if (taskId === undefined) throw new MissionError('internal', `${name} was woken without its task.`);
    return { taskId, notes };
  };
}
