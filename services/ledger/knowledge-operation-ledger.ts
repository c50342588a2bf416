import { and, asc, count, eq, lt, ne } from 'drizzle-orm';
import type { MissionDatabase } from '../../db/open.ts';
import { type KnowledgeWords, knowledgeOperations } from '../../db/schema/knowledge.ts';

export type KnowledgeOperationRow = typeof knowledgeOperations.$inferSelect;
type Status = KnowledgeOperationRow['status'];

/** What is proposed to be done with what is known. */
export function createKnowledgeOperationLedger(db: MissionDatabase) {
  const { id, planId, status, createdAt } = knowledgeOperations;
  return {
    add(
      operation: Pick<
        KnowledgeOperationRow,
        'planId' | 'operation' | 'targetKeys' | 'newEntry' | 'rationale' | 'by' | 'createdAt'
      >,
    ): number {
      return db
        .insert(knowledgeOperations)
        .values({ ...operation, status: 'pending' })
        .returning({ id })
        .get().id;
    },

    /** The one that was proposed with these very words before. */
    withWords(plan: string, words: KnowledgeWords): KnowledgeOperationRow | undefined {
      return db
        .select()
        .from(knowledgeOperations)
        .where(and(eq(planId, plan), eq(knowledgeOperations.newEntry, words)))
        .limit(1)
        .get();
    },

    get(operationId: number): KnowledgeOperationRow | undefined {
      return db.select().from(knowledgeOperations).where(eq(id, operationId)).get();
    },

    list(
      filter: { readonly planId?: string | undefined; readonly status?: Status | undefined },
      limit: number,
    ): readonly KnowledgeOperationRow[] {
      return db
        .select()
        .from(knowledgeOperations)
        .where(
          and(
            filter.planId === undefined ? undefined : eq(planId, filter.planId),
            filter.status === undefined ? undefined : eq(status, filter.status),
          ),
        )
        .orderBy(asc(id))
        .limit(limit)
        .all();
    },

    counts(plan: string | undefined): Readonly<Partial<Record<Status, number>>> {
      const rows = db
        .select({ status, count: count() })
        .from(knowledgeOperations)
        .where(plan === undefined ? undefined : eq(planId, plan))
        .groupBy(status)
        .all();
      return Object.fromEntries(rows.map((row) => [row.status, row.count]));
    },

    /** What somebody has proposed, and nobody has decided. */
    pendingBy(who: string): readonly number[] {
      return db
        .select({ id })
        .from(knowledgeOperations)
        .where(and(eq(status, 'pending'), eq(knowledgeOperations.by, who)))
        .all()
        .map((row) => row.id);
    },

    update(
      operationId: number,
      change: Partial<Pick<KnowledgeOperationRow, 'status' | 'executedAt' | 'result' | 'error' | 'taskId'>>,
    ): void {
      db.update(knowledgeOperations).set(change).where(eq(id, operationId)).run();
    },

    /** What nobody has executed for so long speaks of entries that have changed since; proposals wait for a person. */
    expire(before: number, except: string): number {
      return db
        .update(knowledgeOperations)
        .set({ status: 'expired' })
        .where(and(eq(status, 'pending'), lt(createdAt, before), ne(planId, except)))
        .run().changes;
    },
  };
}

export type KnowledgeOperationLedger = ReturnType<typeof createKnowledgeOperationLedger>;
