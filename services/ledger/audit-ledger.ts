import { and, count, desc, eq, gte, inArray, lt, max, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { ClaudeSessionId, Epoch, QuestionId, SlotId, TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { audit } from '../../db/schema/permissions.ts';
import { sessions } from '../../db/schema/slots.ts';

export type AuditRow = typeof audit.$inferSelect;
type NewAuditRow = Pick<AuditRow, 'at' | 'kind'> & Partial<Omit<AuditRow, 'id'>>;

/** Which entries are meant; what is left out means all. Times are epoch milliseconds, `until` is not included. */
export interface AuditFilter {
  readonly slotId?: SlotId | undefined;
  readonly taskId?: TaskId | undefined;
  readonly sessionId?: ClaudeSessionId | undefined;
  readonly kind?: AuditRow['kind'] | undefined;
  readonly decision?: NonNullable<AuditRow['decision']> | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

interface Counted {
  readonly name: string;
  readonly count: number;
}

export type AuditCounts = Readonly<
  Record<'decisions' | 'roles' | 'tools' | 'rules' | 'days' | 'answers' | 'answeredBy', readonly Counted[]>
>;

/** A turn asks for so many tools at once at most, as far as was seen; older verdicts have been acted upon. */
const LAST_ASKED = 10;
/** More names than that of one kind are no overview. */
const MOST_NAMES = 100;

const LOCAL_DAY = sql<string>`date(${audit.at} / 1000, 'unixepoch', 'localtime')`;

/** Who was let do what, by which rule, who answered, who changed the rules. Rows are only ever added: triggers refuse all else. */
export function createAuditLedger(db: MissionDatabase) {
  function meant({ slotId, taskId, sessionId, kind, decision, since, until }: AuditFilter): SQL | undefined {
    const runs = db.select({ epoch: sessions.epoch }).from(sessions);
    return and(
      slotId === undefined ? undefined : eq(audit.slotId, slotId),
      taskId === undefined ? undefined : eq(audit.taskId, taskId),
      sessionId === undefined
        ? undefined
        : inArray(audit.epoch, runs.where(eq(sessions.sessionId, sessionId))),
      kind === undefined ? undefined : eq(audit.kind, kind),
      decision === undefined ? undefined : eq(audit.decision, decision),
      since === undefined ? undefined : gte(audit.at, since),
      until === undefined ? undefined : lt(audit.at, until),
    );
  }

  return {
    add(row: NewAuditRow): void {
      db.insert(audit).values(row).run();
    },

    /** Newest first, those before `before` (an id). */
    trace(filter: AuditFilter, page: { readonly limit: number; readonly before?: number | undefined }) {
      const older = page.before === undefined ? undefined : lt(audit.id, page.before);
      return db
        .select()
        .from(audit)
        .where(and(meant(filter), older))
        .orderBy(desc(audit.id))
        .limit(page.limit)
        .all();
    },

    get(id: number): AuditRow | undefined {
      return db.select().from(audit).where(eq(audit.id, id)).get();
    },

    /** All that was written of one question, oldest first. */
    ofQuestion(questionId: QuestionId): readonly AuditRow[] {
      return db.select().from(audit).where(eq(audit.questionId, questionId)).orderBy(audit.id).all();
    },

    /** The last calls of a run about which somebody is to be asked, newest first. */
    lastAsked(slotId: SlotId, epoch: Epoch): readonly AuditRow[] {
      return db
        .select()
        .from(audit)
        .where(and(eq(audit.slotId, slotId), eq(audit.epoch, epoch), eq(audit.decision, 'confirm')))
        .orderBy(desc(audit.id))
        .limit(LAST_ASKED)
        .all();
    },

    /** How often what was decided, and who answered how, most first; days in their order. */
    stats(filter: AuditFilter): AuditCounts {
      const counted = (
        name: SQLiteColumn | SQL<string>,
        kind: AuditRow['kind'],
        order: SQL = desc(count()),
      ): readonly Counted[] =>
        db
          .select({ name: sql<string>`coalesce(${name}, '')`, count: count() })
          .from(audit)
          .where(and(meant(filter), eq(audit.kind, kind)))
          .groupBy(name)
          .orderBy(order)
          .limit(MOST_NAMES)
          .all();
      return {
        decisions: counted(audit.decision, 'decision'),
        roles: counted(audit.role, 'decision'),
        tools: counted(audit.tool, 'decision'),
        rules: counted(audit.rule, 'decision'),
        days: counted(LOCAL_DAY, 'decision', desc(max(audit.at))),
        answers: counted(audit.answer, 'answer'),
        answeredBy: counted(audit.by, 'answer'),
      };
    },
  };
}

export type AuditLedger = ReturnType<typeof createAuditLedger>;
