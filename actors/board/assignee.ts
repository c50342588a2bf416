import type { Role, SlotId } from '../../db/ids.ts';
import type { MissionCore } from '../core.ts';

/** Who is meant by an assignee that the autopilot can give work to. */
export interface Assigned {
  readonly slotId?: SlotId;
  readonly role?: Role;
  readonly slots: readonly SlotId[];
}

/** The slot of that name, else the slots of that role; null for anybody else. */
export function assignedTo({ runtimes }: Pick<MissionCore, 'runtimes'>, assignee: string): Assigned | null {
  const slots = [...runtimes.values()].map(({ configuration }) => configuration);
  const slot = slots.find(({ id }) => id === assignee);
  if (slot !== undefined) return { slotId: slot.id, slots: [slot.id] };
  const ofRole = slots.filter(({ role }) => role === assignee);
  const [first] = ofRole;
  return first === undefined ? null : { role: first.role, slots: ofRole.map(({ id }) => id) };
}

/** How much an assignee can do at once: what a person has stopped stays down, and nothing of the board starts it. */
export function slotsOf(core: Pick<MissionCore, 'runtimes' | 'slotSnapshot'>, assignee: string): number {
  const assigned = assignedTo(core, assignee);
  // One that is no longer configured gets its task, which fails and says so.
  if (assigned === null) return 1;
  return assigned.slots.filter((slotId) => core.slotSnapshot(slotId)?.context.killedAt == null).length;
}
