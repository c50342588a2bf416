import { SlotId } from '../../db/ids.ts';
import type { MissionCore } from '../core.ts';

/** In a fork it has proposed what the gate agrees to, and merges nothing. */
const PROPOSES = 'pr-shepherd';

/** Whether whoever asks, by the name that merges are stored with, is an agent for which things are proposed and never merged. */
export function onlyProposes({ agents }: Pick<MissionCore, 'agents'>, requestedBy: string): boolean {
  const slotId = SlotId.safeParse(requestedBy.replace(/^slot:/, '')).data;
  return slotId !== undefined && agents.get(slotId)?.role === PROPOSES;
}
