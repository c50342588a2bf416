import { atOnce } from '../../db/at-once.ts';
import type { TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { AgentRow } from '../../services/ledger/agent-ledger.ts';
import type { TaskOperations } from '../mission/task-operations.ts';

export interface GiveWorkDependencies {
  readonly db: MissionDatabase;
  /** Makes one whose work has ended active again. */
  readonly wake: (row: AgentRow) => AgentRow;
  readonly enqueue: TaskOperations['enqueue'];
}

const ENDS_ELSEWHERE: Readonly<Partial<Record<AgentRow['status'], string>>> = {
  making: 'Try again in a moment.',
  hibernated: 'It was put to sleep: missiond hibernate --wake.',
  removed: 'Its worktree is gone; make another agent.',
};

/** Gives agents more to do, in the worktree and the conversation that they have: those, too, whose work has ended. */
export function createGiveWork({ db, wake, enqueue }: GiveWorkDependencies) {
  return function giveWork(
    row: AgentRow,
    { task, submitter }: { readonly task: string; readonly submitter: string },
  ): TaskId {
    const { name, slotId, status, kind } = row;
    if (kind !== 'worker' && kind !== 'reviewer')
      throw new MissionError(
        'agent_refused',
        `${name} is no worker of a task: nobody ends or begins its work.`,
        {
          remedy: 'Write to it: mission_message_send. A person submits a task to its slot.',
        },
      );
    const remedy = ENDS_ELSEWHERE[status];
    if (remedy !== undefined) throw new MissionError('agent_refused', `${name} is ${status}.`, { remedy });
    // Woken without its task, it would be active for ever.
    return atOnce(db, () => {
      if (status === 'completed') wake(row);
      return enqueue('task', { prompt: task, slotId, submitter });
    });
  };
}
