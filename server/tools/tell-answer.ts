import type { Said } from '../../services/router/api.ts';
import type { CallContext } from './operation.ts';

/** Whoever waits is told the answer so far no more often than this, and of a long one only its end. */
const TOLD_EVERY_MS = 500;
const MOST_TOLD_CHARACTERS = 2_000;

/** Tells of an answer while it is made: every piece where the door carries it, else now and then its last words. */
export function tellAnswer({ progress, heard }: Pick<CallContext, 'progress' | 'heard'>) {
  let lastWords = '';
  let isLong = false;
  let toldAt = Number.NEGATIVE_INFINITY;
  const sayWords = (): string => {
    if (lastWords.trim() === '') return 'the model has said nothing yet';
    return isLong ? `…${lastWords}` : lastWords;
  };

  return {
    sayWords,
    heard(said: Said): void {
      heard?.(said);
      const words = said.type === 'anew' ? '' : lastWords + said.text;
      isLong = said.type === 'words' && (isLong || words.length > MOST_TOLD_CHARACTERS);
      lastWords = words.slice(-MOST_TOLD_CHARACTERS);
      const now = performance.now();
      if (now - toldAt < TOLD_EVERY_MS || words.trim() === '') return;
      toldAt = now;
      progress(sayWords());
    },
  };
}
