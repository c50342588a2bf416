import type { Mission } from '../../actors/mission/api.ts';
import type { Caller } from './caller.ts';
import { digestOf, sameDigest } from './secrets.ts';
import type { TokenStore } from './token-store.ts';

/** Tells whose token one is: the owner's, one that was made, or that of a slot's running session. */
export function createIdentification({
  ownerToken,
  tokens,
  mission,
}: {
  readonly ownerToken: string;
  readonly tokens: Pick<TokenStore, 'callerOf'>;
  readonly mission: Pick<Mission, 'slots' | 'slotTokenFits'>;
}): (token: string) => Caller | null {
  const owner = digestOf(ownerToken);
  return (token) => {
    if (sameDigest(digestOf(token), owner)) return { role: 'owner' };
    const made = tokens.callerOf(token);
    if (made !== null) return made;
    const slot = mission.slots().find(({ slotId }) => mission.slotTokenFits(slotId, token));
    return slot === undefined ? null : { role: 'slot', slotId: slot.slotId };
  };
}
