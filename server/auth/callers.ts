import type { FastifyRequest } from 'fastify';
import type { Caller } from './caller.ts';

/** Looks up who made a request. */
export type CallerOf = (request: FastifyRequest) => Caller;

/** Remembers of each request who makes it, from the door to the route. */
export function createCallers(): {
  readonly set: (request: FastifyRequest, caller: Caller) => void;
  readonly of: CallerOf;
} {
  const callers = new WeakMap<FastifyRequest, Caller>();
  return {
    set: (request, caller) => void callers.set(request, caller),
    of(request) {
      const caller = callers.get(request);
      // A route that nobody guards is a mistake of ours, and answers nobody.
      if (caller === undefined) throw new Error(`nobody was admitted to ${request.url}`);
      return caller;
    },
  };
}
