import { boundedReply } from './bounded-reply.ts';

/** Longer pauses than this are not waited for: another backend may answer at once. Seconds. */
const LONGEST_PAUSE_S = 10;
/** What the APIs need. Variables such as ANTHROPIC_CUSTOM_HEADERS are meant for other programs. */
const SENT = /^(?:accept|content-type|user-agent|authorization|x-api-key|anthropic-version)$/;

function pauseOf(headers: Headers, now: number): number {
  const said = headers.get('retry-after');
  if (said === null) return 0;
  const seconds = Number.parseFloat(said);
  return Number.isNaN(seconds) ? (Date.parse(said) - now) / 1_000 : seconds;
}

/**
 * How a backend's SDK reaches the network: only where it was told to, with no headers but its own, and following no
 * redirect, which would carry the key elsewhere; and no more is read of a reply than anybody can mean.
 */
export function guardedFetch(baseUrl: string, hasKey: boolean): typeof fetch {
  const { origin } = new URL(baseUrl);
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== origin) throw new Error(`${url.origin} is not the address of the backend`);
    const headers = new Headers(
      [...new Headers(init?.headers)].filter(
        ([name]) => SENT.test(name) && (hasKey || !/^(?:authorization|x-api-key)$/.test(name)),
      ),
    );
    const reply = await fetch(url, { ...init, headers, redirect: 'manual' });
    if (pauseOf(reply.headers, Date.now()) <= LONGEST_PAUSE_S) return boundedReply(reply);
    const told = new Headers(reply.headers);
    told.set('x-should-retry', 'false');
    return boundedReply(reply, told);
  };
}
