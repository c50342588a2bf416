import type { MissionEvent } from './mission/views.ts';

/** Enough for a dashboard that reconnects after a minute of busy work; older events are read from the tables. */
const HELD_EVENTS = 5_000;

type Unnumbered<T> = T extends MissionEvent ? Omit<T, 'sequence'> : never;
/** An event before the bus gave it its number. */
export type NewMissionEvent = Unnumbered<MissionEvent>;

export interface Bus {
  publish(event: NewMissionEvent): void;
  subscribe(listener: (event: MissionEvent) => void, since?: number): () => void;
  lastSequence(): number;
}

/**
 * Numbers every event and hands it to all listeners. A listener that throws is reported and keeps its place;
 * it never disturbs the others or the publisher.
 *
 * @param firstSequence the number before the first event. The daemon passes its start time in milliseconds, so that
 *   numbers keep growing over a restart and `since` of an earlier daemon asks for everything of this one.
 */
export function createBus(firstSequence: number, onListenerError: (error: unknown) => void): Bus {
  const listeners = new Set<(event: MissionEvent) => void>();
  const held: MissionEvent[] = [];
  let sequence = firstSequence;
  const deliver = (listener: (event: MissionEvent) => void, event: MissionEvent) => {
    try {
      listener(event);
    } catch (error) {
      onListenerError(error);
    }
  };
  return {
    publish(event) {
      sequence += 1;
      const numbered: MissionEvent = { ...event, sequence };
      held.push(numbered);
      if (held.length > HELD_EVENTS) held.shift();
      for (const listener of [...listeners]) deliver(listener, numbered);
    },
    subscribe(listener, since) {
      if (since !== undefined) {
        for (const event of held) if (event.sequence > since) deliver(listener, event);
      }
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    lastSequence: () => sequence,
  };
}

/** Resolves when `holds` is true, now or after an event. Rejects with the signal's reason. */
export function untilEvent(
  bus: { subscribe(listener: () => void): () => void },
  holds: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    if (holds()) return resolve();
    const stop = (): void => {
      leave();
      signal.removeEventListener('abort', aborted);
    };
    const aborted = (): void => {
      stop();
      reject(signal.reason);
    };
    const leave = bus.subscribe(() => {
      if (!holds()) return;
      stop();
      resolve();
    });
    signal.addEventListener('abort', aborted);
  });
}
