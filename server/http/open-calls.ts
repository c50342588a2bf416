import type { FastifyReply, FastifyRequest } from 'fastify';
import { MissionError } from '../../services/errors/mission-error.ts';
import { type Caller, keyOf } from '../auth/caller.ts';

/** Counts what each caller has open. */
export interface OpenCalls {
  /** @throws MissionError `too_many` */
  enter(caller: Caller, request: FastifyRequest, reply: FastifyReply): void;
}

/** @param most requests that wait, and WebSockets, of one caller */
export function createOpenCalls(most: number): OpenCalls {
  const open = new Map<string, number>();
  return {
    enter(caller, request, reply) {
      const key = keyOf(caller);
      const now = open.get(key) ?? 0;
      if (now >= most) {
        throw new MissionError(
          'too_many',
          `${most} requests and WebSockets of this token are open already.`,
          {
            remedy: 'Close what is not needed, or ask again later.',
          },
        );
      }
      open.set(key, now + 1);
      // A WebSocket lasts as long as its connection; a connection that is kept outlasts its requests.
      const lasting = request.headers.upgrade === undefined ? reply.raw : request.raw.socket;
      lasting.once('close', () => {
        const left = (open.get(key) ?? 1) - 1;
        if (left === 0) open.delete(key);
        else open.set(key, left);
      });
    },
  };
}
