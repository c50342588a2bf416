import type { AddressVeil } from '../../services/knowledge/hide-addresses.ts';
import type { Said } from '../../services/router/api.ts';

/** Puts the addresses back into an answer that is heard piece by piece. */
export function unveilSaid(veil: AddressVeil, heard: (said: Said) => void) {
  let pieces = veil.revealInPieces();
  const say = (text: string): void => {
    if (text !== '') heard({ type: 'words', text });
  };
  return {
    heard(said: Said): void {
      if (said.type === 'words') return say(pieces.more(said.text));
      pieces = veil.revealInPieces();
      heard(said);
    },
    /** The answer has ended. */
    rest: () => say(pieces.rest()),
  };
}
