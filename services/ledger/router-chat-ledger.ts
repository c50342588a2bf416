import { and, count, desc, eq, lt } from 'drizzle-orm';
import type { BoardTaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { routerTurns } from '../../db/schema/router.ts';

export type RouterTurnRow = typeof routerTurns.$inferSelect;

/** What was asked of language models about board tasks. Every method is one statement; nothing is ever removed. */
export function createRouterChatLedger(db: MissionDatabase) {
  const { boardTaskId, id, outcome } = routerTurns;
  return {
    begin(
      turn: Pick<RouterTurnRow, 'boardTaskId' | 'messages' | 'contextKind' | 'by' | 'startedAt'>,
    ): number {
      return db.insert(routerTurns).values(turn).returning({ id }).get().id;
    },

    end(turnId: number, end: Pick<RouterTurnRow, 'endedAt' | 'outcome'> & Partial<RouterTurnRow>): void {
      db.update(routerTurns).set(end).where(eq(id, turnId)).run();
    },

    /** The one before another, or the last one; one at a time, since a few may be as long as books. */
    before(task: BoardTaskId, turn: number | null, only: 'answered' | 'any'): RouterTurnRow | undefined {
      return db
        .select()
        .from(routerTurns)
        .where(
          and(
            eq(boardTaskId, task),
            turn === null ? undefined : lt(id, turn),
            only === 'any' ? undefined : eq(outcome, only),
          ),
        )
        .orderBy(desc(id))
        .limit(1)
        .get();
    },

    /** How many stand before one of them. */
    countBefore(task: BoardTaskId, turn: number, only: 'answered' | 'any'): number {
      const row = db
        .select({ turns: count() })
        .from(routerTurns)
        .where(and(eq(boardTaskId, task), lt(id, turn), only === 'any' ? undefined : eq(outcome, only)))
        .get();
      return row?.turns ?? 0;
    },

    has(task: BoardTaskId): boolean {
      return db.select({ id }).from(routerTurns).where(eq(boardTaskId, task)).limit(1).get() !== undefined;
    },
  };
}

export type RouterChatLedger = ReturnType<typeof createRouterChatLedger>;
