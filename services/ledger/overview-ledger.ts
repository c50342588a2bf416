import { count, eq, min } from 'drizzle-orm';
import type { MissionDatabase } from '../../db/open.ts';
import { deliveries, tasks } from '../../db/schema/tasks.ts';

type Counted = readonly { readonly status: string; readonly count: number }[];

/** Counts of what there is, for those who watch over it. */
export function createOverviewLedger(db: MissionDatabase) {
  const byStatus = db
    .select({ status: tasks.status, count: count() })
    .from(tasks)
    .groupBy(tasks.status)
    .prepare();
  const ofDeliveries = db
    .select({ status: deliveries.status, count: count() })
    .from(deliveries)
    .groupBy(deliveries.status)
    .prepare();
  const oldest = db
    .select({ at: min(tasks.createdAt) })
    .from(tasks)
    .where(eq(tasks.status, 'queued'))
    .prepare();
  return {
    tasks: (): Counted => byStatus.all(),
    deliveries: (): Counted => ofDeliveries.all(),
    /** When the one that waits longest was handed in; null when none waits. */
    oldestQueuedAt: (): number | null => oldest.get()?.at ?? null,
  };
}

export type OverviewLedger = ReturnType<typeof createOverviewLedger>;
