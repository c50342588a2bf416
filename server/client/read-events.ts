import { WebSocket } from 'ws';
import { z } from 'zod';
import { MissionEvent } from '../../actors/mission/views.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { refusedUpgrade } from '../refused-upgrade.ts';
import { type DaemonAddress, unreachable } from './daemon-address.ts';

/** More are left with the daemon, which keeps some for a reader that is slow. */
const MOST_WAITING = 1_000;
/** The reader was too slow, or `since` is none: what the daemon says besides "I go away". */
const REFUSALS: ReadonlySet<number> = new Set([1013, 4004]);

export interface EventOptions {
  /** The sequence after which to begin; without it only what comes from now on. */
  readonly since?: number | undefined;
  readonly signal?: AbortSignal;
  /** Heard once the daemon has begun to tell, with the sequence of the last event before those that come. */
  readonly begun?: (sequence: number) => void;
}

/** What comes first: how everything stands. */
const Snapshot = z.object({ type: z.literal('snapshot'), sequence: z.number() });

/** Null for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Every change, in order. Ends when the signal aborts or the daemon goes away.
 * @throws MissionError `daemon_unreachable` when no daemon answers, what the daemon said when it refused
 */
export async function* readEvents(
  locate: () => DaemonAddress,
  { since, signal, begun }: EventOptions,
): AsyncGenerator<MissionEvent, void, undefined> {
  if (signal?.aborted === true) return;
  const address = locate();
  const query = since === undefined ? '' : `?since=${since}`;
  const socket = new WebSocket(`${address.url.replace(/^http/, 'ws')}/tasks${query}`, {
    headers: { authorization: `Bearer ${address.token}` },
  });
  const waiting: MissionEvent[] = [];
  let wake = (): void => {};
  let opened = false;
  let over = false;
  let failure: MissionError | undefined;
  const end = (reason?: MissionError): void => {
    over = true;
    failure ??= reason;
    wake();
  };
  socket.on('open', () => {
    opened = true;
  });
  socket.on('message', (data) => {
    const said = parsed(String(data));
    const snapshot = Snapshot.safeParse(said).data;
    if (snapshot !== undefined) return begun?.(since ?? snapshot.sequence);
    // Events of later versions are passed over.
    const event = MissionEvent.safeParse(said).data;
    if (event === undefined) return;
    waiting.push(event);
    if (waiting.length >= MOST_WAITING) socket.pause();
    wake();
  });
  socket.on('unexpected-response', (_, response) => {
    void refusedUpgrade(response).then((error) => {
      end(error);
      socket.terminate();
    });
  });
  socket.on('error', (cause) => {
    // An abort before the socket is open is no failure.
    end(opened || signal?.aborted === true ? undefined : unreachable(address, cause));
  });
  socket.on('close', (code, words) => {
    end(
      REFUSALS.has(code)
        ? new MissionError('input_invalid', `The daemon sends no more events: ${String(words)}.`, {
            remedy: 'Read them faster, and go on with `since`, the sequence of the last one that was read.',
          })
        : undefined,
    );
  });
  const stop = (): void => {
    end();
    socket.terminate();
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    while (!over || waiting.length > 0) {
      yield* waiting.splice(0);
      if (socket.isPaused) socket.resume();
      if (!over && waiting.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    if (failure !== undefined) throw failure;
  } finally {
    signal?.removeEventListener('abort', stop);
    socket.terminate();
  }
}
