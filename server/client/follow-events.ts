import { setTimeout as sleep } from 'node:timers/promises';
import type { MissionEvent } from '../../actors/mission/views.ts';
import type { EventOptions } from './read-events.ts';

/** A daemon that is started anew is there within a second; one that has gone for good is not asked without end at that pace. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

export interface EventFollower {
  /** The daemon answers, at first or again. */
  readonly connected: () => void;
  /** It has gone, or does not answer; it is asked again until the signal aborts. */
  readonly disconnected: (reason: unknown) => void;
  readonly event: (event: MissionEvent) => void;
}

/**
 * Follows the events of a daemon over its restarts: what happened while the connection was gone is read when it is back,
 * as far as the daemon still has it.
 * @returns when the signal aborts; never throws
 */
export async function followEvents(
  read: (options: EventOptions) => AsyncIterable<MissionEvent>,
  hear: EventFollower,
  signal: AbortSignal,
): Promise<void> {
  let since: number | undefined;
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    let isConnected = false;
    let reason: unknown;
    try {
      const begun = (sequence: number): void => {
        isConnected = true;
        since ??= sequence;
        pause = FIRST_PAUSE_MS;
        hear.connected();
      };
      for await (const event of read({ since, signal, begun })) {
        since = event.sequence;
        hear.event(event);
      }
    } catch (error) {
      reason = error;
    }
    if (isConnected && !signal.aborted) hear.disconnected(reason);
    await sleep(pause, undefined, { signal }).catch(() => {});
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}
