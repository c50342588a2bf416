import { and, asc, desc, eq } from 'drizzle-orm';
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

    /** The last ones that were answered, the newest first. */
    answered(task: BoardTaskId, limit: number): readonly RouterTurnRow[] {
      return db
        .select()
        .from(routerTurns)
        .where(and(eq(boardTaskId, task), eq(outcome, 'answered')))
        .orderBy(desc(id))
        .limit(limit)
        .all();
    },

    /** All of them, in their order. */
    all(task: BoardTaskId): readonly RouterTurnRow[] {
      return db.select().from(routerTurns).where(eq(boardTaskId, task)).orderBy(asc(id)).all();
    },

    has(task: BoardTaskId): boolean {
      return db.select({ id }).from(routerTurns).where(eq(boardTaskId, task)).limit(1).get() !== undefined;
    },
  };
}
