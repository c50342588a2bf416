import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { ErrorBody, toldError } from './error-body.ts';
import { type Exchange, openExchange } from './exchange.ts';

/** What a caller reads who wants an answer while it is made, one after the other; the last is `done` or `error`. */
export const AnswerEvent = z.discriminatedUnion('event', [
  /** The next words. */
  z.object({ event: z.literal('delta'), data: z.object({ text: z.string() }) }),
  /** What was said before counts for nothing: another backend begins anew. */
  z.object({ event: z.literal('restart'), data: z.object({}) }),
  /** The whole answer, as who does not listen gets it. */
  z.object({ event: z.literal('done'), data: z.unknown() }),
  z.object({ event: z.literal('error'), data: ErrorBody }),
]);
export type AnswerEvent = z.infer<typeof AnswerEvent>;

export const EVENT_STREAM = 'text/event-stream';

/** One event as it goes over the wire. */
export const frameOf = ({ event, data }: AnswerEvent): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

const FRAME = /^event: (\w+)\ndata: (.*)$/;

/** Null for a comment, which only says that somebody is there, and for events of later versions. */
function eventOf(frame: string): AnswerEvent | null {
  const [, event, data] = FRAME.exec(frame) ?? [];
  return data === undefined ? null : (AnswerEvent.safeParse({ event, data: JSON.parse(data) }).data ?? null);
}

/** Reads the events of a reply. Who reads no further ends the call. */
async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<AnswerEvent> {
  const decoder = new TextDecoder();
  let pieces: string[] = [];
  for await (const bytes of body) {
    const piece = decoder.decode(bytes, { stream: true });
    pieces.push(piece);
    // A long event comes in many reads, and is put together once.
    if (!piece.includes('\n')) continue;
    const frames = pieces.join('').split('\n\n');
    pieces = [frames.pop() ?? ''];
    for (const frame of frames) {
      const event = eventOf(frame);
      if (event !== null) yield event;
    }
  }
}

async function* eventsOf(wanted: Exchange): AsyncGenerator<AnswerEvent> {
  const headers = { ...wanted.headers, accept: EVENT_STREAM };
  const reply = await openExchange({ ...wanted, headers });
  if (reply.headers['content-type']?.startsWith(EVENT_STREAM)) yield* readEvents(reply);
  else {
    const data: unknown = JSON.parse(await text(reply));
    // What cannot be begun; or the answer of a daemon of an earlier version.
    if ((reply.statusCode ?? 0) >= 400) yield { event: 'error', data: ErrorBody.parse(data) };
    else yield { event: 'done', data };
  }
  throw new Error('the answer broke off');
}

/**
 * Calls a daemon and hears its answer while it is made; `done` comes once, and last.
 * @param lost what to throw when the connection ends first
 * @throws MissionError what the daemon said
 */
export async function* hearAnswer(
  wanted: Exchange,
  lost: (cause: unknown) => unknown,
): AsyncGenerator<Exclude<AnswerEvent, { event: 'error' }>> {
  const events = eventsOf(wanted);
  try {
    for (;;) {
      const next = await events.next().catch((cause: unknown) => {
        throw lost(cause);
      });
      if (next.done === true) return;
      if (next.value.event === 'error') throw toldError(next.value.data);
      yield next.value;
      if (next.value.event === 'done') return;
    }
  } finally {
    await events.return(undefined);
  }
}
