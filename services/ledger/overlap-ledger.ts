import { and, asc, eq, isNull, or } from 'drizzle-orm';
import type { RepositoryName, SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { overlaps } from '../../db/schema/repositories.ts';

export type OverlapRow = typeof overlaps.$inferSelect;

/** Rows of agents that are at the same files. Every method is one statement. */
export function createOverlapLedger(db: MissionDatabase) {
  return {
    /** Of two slots, named in their order. */
    get(one: SlotId, other: SlotId): OverlapRow | undefined {
      return db
        .select()
        .from(overlaps)
        .where(and(eq(overlaps.oneSlotId, one), eq(overlaps.otherSlotId, other)))
        .get();
    },

    put(row: OverlapRow): void {
      db.insert(overlaps)
        .values(row)
        .onConflictDoUpdate({ target: [overlaps.oneSlotId, overlaps.otherSlotId], set: row })
        .run();
    },

    /** Those that go on. */
    open(repository: RepositoryName): readonly OverlapRow[] {
      return db
        .select()
        .from(overlaps)
        .where(and(eq(overlaps.repository, repository), isNull(overlaps.endedAt)))
        .orderBy(asc(overlaps.oneSlotId), asc(overlaps.otherSlotId))
        .all();
    },

    /** Those of one agent that go on. */
    openOf(slotId: SlotId): readonly OverlapRow[] {
      return db
        .select()
        .from(overlaps)
        .where(
          and(or(eq(overlaps.oneSlotId, slotId), eq(overlaps.otherSlotId, slotId)), isNull(overlaps.endedAt)),
        )
        .all();
    },
  };
}

export type OverlapLedger = ReturnType<typeof createOverlapLedger>;
