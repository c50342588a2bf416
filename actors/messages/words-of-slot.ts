import type { SlotId } from '../../db/ids.ts';
import { MissionError } from '../../services/errors/mission-error.ts';

/**
 * Words of the agent of a slot without the secrets of its environment.
 * @throws MissionError `secret_unresolved` where these are not known: words that say so instead would be lost words
 */
export function wordsOfSlot(
  redact: (slotId: SlotId, text: string) => string,
  slotId: SlotId,
  words: string,
): string {
  // Where all is withheld, nothing is too.
  if (redact(slotId, '') === '') return redact(slotId, words);
  throw new MissionError(
    'secret_unresolved',
    `The secrets of ${slotId} are not known since the daemon started again, so its words cannot be stored.`,
    { remedy: `Mend their source, or restart the slot: missiond restart ${slotId}.` },
  );
}
