import type { Role, SlotId } from '../../db/ids.ts';
import type { MissionCore } from '../core.ts';

/** Who is meant by an assignee that the autopilot can give work to. */
export interface Assigned {
  readonly slotId?: SlotId;
  readonly role?: Role;
  /** How many of them can work at once. */
  readonly slots: number;
}

/** The slot of that name, else the slots of that role; null for anybody else. */
export function assignedTo({ runtimes }: Pick<MissionCore, 'runtimes'>, assignee: string): Assigned | null {
  const slots = [...runtimes.values()].map(({ configuration }) => configuration);
  const slot = slots.find(({ id }) => id === assignee);
  if (slot !== undefined) return { slotId: slot.id, slots: 1 };
  const ofRole = slots.filter(({ role }) => role === assignee);
  const [first] = ofRole;
  return first === undefined ? null : { role: first.role, slots: ofRole.length };
}
