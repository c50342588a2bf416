import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Said } from '../../services/router/api.ts';
import { type AnswerEvent, EVENT_STREAM, frameOf } from '../answer-events.ts';
import { errorReply } from './error-replies.ts';

/** A comment: it says that somebody is still there, to whatever stands in between. */
const STILL_THERE = ':\n\n';

export const wantsEvents = ({ headers: { accept = '' } }: FastifyRequest): boolean =>
  accept.toLowerCase().includes(EVENT_STREAM);

/** What the caller has not read yet. */
interface Unread {
  anew: boolean;
  words: string;
  pulse: boolean;
}

/**
 * Answers piece by piece. A caller who reads slowly gets larger pieces: what waits for it is never more than the answer,
 * and the model, whose time is limited, is not kept waiting. What fails before anything was said is a usual error reply.
 */
export async function replyWithEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  perform: (told: { heard: (said: Said) => void; progress: () => void }) => Promise<unknown>,
): Promise<FastifyReply> {
  const unread: Unread = { anew: false, words: '', pulse: false };
  let end: { readonly data: unknown } | { readonly error: unknown } | undefined;
  let wake = (): void => {};
  const stirred = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });

  async function* frames(): AsyncGenerator<string> {
    for (;;) {
      const { anew, words, pulse } = unread;
      Object.assign(unread, { anew: false, words: '', pulse: false });
      if (anew) yield frameOf({ event: 'restart', data: {} });
      if (words !== '') yield frameOf({ event: 'delta', data: { text: words } });
      else if (pulse) yield STILL_THERE;
      if (unread.anew || unread.words !== '') continue;
      if (end !== undefined) return yield frameOf(lastOf(end));
      await stirred();
    }
  }
  const lastOf = (ending: NonNullable<typeof end>): AnswerEvent =>
    'data' in ending
      ? { event: 'done', data: ending.data }
      : {
          event: 'error',
          data: errorReply(ending.error, { log: request.log, url: request.routeOptions.url }).body,
        };

  async function follow(work: Promise<unknown>): Promise<void> {
    try {
      end = { data: await work };
    } catch (error) {
      end = { error };
    }
    wake();
  }

  const begun = stirred();
  const followed = follow(
    perform({
      heard(said) {
        if (said.type === 'words') unread.words += said.text;
        else Object.assign(unread, { anew: true, words: '' });
        wake();
      },
      progress() {
        unread.pulse = true;
        wake();
      },
    }),
  );
  await Promise.race([begun, followed]);
  const hasSaid = unread.words !== '' || unread.anew;
  if (end !== undefined && 'error' in end && !hasSaid) throw end.error;
  return reply.type(EVENT_STREAM).send(Readable.from(frames()));
}
