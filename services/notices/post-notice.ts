import { createHmac } from 'node:crypto';

export interface PostedNotice {
  readonly id: string;
  readonly event: string;
  readonly body: string;
}

export interface PostOptions {
  readonly secret: string | null;
  /** Epoch milliseconds; signed, so that an old notice cannot be sent again by somebody else. */
  readonly at: number;
  readonly signal: AbortSignal;
}

/** What a receiver computes to know who wrote: HMAC-SHA-256 over `<timestamp>.<body>`, in hex. */
function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

/**
 * Posts a notice. Redirects are not followed: they would carry it to an address that nobody configured.
 * @throws Error when nobody took it: no connection, no answer before `signal`, an answer that is not 2xx
 */
export async function postNotice(
  url: string,
  { id, event, body }: PostedNotice,
  { secret, at, signal }: PostOptions,
): Promise<void> {
  const timestamp = String(at);
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'missiond',
      'x-missiond-delivery': id,
      'x-missiond-event': event,
      'x-missiond-timestamp': timestamp,
      ...(secret === null ? {} : { 'x-missiond-signature': signatureOf(secret, timestamp, body) }),
    },
    body,
    signal,
  });
  // What it says is of no interest, but a connection whose answer is not read stays open.
  await response.body?.cancel();
  if (!response.ok) throw new Error(`it answered ${response.status}`);
}
