import { MissionError } from '../../services/errors/mission-error.ts';
import type { AttemptRow } from '../../services/ledger/attempt-ledger.ts';

/** A task that is handed on more often goes round in circles. */
const MOST_OF_A_TASK = 10;

/** @throws MissionError `agent_refused` for a task that was handed on too often */
export function requireFewHandOvers(attempts: readonly AttemptRow[]): void {
  if (attempts.filter(({ errorCode }) => errorCode === 'handed_over').length < MOST_OF_A_TASK) return;
  throw new MissionError('agent_refused', `This task was handed over ${MOST_OF_A_TASK} times already.`, {
    remedy: 'Finish it, or say with mission_done what stands in the way.',
  });
}
