import { and, eq, isNull, sql } from 'drizzle-orm';
import type { MissionDatabase } from '../../db/open.ts';
import { routerCalls } from '../../db/schema/router.ts';

type CallRow = typeof routerCalls.$inferSelect;

/** Calls of language models, and what they cost. Every method is one statement. */
export function createRouterLedger(db: MissionDatabase) {
  return {
    begin(
      call: Pick<CallRow, 'day' | 'startedAt' | 'kind' | 'fromBackend' | 'model' | 'reservedUsd'>,
    ): number {
      return db.insert(routerCalls).values(call).returning({ id: routerCalls.id }).get().id;
    },

    end(
      id: number,
      end: Pick<CallRow, 'endedAt' | 'outcome' | 'inputTokens' | 'outputTokens' | 'costUsd'>,
    ): void {
      db.update(routerCalls).set(end).where(eq(routerCalls.id, id)).run();
    },

    /** Dollars of one day: what calls have cost, and what those that have not ended may cost. */
    spent(day: string): number {
      const { usd } = db
        .select({
          usd: sql<number>`coalesce(sum(case when ${routerCalls.endedAt} is null then ${routerCalls.reservedUsd} else ${routerCalls.costUsd} end), 0)`,
        })
        .from(routerCalls)
        .where(eq(routerCalls.day, day))
        .get() ?? { usd: 0 };
      return usd;
    },

    /** Calls of one day that have not ended, beside these. */
    unended(day: string, running: ReadonlySet<number>): { readonly calls: number; readonly usd: number } {
      const rows = db
        .select({ id: routerCalls.id, usd: routerCalls.reservedUsd })
        .from(routerCalls)
        .where(and(eq(routerCalls.day, day), isNull(routerCalls.endedAt)))
        .all()
        .filter(({ id }) => !running.has(id));
      return { calls: rows.length, usd: rows.reduce((sum, { usd }) => sum + (usd ?? 0), 0) };
    },
  };
}

export type RouterLedger = ReturnType<typeof createRouterLedger>;
