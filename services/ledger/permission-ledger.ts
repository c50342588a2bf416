import { and, asc, eq, gte, isNotNull, isNull, like, ne } from 'drizzle-orm';
import { atOnce } from '../../db/at-once.ts';
import type { QuestionId, Role, SlotId, TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { questions } from '../../db/schema/permissions.ts';
import type { AuditLedger } from './audit-ledger.ts';

export type QuestionRow = typeof questions.$inferSelect;

/** Of a question that an agent asked by itself. */
export const OWN_QUESTION = 'agent';

/** Who closes questions that need no answer any more. */
export const NOBODY = 'missiond';

/** What somebody has answered to an agent. */
export interface AnswerGiven {
  readonly question: string;
  readonly answer: string;
  readonly answeredBy: string;
}

/** The questions that wait, and what became of them. The audit hears of both in the same transaction. */
export function createPermissionLedger(
  db: MissionDatabase,
  audit: Pick<AuditLedger, 'add'>,
  roleOf: (slotId: SlotId) => Role | null,
) {
  /** What the audit says of a question, asked or answered. */
  function entryOf(row: QuestionRow) {
    const { id, slotId, epoch, taskId, tool, rule, personOnly } = row;
    const argument = row.argument ?? row.question;
    return { slotId, role: roleOf(slotId), epoch, taskId, questionId: id, tool, argument, rule, personOnly };
  }

  return {
    ask(row: QuestionRow): void {
      atOnce(db, () => {
        db.insert(questions).values(row).run();
        audit.add({ ...entryOf(row), at: row.askedAt, kind: 'question' });
      });
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

    /** Once: a question that is closed stays as it was. */
    close(
      id: QuestionId,
      { answer, answeredBy, closedAt }: { answer: string; answeredBy: string; closedAt: number },
    ): void {
      atOnce(db, () => {
        const closed = db
          .update(questions)
          .set({ answer, answeredBy, closedAt })
          .where(and(eq(questions.id, id), isNull(questions.closedAt)))
          .returning()
          .get();
        if (closed !== undefined)
          audit.add({ ...entryOf(closed), at: closedAt, kind: 'answer', answer, by: answeredBy });
      });
    },

    /** What the agent of a task asked by itself since then, and was answered, oldest first. */
    answersTo(taskId: TaskId, since: number): readonly AnswerGiven[] {
      return db
        .select({ question: questions.question, answer: questions.answer, answeredBy: questions.answeredBy })
        .from(questions)
        .where(
          and(
            eq(questions.taskId, taskId),
            eq(questions.kind, OWN_QUESTION),
            gte(questions.askedAt, since),
            isNotNull(questions.answer),
            ne(questions.answeredBy, NOBODY),
          ),
        )
        .orderBy(asc(questions.askedAt))
        .all()
        .flatMap(({ question, answer, answeredBy }) =>
          answer === null || answeredBy === null ? [] : [{ question, answer, answeredBy }],
        );
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
