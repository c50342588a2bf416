import type { SlotId } from '../../db/ids.ts';
import { type AutopilotDependencies, createAutopilot } from './autopilot.ts';
import { type BoardOperationsDependencies, createBoardOperations } from './board-operations.ts';
import { createBoardReading } from './board-reading.ts';
import { createBoardWriter } from './board-writer.ts';
import { releaseClaims } from './release-claims.ts';

/** The board and the autopilot that works on it. */
export function createBoard(
  dependencies: Omit<AutopilotDependencies, 'writer'> & Pick<BoardOperationsDependencies, 'cancel'>,
) {
  const writer = createBoardWriter(dependencies.core);
  const autopilot = createAutopilot({ ...dependencies, writer });
  return {
    autopilot,
    board: {
      ...createBoardReading({ ...dependencies, autopilot }),
      ...createBoardOperations({ ...dependencies, writer, autopilot }),
    },
    releaseClaims: (slotId: SlotId) => releaseClaims(dependencies.core, writer, slotId),
  };
}
