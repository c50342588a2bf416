import { MissionError } from '../../services/errors/mission-error.ts';
import type { TaskLedger, TaskRow } from '../../services/ledger/task-ledger.ts';

/**
 * The task of an id, or of the beginning of one.
 * @throws MissionError `task_unknown`
 */
export function findTask(tasks: Pick<TaskLedger, 'byPrefix'>, idOrPrefix: string): TaskRow {
  const rows = tasks.byPrefix(idOrPrefix);
  const [row] = rows;
  if (row === undefined || rows.length > 1) {
    throw new MissionError(
      'task_unknown',
      row === undefined ? `There is no task ${idOrPrefix}.` : `Several tasks begin with ${idOrPrefix}.`,
      { remedy: 'Give the whole id; `missiond tasks` lists them.' },
    );
  }
  return row;
}
