import type { Party } from './api.ts';

const NAME = 'missiond';

/** Who writes when the daemon says something itself: how a merge went, that an agent is done, that two are at one file. */
export const FROM_MISSIOND: Party = { kind: 'program', name: NAME };

export const isMissiond = (party: Party): boolean => party.kind === 'program' && party.name === NAME;
