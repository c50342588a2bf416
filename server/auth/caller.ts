import type { SlotId } from '../../db/ids.ts';

/** What a request needs its caller to be. Each may do what those before it may. */
const ACCESS = ['viewer', 'orchestrator', 'owner'] as const;
export type Access = (typeof ACCESS)[number];

/** Who asks, once it is known. */
export type Caller =
  /** The token of daemon.json, or the unix socket. */
  | { readonly role: 'owner' }
  /** A token of `missiond token create`. */
  | { readonly role: 'orchestrator' | 'viewer'; readonly tokenId: string; readonly name: string }
  /** The agent of a slot, with the token of its running session. */
  | { readonly role: 'slot'; readonly slotId: SlotId };

/** True when a caller may do what needs `access`. A slot stands beside the others: it reaches nothing by rank. */
export function reaches(caller: Caller, access: Access): boolean {
  return caller.role !== 'slot' && ACCESS.indexOf(caller.role) >= ACCESS.indexOf(access);
}

/** The same caller has the same key; tells whether a session that one began is used by another. */
export function keyOf(caller: Caller): string {
  if (caller.role === 'owner') return 'owner';
  return caller.role === 'slot' ? `slot ${caller.slotId}` : `token ${caller.tokenId}`;
}

/** Who called, for the record: the owner by what the door says, everybody else by what the token says. */
export function recordedAs(caller: Caller, said: string): string {
  if (caller.role === 'owner') return said;
  return caller.role === 'slot' ? `slot:${caller.slotId}` : `token:${caller.name}`;
}

/** Doors of ours at which a person sits. */
const PERSONS_DOORS: readonly string[] = ['cli', 'board'];

export const isPersonsDoor = (said: string): boolean => PERSONS_DOORS.includes(said);

/**
 * True of the owner at the command line or on the page: what only a person may approve is not for programs, agents and
 * made tokens.
 */
export function isPerson(caller: Caller, said: string): boolean {
  return caller.role === 'owner' && isPersonsDoor(said);
}
