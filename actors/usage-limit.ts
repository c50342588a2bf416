import { createHash } from 'node:crypto';
import type { SnapshotFrom } from 'xstate';
import type { SlotId } from '../db/ids.ts';
import type { sessionMachine } from '../machines/session.ts';
import { limitResetsAt } from '../services/terminal/limit-reset.ts';

/** The service is asked a little later than the words say: its clock is not ours. */
const OPENS_LATE_MS = 60_000;
/** Slots of one account begin again one after another, so that they do not use the window up at once. */
const SPREAD_MS = 60_000;

/** The same for a slot each time: a moment that moves would be waited for in vain. */
function spreadOf(slotId: SlotId): number {
  return createHash('sha256').update(slotId).digest().readUInt32BE() % SPREAD_MS;
}

/**
 * When a slot that a usage limit has stopped takes tasks again, epoch milliseconds: by the words on its screen, else by
 * the window that its status line names. Null when it is not limited, or when only a prompt of a person can tell.
 */
export function limitEndsAt(
  { context }: Pick<SnapshotFrom<typeof sessionMachine>, 'context'>,
  slotId: SlotId,
): number | null {
  const { limit, windowResetsAt } = context;
  if (limit === null) return null;
  const named = limitResetsAt(limit.words, limit.at) ?? windowResetsAt;
  return named === null ? null : named + OPENS_LATE_MS + spreadOf(slotId);
}
