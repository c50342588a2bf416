import { desc, eq } from 'drizzle-orm';
import type { Epoch, SlotId, TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { sessions, slots, transitions } from '../../db/schema/slots.ts';
import { history } from '../../db/schema/tasks.ts';

export type SlotRow = typeof slots.$inferSelect;
export type SessionRow = typeof sessions.$inferSelect;
export type TransitionRow = Omit<typeof transitions.$inferSelect, 'id'>;
export type HistoryRow = typeof history.$inferSelect;

/** A slot's history is shown whole up to this many entries; older ones stay in the table. */
const HISTORY_LIMIT = 1_000;

/** Rows of slots, of the runs of their sessions, and of what happened in them. Every method is one statement. */
export function createSlotLedger(db: MissionDatabase) {
  return {
    save(row: SlotRow): void {
      db.insert(slots).values(row).onConflictDoUpdate({ target: slots.id, set: row }).run();
    },

    update(slotId: SlotId, change: Partial<Omit<SlotRow, 'id'>>): void {
      db.update(slots).set(change).where(eq(slots.id, slotId)).run();
    },

    get(slotId: SlotId): SlotRow | undefined {
      return db.select().from(slots).where(eq(slots.id, slotId)).get();
    },

    startSession(row: SessionRow): void {
      db.insert(sessions).values(row).onConflictDoUpdate({ target: sessions.epoch, set: row }).run();
    },

    updateSession(epoch: Epoch, change: Partial<Omit<SessionRow, 'epoch'>>): void {
      db.update(sessions).set(change).where(eq(sessions.epoch, epoch)).run();
    },

    session(epoch: Epoch): SessionRow | undefined {
      return db.select().from(sessions).where(eq(sessions.epoch, epoch)).get();
    },

    addTransition(row: TransitionRow): void {
      db.insert(transitions).values(row).run();
    },

    transitions(slotId: SlotId, limit: number): readonly TransitionRow[] {
      return db
        .select()
        .from(transitions)
        .where(eq(transitions.slotId, slotId))
        .orderBy(desc(transitions.id))
        .limit(limit)
        .all();
    },

    addHistory(row: {
      slotId: SlotId;
      taskId: TaskId | null;
      role: 'user' | 'assistant';
      content: string;
      at: number;
    }): void {
      db.insert(history).values(row).run();
    },

    history(slotId: SlotId): readonly HistoryRow[] {
      return db
        .select()
        .from(history)
        .where(eq(history.slotId, slotId))
        .orderBy(desc(history.id))
        .limit(HISTORY_LIMIT)
        .all()
        .reverse();
    },
  };
}

export type SlotLedger = ReturnType<typeof createSlotLedger>;
