import type { ConversationRetention } from '../ledger/conversation-retention.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** How long what was said is kept. */
export interface KeepFor {
  /** For ever without it. */
  readonly keepDays?: number | undefined;
  /** Long results of tools, and images. */
  readonly keepLongDays: number;
}

/**
 * Once an hour, bit by bit, takes away what is too old.
 * @returns called again and again while nothing else is to be done: true while there is more to take away
 */
export function createHousekeeping(
  retention: ConversationRetention,
  { keepDays, keepLongDays }: KeepFor,
  now: () => number,
): () => boolean {
  let next = 0;
  return () => {
    if (now() < next) return false;
    const went =
      (keepDays === undefined ? 0 : retention.forgetBefore(now() - keepDays * DAY_MS)) +
      retention.forgetLongBefore(now() - keepLongDays * DAY_MS) +
      retention.dropUnused();
    if (went === 0) next = now() + HOUR_MS;
    return went > 0;
  };
}
