import { MissionError } from '../../services/errors/mission-error.ts';
import type { CallContext, Operation } from '../tools/operation.ts';
import { reaches } from './caller.ts';
import { checkMayWatch } from './memory-terminal.ts';
import { checkSlotCall } from './slot-access.ts';

/**
 * Whether a caller may make a call, asked by every door.
 * @throws MissionError `not_permitted`
 */
export function checkCall(
  operation: Operation,
  input: unknown,
  { by, mission }: Pick<CallContext, 'by' | 'mission'>,
): void {
  if (by.role === 'slot') return checkSlotCall(mission, by.slotId, operation, input);
  if (reaches(by, operation.access)) {
    if (operation.shows !== undefined) checkMayWatch(by, operation.shows(input), mission);
    return;
  }
  throw new MissionError('not_permitted', `The token of a ${by.role} does not allow ${operation.name}.`, {
    remedy: `It needs that of ${operation.access === 'owner' ? 'the owner (daemon.json)' : `an ${operation.access}`}.`,
  });
}
