import {
  and,
  asc,
  count,
  desc,
  eq,
  gte,
  inArray,
  isNotNull,
  isNull,
  like,
  lte,
  max,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import { atOnce } from '../../db/at-once.ts';
import type { BoardTaskId, SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { type BoardStatus, boardNotes, boardRuns, boardTasks } from '../../db/schema/board.ts';
import { tasks } from '../../db/schema/tasks.ts';
import { createBoardRunLedger } from './board-run-ledger.ts';

export type BoardTaskRow = typeof boardTasks.$inferSelect;
export type BoardNoteRow = typeof boardNotes.$inferSelect;

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
    and(
      eq(boardTasks.status, 'open'),
      eq(boardTasks.autoExecute, true),
      isNotNull(boardTasks.assignee),
      or(isNull(boardTasks.dueDate), lte(boardTasks.dueDate, today)),
    );
  const siblingsOf = (parentId: BoardTaskId | null): SQL =>
    parentId === null ? isNull(boardTasks.parentId) : eq(boardTasks.parentId, parentId);

  const ledger = {
    ...createBoardRunLedger(db),

    /** Everything that `work` writes is written at once, or nothing of it. */
    atOnce: <Result>(work: () => Result): Result => atOnce(db, work),

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

    /** Everything that hangs below it, at any depth. */
    below(id: BoardTaskId): readonly BoardTaskRow[] {
      return ledger.childrenOf(id).flatMap((child) => [child, ...ledger.below(child.id)]);
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
      atOnce(db, () => {
        db.delete(boardNotes).where(inArray(boardNotes.boardTaskId, gone)).run();
        db.delete(boardRuns).where(inArray(boardRuns.boardTaskId, gone)).run();
        db.delete(boardTasks).where(inArray(boardTasks.id, gone)).run();
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

    /** What the agent of a slot has claimed. */
    claimedBySlot(slotId: SlotId): readonly BoardTaskRow[] {
      return db
        .select()
        .from(boardTasks)
        .where(
          and(
            inArray(boardTasks.status, ['running', 'verifying']),
            eq(boardTasks.claimExecutorId, slotId),
            eq(boardTasks.claimExecutorType, 'pty_slot'),
          ),
        )
        .all();
    },
  };
  return ledger;
}

export type BoardLedger = ReturnType<typeof createBoardLedger>;
