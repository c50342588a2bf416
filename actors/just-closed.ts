import type { Role, SlotId } from '../db/ids.ts';

/** The last lines of a transcript are read within seconds; a daemon under load may take minutes over them. */
const KEPT_MS = 10 * 60_000;

/** What is counted of a slot behind its end is counted by these. */
export interface ClosedSlot {
  readonly role: Role;
  readonly transcriptPath: string | null;
}

/** What is known of slots that were closed a moment ago. Agents come and go for months: it is let go. */
export function createJustClosed(now: () => number) {
  const closed = new Map<SlotId, ClosedSlot & { readonly at: number }>();

  function letGo(): void {
    for (const [slotId, { at }] of closed) if (now() - at > KEPT_MS) closed.delete(slotId);
  }

  return {
    add(slotId: SlotId, { role, transcriptPath }: ClosedSlot): void {
      letGo();
      closed.set(slotId, { role, transcriptPath, at: now() });
    },
    /** It is there again. */
    delete: (slotId: SlotId): void => void closed.delete(slotId),
    get(slotId: SlotId): ClosedSlot | undefined {
      letGo();
      return closed.get(slotId);
    },
  };
}
