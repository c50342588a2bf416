import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Answered,
  type Answering,
  chunkOf,
  END_OF_STREAM,
  eventOf,
  STILL_THERE,
  usageChunkOf,
} from './chat-replies.ts';

/** Programs in between give up a connection of which they hear nothing for a minute; half a minute is usual, too. */
const PULSE_MS = 15_000;

type Ending = { readonly answer: Answered } | { readonly error: unknown };

/** An answer piece by piece: that somebody answers, signs of life while it works, the words, how it ended. */
export async function* streamAnswer(
  answering: Answering,
  answered: Promise<Answered>,
  { wantsUsage, sayError }: { readonly wantsUsage: boolean; readonly sayError: (error: unknown) => object },
): AsyncGenerator<string> {
  const settled: Promise<Ending> = answered.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  );
  yield eventOf(chunkOf(answering, { role: 'assistant', content: '' }));
  let ending: Ending | undefined;
  while (ending === undefined) {
    const over = new AbortController();
    const pulse = sleep(PULSE_MS, undefined, { signal: over.signal, ref: false }).catch(() => undefined);
    ending = await Promise.race([settled, pulse]);
    over.abort();
    if (ending === undefined) yield STILL_THERE;
  }
  if ('error' in ending) return yield eventOf(sayError(ending.error));
  yield eventOf(chunkOf(answering, { content: ending.answer.text }));
  yield eventOf(chunkOf(answering, {}, 'stop'));
  if (wantsUsage) yield eventOf(usageChunkOf(answering, ending.answer));
  yield END_OF_STREAM;
}
