import { and, desc, eq, inArray, isNotNull, ne } from 'drizzle-orm';
import type { TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { tasks } from '../../db/schema/tasks.ts';
import { worktrees } from '../../db/schema/worktrees.ts';

export type WorktreeRow = typeof worktrees.$inferSelect;

/** Worktrees of which it has not been said what becomes of them. */
const UNDECIDED: WorktreeRow['status'][] = ['making', 'open'];

/** Rows of the worktrees that tasks were given. Every method is one statement. */
export function createWorktreeLedger(db: MissionDatabase) {
  return {
    insert(row: typeof worktrees.$inferInsert): void {
      db.insert(worktrees).values(row).run();
    },

    update(taskId: TaskId, change: Partial<Omit<WorktreeRow, 'taskId'>>): void {
      db.update(worktrees).set(change).where(eq(worktrees.taskId, taskId)).run();
    },

    get(taskId: TaskId): WorktreeRow | undefined {
      return db.select().from(worktrees).where(eq(worktrees.taskId, taskId)).get();
    },

    /** The worktree whose working folder this is. */
    byFolder(folder: string): WorktreeRow | undefined {
      return db
        .select()
        .from(worktrees)
        .where(and(eq(worktrees.folder, folder), ne(worktrees.status, 'removed')))
        .get();
    },

    /** Those of tasks that have ended, of which it has not been said what becomes of them. */
    ended(): readonly WorktreeRow[] {
      return db
        .select({ worktree: worktrees })
        .from(worktrees)
        .innerJoin(tasks, eq(tasks.id, worktrees.taskId))
        .where(and(inArray(worktrees.status, UNDECIDED), isNotNull(tasks.finishedAt)))
        .all()
        .map(({ worktree }) => worktree);
    },

    /** Newest first. */
    list({ removed, limit }: { readonly removed: boolean; readonly limit: number }): readonly WorktreeRow[] {
      return db
        .select()
        .from(worktrees)
        .where(removed ? undefined : ne(worktrees.status, 'removed'))
        .orderBy(desc(worktrees.createdAt))
        .limit(limit)
        .all();
    },
  };
}

export type WorktreeLedger = ReturnType<typeof createWorktreeLedger>;
