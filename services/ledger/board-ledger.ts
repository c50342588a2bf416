import { and, asc, count, desc, eq, gte, inArray, isNull, like, max, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import type { BoardTaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { type BoardStatus, boardNotes, boardRuns, boardTasks } from '../../db/schema/board.ts';
import { tasks } from '../../db/schema/tasks.ts';
import type { TaskRow } from './task-ledger.ts';

export type BoardTaskRow = typeof boardTasks.$inferSelect;
export type BoardNoteRow = typeof boardNotes.$inferSelect;
export type BoardRunRow = typeof boardRuns.$inferSelect;

/** As the partial index has it: with bound values SQLite would not know that it fits. */
const forAutopilot = sql`auto_execute = 1 and status = 'open' and assignee is not null`;
const inOrder = [asc(boardTasks.orderIdx), asc(boardTasks.createdAt), asc(sql`${boardTasks}.rowid`)];
const byPriority = sql`case ${boardTasks.priority} when 'high' then 0 when 'medium' then 1 else 2 end`;

/** The cards of the board, their notes, and their runs by the autopilot. */
export function createBoardLedger(db: MissionDatabase) {
  const child = alias(boardTasks, 'child');
  const unsettledChild = db
    .select({ one: sql`1` })
    .from(child)
    .where(and(eq(child.parentId, boardTasks.id), sql`${child.status} not in ('done', 'skipped')`));
  const runGoesOn = db
    .select({ one: sql`1` })
    .from(boardRuns)
    .innerJoin(tasks, eq(tasks.id, boardRuns.taskId))
    .where(
      and(
        eq(boardRuns.boardTaskId, boardTasks.id),
        sql`${tasks.status} not in ('done', 'failed', 'cancelled')`,
      ),
    );
  const isDue = (today: string): SQL | undefined =>
    and(forAutopilot, sql`(${boardTasks.dueDate} is null or ${boardTasks.dueDate} <= ${today})`);
  const siblingsOf = (parentId: BoardTaskId | null): SQL =>
    parentId === null ? isNull(boardTasks.parentId) : eq(boardTasks.parentId, parentId);

  return {
    /** Everything that `work` writes is written at once, or nothing of it. */
    atOnce: <Result>(work: () => Result): Result => db.transaction(work),

    insert(row: BoardTaskRow): void {
      db.insert(boardTasks).values(row).run();
    },

    update(id: BoardTaskId, change: Partial<Omit<BoardTaskRow, 'id'>>): void {
      db.update(boardTasks).set(change).where(eq(boardTasks.id, id)).run();
    },

    get(id: BoardTaskId): BoardTaskRow | undefined {
      return db.select().from(boardTasks).where(eq(boardTasks.id, id)).get();
    },

    /** At most two rows: enough to tell a unique prefix from an ambiguous one. */
    byPrefix(prefix: string): readonly BoardTaskRow[] {
      // Only characters of a uuid reach the pattern, so % and _ cannot widen it.
      if (!/^[0-9a-f-]{1,36}$/i.test(prefix)) return [];
      return db
        .select()
        .from(boardTasks)
        .where(like(boardTasks.id, `${prefix.toLowerCase()}%`))
        .limit(2)
        .all();
    },

    /** Siblings in their order. */
    all(): readonly BoardTaskRow[] {
      return db
        .select()
        .from(boardTasks)
        .orderBy(...inOrder)
        .all();
    },

    childrenOf(parentId: BoardTaskId | null): readonly BoardTaskRow[] {
      return db
        .select()
        .from(boardTasks)
        .where(siblingsOf(parentId))
        .orderBy(...inOrder)
        .all();
    },

    /** The place behind the last sibling. */
    nextPlace(parentId: BoardTaskId | null): number {
      const last = db
        .select({ place: max(boardTasks.orderIdx) })
        .from(boardTasks)
        .where(siblingsOf(parentId))
        .get();
      return (last?.place ?? -1) + 1;
    },

    /** With their notes and runs. */
    remove(ids: readonly BoardTaskId[]): void {
      const gone = [...ids];
      db.transaction((write) => {
        write.delete(boardNotes).where(inArray(boardNotes.boardTaskId, gone)).run();
        write.delete(boardRuns).where(inArray(boardRuns.boardTaskId, gone)).run();
        write.delete(boardTasks).where(inArray(boardTasks.id, gone)).run();
      });
    },

    /** How many have each status; of those that have ended only what ended since. */
    counts(since: number): ReadonlyMap<BoardStatus, number> {
      const ended = sql`${boardTasks.status} in ('done', 'failed', 'skipped')`;
      const rows = db
        .select({ status: boardTasks.status, size: count() })
        .from(boardTasks)
        .where(sql`not ${ended} or ${gte(boardTasks.finishedAt, since)}`)
        .groupBy(boardTasks.status)
        .all();
      return new Map(rows.map(({ status, size }) => [status, size]));
    },

    addNote(note: Omit<BoardNoteRow, 'id'>): BoardNoteRow {
      return db.insert(boardNotes).values(note).returning().get();
    },

    /** The last ones, oldest first. */
    notesOf(id: BoardTaskId, limit: number): readonly BoardNoteRow[] {
      return db
        .select()
        .from(boardNotes)
        .where(eq(boardNotes.boardTaskId, id))
        .orderBy(desc(boardNotes.id))
        .limit(limit)
        .all()
        .reverse();
    },

    noteCount(id: BoardTaskId): number {
      const found = db.select({ size: count() }).from(boardNotes).where(eq(boardNotes.boardTaskId, id)).get();
      return found?.size ?? 0;
    },

    /** Who has something for the autopilot that is due on a day (`2026-11-21`). */
    assigneesDue(today: string): readonly string[] {
      return db
        .selectDistinct({ assignee: boardTasks.assignee })
        .from(boardTasks)
        .where(isDue(today))
        .all()
        .flatMap(({ assignee }) => assignee ?? []);
    },

    /**
     * What the autopilot would begin next for an assignee: most urgent first, then by their order on the board. No child
     * of it is unfinished, and no earlier run still goes on.
     */
    due(assignee: string, today: string, limit: number): readonly BoardTaskRow[] {
      return db
        .select()
        .from(boardTasks)
        .where(
          and(
            eq(boardTasks.assignee, assignee),
            isDue(today),
            sql`not exists ${unsettledChild}`,
            sql`not exists ${runGoesOn}`,
          ),
        )
        .orderBy(byPriority, ...inOrder)
        .limit(limit)
        .all();
    },

    beginRun(row: BoardRunRow): void {
      db.insert(boardRuns).values(row).run();
    },

    updateRun(
      { boardTaskId, number }: Pick<BoardRunRow, 'boardTaskId' | 'number'>,
      change: Partial<BoardRunRow>,
    ): void {
      db.update(boardRuns)
        .set(change)
        .where(and(eq(boardRuns.boardTaskId, boardTaskId), eq(boardRuns.number, number)))
        .run();
    },

    dropRun({ boardTaskId, number }: Pick<BoardRunRow, 'boardTaskId' | 'number'>): void {
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

    runOfTask(taskId: TaskRow['id']): BoardRunRow | undefined {
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
    unstopped(): readonly TaskRow['id'][] {
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

export type BoardLedger = ReturnType<typeof createBoardLedger>;
