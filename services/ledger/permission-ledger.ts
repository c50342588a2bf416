import { and, asc, eq, isNull } from 'drizzle-orm';
import type { QuestionId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { decisions, questions } from '../../db/schema/permissions.ts';

export type DecisionRow = Omit<typeof decisions.$inferSelect, 'id'>;
export type QuestionRow = typeof questions.$inferSelect;

/** Append-only record of judged tool calls, and the questions that waited. */
export function createPermissionLedger(db: MissionDatabase) {
  return {
    addDecision(row: DecisionRow): void {
      db.insert(decisions).values(row).run();
    },

    ask(row: QuestionRow): void {
      db.insert(questions).values(row).run();
    },

    setOptions(id: QuestionId, options: readonly string[]): void {
      db.update(questions).set({ options }).where(eq(questions.id, id)).run();
    },

    close(id: QuestionId, how: { answer: string; answeredBy: string; closedAt: number }): void {
      db.update(questions)
        .set(how)
        .where(and(eq(questions.id, id), isNull(questions.closedAt)))
        .run();
    },

    /** Those that nobody has answered, oldest first. */
    unanswered(): readonly QuestionRow[] {
      return db
        .select()
        .from(questions)
        .where(isNull(questions.closedAt))
        .orderBy(asc(questions.askedAt))
        .all();
    },
  };
}

export type PermissionLedger = ReturnType<typeof createPermissionLedger>;
