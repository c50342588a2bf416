import { and, desc, eq, sql } from 'drizzle-orm';
import type { BoardTaskId, TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { boardRuns } from '../../db/schema/board.ts';
import { tasks } from '../../db/schema/tasks.ts';

export type BoardRunRow = typeof boardRuns.$inferSelect;
type RunKey = Pick<BoardRunRow, 'boardTaskId' | 'number'>;

/** The runs of board tasks by the autopilot. Every method is one statement. */
export function createBoardRunLedger(db: MissionDatabase) {
  return {
    beginRun(row: BoardRunRow): void {
      db.insert(boardRuns).values(row).run();
    },

    updateRun({ boardTaskId, number }: RunKey, change: Partial<BoardRunRow>): void {
      db.update(boardRuns)
        .set(change)
        .where(and(eq(boardRuns.boardTaskId, boardTaskId), eq(boardRuns.number, number)))
        .run();
    },

    dropRun({ boardTaskId, number }: RunKey): void {
      db.delete(boardRuns)
        .where(and(eq(boardRuns.boardTaskId, boardTaskId), eq(boardRuns.number, number)))
        .run();
    },

    run(id: BoardTaskId, number: number): BoardRunRow | undefined {
      return db
        .select()
        .from(boardRuns)
        .where(and(eq(boardRuns.boardTaskId, id), eq(boardRuns.number, number)))
        .get();
    },

    /** The run that has not ended. */
    activeRun(id: BoardTaskId): BoardRunRow | undefined {
      return db
        .select()
        .from(boardRuns)
        .where(and(eq(boardRuns.boardTaskId, id), sql`ended_at is null`))
        .get();
    },

    activeRuns(): readonly BoardRunRow[] {
      return db.select().from(boardRuns).where(sql`ended_at is null`).orderBy(boardRuns.startedAt).all();
    },

    runOfTask(taskId: TaskId): BoardRunRow | undefined {
      return db.select().from(boardRuns).where(eq(boardRuns.taskId, taskId)).get();
    },

    /** Runs of an assignee that have ended, latest first. */
    lastRuns(assignee: string, limit: number): readonly BoardRunRow[] {
      return db
        .select()
        .from(boardRuns)
        .where(and(eq(boardRuns.assignee, assignee), sql`ended_at is not null`))
        .orderBy(desc(boardRuns.endedAt), desc(sql`rowid`))
        .limit(limit)
        .all();
    },

    /** Tasks that go on although somebody has ended their run: the daemon was killed before it could stop them. */
    unstopped(): readonly TaskId[] {
      return db
        .select({ id: tasks.id })
        .from(boardRuns)
        .innerJoin(tasks, eq(tasks.id, boardRuns.taskId))
        .where(
          and(
            eq(boardRuns.outcome, 'cancelled'),
            sql`${tasks.status} not in ('done', 'failed', 'cancelled')`,
          ),
        )
        .all()
        .map(({ id }) => id);
    },
  };
}
