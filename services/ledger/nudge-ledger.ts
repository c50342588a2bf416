import { eq } from 'drizzle-orm';
import { atOnce } from '../../db/at-once.ts';
import type { SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { nudges, slotPauses } from '../../db/schema/nudges.ts';

export type PauseRow = typeof slotPauses.$inferSelect;

/** Who is put aside, and who was reminded of what it has to do. */
export function createNudgeLedger(db: MissionDatabase) {
  return {
    /** Everything that `work` writes is written at once, or nothing of it. */
    atOnce: <Result>(work: () => Result): Result => atOnce(db, work),

    pauses: (): readonly PauseRow[] => db.select().from(slotPauses).all(),

    pause(row: PauseRow): void {
      db.insert(slotPauses).values(row).onConflictDoUpdate({ target: slotPauses.slotId, set: row }).run();
    },

    wake(slotId: SlotId): void {
      db.delete(slotPauses).where(eq(slotPauses.slotId, slotId)).run();
    },

    snapshotOf(slotId: SlotId): unknown {
      return db.select().from(nudges).where(eq(nudges.slotId, slotId)).get()?.snapshot;
    },

    keep(slotId: SlotId, snapshot: unknown, updatedAt: number): void {
      const row = { slotId, snapshot, updatedAt };
      db.insert(nudges).values(row).onConflictDoUpdate({ target: nudges.slotId, set: row }).run();
    },
  };
}

export type NudgeLedger = ReturnType<typeof createNudgeLedger>;
