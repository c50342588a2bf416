import { and, asc, desc, eq, gte, isNotNull, isNull, like, ne, or, type SQL } from 'drizzle-orm';
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

/** What has become of a question. `withdrawn`: nobody needs an answer any more. */
export type QuestionStatus = 'pending' | 'answered' | 'dismissed' | 'expired' | 'withdrawn';

export function statusOfQuestion({
  closedAt,
  outcome,
  answeredBy,
}: Pick<QuestionRow, 'closedAt' | 'outcome' | 'answeredBy'>): QuestionStatus {
  if (closedAt === null) return 'pending';
  return outcome ?? (answeredBy === NOBODY ? 'withdrawn' : 'answered');
}

function hasStatus(status: QuestionStatus): SQL | undefined {
  const over = isNotNull(questions.closedAt);
  const untold = and(over, isNull(questions.outcome));
  switch (status) {
    case 'pending':
      return isNull(questions.closedAt);
    case 'answered':
      return or(eq(questions.outcome, status), and(untold, ne(questions.answeredBy, NOBODY)));
    case 'withdrawn':
      return and(untold, eq(questions.answeredBy, NOBODY));
    default:
      return eq(questions.outcome, status);
  }
}

/** What somebody has answered to an agent, or that nobody will. */
export interface AnswerGiven {
  readonly id: QuestionId;
  readonly outcome: QuestionRow['outcome'];
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
      {
        outcome,
        answer,
        answeredBy,
        closedAt,
      }: Pick<QuestionRow, 'outcome'> & { answer: string; answeredBy: string; closedAt: number },
    ): void {
      atOnce(db, () => {
        const closed = db
          .update(questions)
          .set({ outcome, answer, answeredBy, closedAt })
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
        .select({
          id: questions.id,
          outcome: questions.outcome,
          question: questions.question,
          answer: questions.answer,
          answeredBy: questions.answeredBy,
        })
        .from(questions)
        .where(
          and(
            eq(questions.taskId, taskId),
            eq(questions.kind, OWN_QUESTION),
            gte(questions.askedAt, since),
            isNotNull(questions.answer),
            // What it need not wait for any longer, it has to hear.
            or(ne(questions.answeredBy, NOBODY), eq(questions.outcome, 'expired')),
          ),
        )
        .orderBy(asc(questions.askedAt))
        .all()
        .flatMap(({ answer, answeredBy, ...given }) =>
          answer === null || answeredBy === null ? [] : [{ ...given, answer, answeredBy }],
        );
    },

    /** Those of which that has become, newest first. */
    withStatus(
      status: QuestionStatus,
      { slotId, limit }: { readonly slotId: SlotId | undefined; readonly limit: number },
    ): readonly QuestionRow[] {
      return db
        .select()
        .from(questions)
        .where(and(hasStatus(status), slotId === undefined ? undefined : eq(questions.slotId, slotId)))
        .orderBy(desc(questions.askedAt))
        .limit(limit)
        .all();
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
