import { type AutopilotDependencies, createAutopilot } from './autopilot.ts';
import { type BoardOperationsDependencies, createBoardOperations } from './board-operations.ts';
import { createBoardWriter } from './board-writer.ts';

/** The board and the autopilot that works on it. */
export function createBoard(
  dependencies: Omit<AutopilotDependencies, 'writer'> & Pick<BoardOperationsDependencies, 'cancel'>,
) {
  const writer = createBoardWriter(dependencies.core);
  const autopilot = createAutopilot({ ...dependencies, writer });
  return { autopilot, board: createBoardOperations({ ...dependencies, writer, autopilot }) };
}
