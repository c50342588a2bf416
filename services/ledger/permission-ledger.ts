import { and, asc, desc, eq, isNull, like } from 'drizzle-orm';
import type { Epoch, QuestionId, SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { decisions, questions } from '../../db/schema/permissions.ts';

export type DecisionRow = Omit<typeof decisions.$inferSelect, 'id'>;
export type QuestionRow = typeof questions.$inferSelect;

/** A turn asks for so many tools at once at most, as far as was seen; older verdicts have been acted upon. */
const LAST_ASKED = 10;

/** Append-only record of judged tool calls, and the questions that waited. */
export function createPermissionLedger(db: MissionDatabase) {
  return {
    addDecision(row: DecisionRow): void {
      db.insert(decisions).values(row).run();
    },

    ask(row: QuestionRow): void {
      db.insert(questions).values(row).run();
    },

    /** The last calls of a run about which somebody is to be asked, newest first. */
    lastAsked(slotId: SlotId, epoch: Epoch): readonly DecisionRow[] {
      return db
        .select()
        .from(decisions)
        .where(
          and(eq(decisions.slotId, slotId), eq(decisions.epoch, epoch), eq(decisions.decision, 'confirm')),
        )
        .orderBy(desc(decisions.id))
        .limit(LAST_ASKED)
        .all();
    },

    update(id: QuestionId, change: Partial<QuestionRow>): void {
      db.update(questions).set(change).where(eq(questions.id, id)).run();
    },

    /** Questions whose id begins so, open or not; two at most. */
    find(prefix: string): readonly QuestionRow[] {
      return db
        .select()
        .from(questions)
        .where(like(questions.id, `${prefix}%`))
        .limit(2)
        .all();
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
