import {
  and,
  asc,
  count,
  desc,
  eq,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  notInArray,
  or,
  sql,
} from 'drizzle-orm';
import { atOnce } from '../../db/at-once.ts';
import type { MemoryJobId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { type MemoryJobKind, memoryJobs, memoryState } from '../../db/schema/memory.ts';

export type MemoryJobRow = typeof memoryJobs.$inferSelect;
type MemoryStateRow = typeof memoryState.$inferSelect;

const OPEN: MemoryJobRow['status'][] = ['pending', 'extracting', 'storing'];
const ONLY_ROW = 1;

/** Jobs of the memory, and what it knows of itself. */
export function createMemoryJobLedger(db: MissionDatabase) {
  const { id, kind, status, notBefore, createdAt, finishedAt } = memoryJobs;
  return {
    atOnce: <Result>(work: () => Result): Result => atOnce(db, work),

    insert(row: MemoryJobRow): void {
      db.insert(memoryJobs).values(row).run();
    },

    update(jobId: MemoryJobId, change: Partial<Omit<MemoryJobRow, 'id'>>): void {
      db.update(memoryJobs).set(change).where(eq(id, jobId)).run();
    },

    get(jobId: MemoryJobId): MemoryJobRow | undefined {
      return db.select().from(memoryJobs).where(eq(id, jobId)).get();
    },

    /** At most two: enough to tell a unique beginning from an ambiguous one. */
    byPrefix(prefix: string): readonly MemoryJobRow[] {
      if (!/^[0-9a-f-]{1,36}$/i.test(prefix)) return [];
      return db
        .select()
        .from(memoryJobs)
        .where(sql`${id} like ${`${prefix.toLowerCase()}%`}`)
        .limit(2)
        .all();
    },

    /** Those that have not ended, oldest first. */
    open(): readonly MemoryJobRow[] {
      return db.select().from(memoryJobs).where(inArray(status, OPEN)).orderBy(asc(createdAt)).all();
    },

    hasOpen(what: MemoryJobKind): boolean {
      const row = db
        .select({ id })
        .from(memoryJobs)
        .where(and(inArray(status, OPEN), eq(kind, what)))
        .limit(1)
        .get();
      return row !== undefined;
    },

    /** Those that may be handed in. What would wait beyond `latest` was put off by a clock that has been set back since. */
    due(now: number, latest: number): readonly MemoryJobRow[] {
      return db
        .select()
        .from(memoryJobs)
        .where(
          and(
            eq(status, 'pending'),
            or(isNull(notBefore), lte(notBefore, now), sql`${notBefore} > ${latest}`),
          ),
        )
        .orderBy(asc(createdAt))
        .all();
    },

    /** The last ones first. */
    list(
      filter: { readonly status?: MemoryJobRow['status'] | undefined },
      limit: number,
    ): readonly MemoryJobRow[] {
      return db
        .select()
        .from(memoryJobs)
        .where(filter.status === undefined ? undefined : eq(status, filter.status))
        .orderBy(desc(createdAt), desc(id))
        .limit(limit)
        .all();
    },

    /** Some of those that ended before a moment (epoch milliseconds) go. @returns how many */
    throwAway(before: number, limit: number): number {
      const old = db
        .select({ id })
        .from(memoryJobs)
        .where(and(isNotNull(finishedAt), lt(finishedAt, before), notInArray(status, OPEN)))
        .limit(limit);
      return atOnce(db, () => db.delete(memoryJobs).where(inArray(id, old)).run().changes);
    },

    counts(): Readonly<Partial<Record<MemoryJobRow['status'], number>>> {
      const rows = db.select({ status, count: count() }).from(memoryJobs).groupBy(status).all();
      return Object.fromEntries(rows.map((row) => [row.status, row.count]));
    },

    /** Null before the memory has begun its work. */
    state(): MemoryStateRow | null {
      return db.select().from(memoryState).where(eq(memoryState.id, ONLY_ROW)).get() ?? null;
    },

    begin(state: Pick<MemoryStateRow, 'since' | 'consolidatedAt'>): void {
      db.insert(memoryState)
        .values({ id: ONLY_ROW, seenThrough: 0, ...state })
        .onConflictDoNothing()
        .run();
    },

    updateState(change: Partial<Omit<MemoryStateRow, 'id'>>): void {
      db.update(memoryState).set(change).where(eq(memoryState.id, ONLY_ROW)).run();
    },
  };
}

export type MemoryJobLedger = ReturnType<typeof createMemoryJobLedger>;
