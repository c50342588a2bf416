import { and, asc, eq, isNull } from 'drizzle-orm';
import { atOnce } from '../../db/at-once.ts';
import type { RepositoryName } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { repositories } from '../../db/schema/repositories.ts';

export type RepositoryRow = typeof repositories.$inferSelect;

/** Rows of the repositories that the team works on. Each method is one transaction. */
export function createRepositoryLedger(db: MissionDatabase) {
  const isThere = isNull(repositories.removedAt);
  return {
    /** A name that was removed before gets the new facts, and its old row is gone. */
    insert(row: Omit<RepositoryRow, 'isCurrent' | 'removedAt'>): void {
      const facts = { ...row, removedAt: null, isCurrent: false };
      db.insert(repositories)
        .values(facts)
        .onConflictDoUpdate({ target: repositories.name, set: facts })
        .run();
    },

    update(
      name: RepositoryName,
      change: Partial<Omit<RepositoryRow, 'name' | 'isCurrent' | 'removedAt'>>,
    ): void {
      db.update(repositories).set(change).where(eq(repositories.name, name)).run();
    },

    /** By its exact name; those that are removed are not found. */
    get(name: RepositoryName): RepositoryRow | undefined {
      return db
        .select()
        .from(repositories)
        .where(and(eq(repositories.name, name), isThere))
        .get();
    },

    /** The one whose working trees share a git folder. */
    byGitFolder(gitFolder: string): RepositoryRow | undefined {
      return db
        .select()
        .from(repositories)
        .where(and(eq(repositories.gitFolder, gitFolder), isThere))
        .get();
    },

    current(): RepositoryRow | undefined {
      return db
        .select()
        .from(repositories)
        .where(and(eq(repositories.isCurrent, true), isThere))
        .get();
    },

    /** By name. */
    list(): readonly RepositoryRow[] {
      return db.select().from(repositories).where(isThere).orderBy(asc(repositories.name)).all();
    },

    /** @param name null: none is meant by itself any more */
    use(name: RepositoryName | null): void {
      atOnce(db, () => {
        db.update(repositories).set({ isCurrent: false }).where(eq(repositories.isCurrent, true)).run();
        if (name !== null)
          db.update(repositories).set({ isCurrent: true }).where(eq(repositories.name, name)).run();
      });
    },

    remove(name: RepositoryName, removedAt: number): void {
      db.update(repositories).set({ removedAt, isCurrent: false }).where(eq(repositories.name, name)).run();
    },
  };
}

export type RepositoryLedger = ReturnType<typeof createRepositoryLedger>;
