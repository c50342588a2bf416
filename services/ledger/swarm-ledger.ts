import { eq, isNull } from 'drizzle-orm';
import type { SwarmId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { swarms } from '../../db/schema/swarms.ts';
import { tasks } from '../../db/schema/tasks.ts';
import type { TaskRow } from './task-ledger.ts';

export type SwarmRow = typeof swarms.$inferSelect;

/** By whom the tasks of a swarm are handed in. */
export const submitterOf = (id: SwarmId): string => `swarm:${id}`;

/** Swarms and the tasks that were made of them. Every method is one statement. */
export function createSwarmLedger(db: MissionDatabase) {
  return {
    insert(row: SwarmRow): void {
      db.insert(swarms).values(row).run();
    },

    get(id: SwarmId): SwarmRow | undefined {
      return db.select().from(swarms).where(eq(swarms.id, id)).get();
    },

    open(): readonly SwarmRow[] {
      return db.select().from(swarms).where(isNull(swarms.endedAt)).all();
    },

    update(id: SwarmId, change: Partial<Pick<SwarmRow, 'refused' | 'endedAt'>>): void {
      db.update(swarms).set(change).where(eq(swarms.id, id)).run();
    },

    /** The tasks that were handed in, by their places. */
    tasksOf(id: SwarmId): ReadonlyMap<number, TaskRow> {
      const rows = db
        .select()
        .from(tasks)
        .where(eq(tasks.submitter, submitterOf(id)))
        .all();
      return new Map(rows.map((row) => [Number(row.idempotencyKey), row]));
    },
  };
}

export type SwarmLedger = ReturnType<typeof createSwarmLedger>;
