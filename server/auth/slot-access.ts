import { z } from 'zod';
import type { Mission } from '../../actors/mission/api.ts';
import type { SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import type { Operation } from '../tools/operation.ts';

/** How permissions.yaml names our tools. */
const toolName = (operation: Operation): string => `mcp__missiond__${operation.name}`;

/** What of an input would reach further than the slot itself. */
const Reaching = z.looseObject({
  slotId: z.unknown().optional(),
  verify: z.looseObject({ command: z.unknown().optional() }).optional().catch(undefined),
  options: z
    .looseObject({ verify: z.looseObject({ command: z.unknown().optional() }).optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

function refuse(message: string, remedy: string): MissionError {
  return new MissionError('not_permitted', message, { remedy });
}

type SlotMission = Pick<Mission, 'permissions'>;

/** Whether an agent is offered a tool at all: some of it is its own, or the rules of its slot allow it. */
export function slotIsOffered(mission: SlotMission, slotId: SlotId, operation: Operation): boolean {
  if (!operation.forSlots) return false;
  const { decision } = mission.permissions.explain({ slotId }, toolName(operation));
  return decision === 'allow' || (decision === 'confirm' && operation.ownOfSlot !== undefined);
}

/** Whether a rule of its slot, its role or of all allows the agent of a slot a tool, whatever it is called with. */
export function slotMayCall(mission: SlotMission, slotId: SlotId, operation: Operation): boolean {
  return (
    operation.forSlots && mission.permissions.explain({ slotId }, toolName(operation)).decision === 'allow'
  );
}

/**
 * Whether the agent of a slot may make this call: what is its own, and what a rule of its slot, its role or of all
 * allows as `mcp__missiond__<tool>`; never for another slot, and never a command that nobody would judge.
 * @throws MissionError `not_permitted`
 */
export function checkSlotCall(mission: Mission, slotId: SlotId, operation: Operation, input: unknown): void {
  const remedy = `Ask whoever gave you the task; a rule that allows ${toolName(operation)} would be needed.`;
  if (!slotIsOffered(mission, slotId, operation))
    throw refuse(`The agent of ${slotId} may not use ${operation.name}.`, remedy);
  const reaching = Reaching.safeParse(input).data;
  if (reaching?.slotId !== undefined && reaching.slotId !== slotId)
    throw refuse(`The agent of ${slotId} acts for its own slot only.`, 'Leave out other slots.');
  if (reaching?.verify?.command !== undefined || reaching?.options?.verify?.command !== undefined)
    throw refuse('An agent names no command that missiond runs.', 'Use `verify: {role}` instead.');
  const { decision } = mission.permissions.explain({ slotId }, toolName(operation));
  if (decision === 'allow') return;
  if (operation.ownOfSlot?.(input, slotId, mission) !== true)
    throw refuse(`The agent of ${slotId} sees only what is its own.`, remedy);
}
