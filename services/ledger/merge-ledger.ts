import { and, asc, desc, eq, inArray } from 'drizzle-orm';
import type { RepositoryName } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { merges, reviews } from '../../db/schema/merging.ts';

export type MergeRow = typeof merges.$inferSelect;
export type ReviewRow = typeof reviews.$inferSelect;

const OPEN: MergeRow['status'][] = ['queued', 'checking', 'landing'];

/** Rows of merges and reviews. Every method is one statement. */
export function createMergeLedger(db: MissionDatabase) {
  return {
    insert(row: typeof merges.$inferInsert): MergeRow {
      return db.insert(merges).values(row).returning().get();
    },

    update(id: number, change: Partial<Omit<MergeRow, 'id'>>): void {
      db.update(merges).set(change).where(eq(merges.id, id)).run();
    },

    get(id: number): MergeRow | undefined {
      return db.select().from(merges).where(eq(merges.id, id)).get();
    },

    /** Those that have not ended, in their order. */
    open(): readonly MergeRow[] {
      return db.select().from(merges).where(inArray(merges.status, OPEN)).orderBy(asc(merges.id)).all();
    },

    /** What agents have asked for, oldest first. */
    requested(repository: RepositoryName): readonly MergeRow[] {
      return db
        .select()
        .from(merges)
        .where(and(eq(merges.status, 'requested'), eq(merges.repository, repository)))
        .orderBy(asc(merges.id))
        .all();
    },

    /** Newest first. */
    list(repository: RepositoryName | null, limit: number): readonly MergeRow[] {
      return db
        .select()
        .from(merges)
        .where(repository === null ? undefined : eq(merges.repository, repository))
        .orderBy(desc(merges.id))
        .limit(limit)
        .all();
    },

    addReview(row: typeof reviews.$inferInsert): ReviewRow {
      return db.insert(reviews).values(row).returning().get();
    },

    /** What was said of a commit, oldest first. */
    reviewsOf(repository: RepositoryName, commit: string): readonly ReviewRow[] {
      return db
        .select()
        .from(reviews)
        .where(and(eq(reviews.repository, repository), eq(reviews.commit, commit)))
        .orderBy(asc(reviews.id))
        .all();
    },
  };
}

export type MergeLedger = ReturnType<typeof createMergeLedger>;
