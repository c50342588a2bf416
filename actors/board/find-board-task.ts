import { MissionError } from '../../services/errors/mission-error.ts';
import type { BoardLedger, BoardTaskRow } from '../../services/ledger/board-ledger.ts';

/**
 * The board task of an id, or of the beginning of one.
 * @throws MissionError `board_task_unknown`
 */
export function findBoardTask(board: Pick<BoardLedger, 'byPrefix'>, idOrPrefix: string): BoardTaskRow {
  const rows = board.byPrefix(idOrPrefix);
  const [row] = rows;
  if (row === undefined || rows.length > 1) {
    throw new MissionError(
      'board_task_unknown',
      row === undefined
        ? `There is no board task ${idOrPrefix}.`
        : `Several board tasks begin with ${idOrPrefix}.`,
      { remedy: 'Give the whole id; mission_board_list (`missiond board`) lists them.' },
    );
  }
  return row;
}
