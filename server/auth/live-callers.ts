import type { Caller } from './caller.ts';

/** A token that was revoked holds no connection longer. Milliseconds. */
const LOOK_EVERY_MS = 1_000;

/** Connections that outlast the request in which their caller was let in. */
export interface LiveCallers {
  /** Ends the connection once the token of its caller holds no more. Returns what to call when it has ended by itself. */
  add(caller: Caller, end: () => void): () => void;
  close(): void;
}

/** Looks again and again whether tokens still hold, while a connection depends on one. */
export function createLiveCallers(stillHolds: (caller: Caller) => boolean): LiveCallers {
  const live = new Set<{ readonly caller: Caller; readonly end: () => void }>();
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    for (const one of live) {
      if (stillHolds(one.caller)) continue;
      live.delete(one);
      one.end();
    }
  }

  function close(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    add(caller, end) {
      const one = { caller, end };
      live.add(one);
      timer ??= setInterval(look, LOOK_EVERY_MS).unref();
      return () => {
        live.delete(one);
        if (live.size === 0) close();
      };
    },
    close,
  };
}
