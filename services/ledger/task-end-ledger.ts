import { and, asc, count, desc, eq, gt, lt, max, ne } from 'drizzle-orm';
import type { MissionDatabase } from '../../db/open.ts';
import { taskEndMarks, taskEnds } from '../../db/schema/task-ends.ts';
import { tasks } from '../../db/schema/tasks.ts';
import type { TaskRow } from './task-ledger.ts';

export interface TaskEnd {
  readonly number: number;
  readonly task: TaskRow;
}

/** Who hears of ends: a caller, by the name that it gives itself. */
export interface EndConsumer {
  readonly by: string;
  readonly name: string;
}

const isOf = ({ by, name }: EndConsumer) => and(eq(taskEndMarks.by, by), eq(taskEndMarks.name, name));

/** Which tasks have ended, in order, and how far somebody has heard of it. Every method is one statement. */
export function createTaskEndLedger(db: MissionDatabase) {
  return {
    /** Messages typed by `pty_send` are not tasks to the people who list them. */
    after(number: number, limit: number): readonly TaskEnd[] {
      return db
        .select({ number: taskEnds.number, task: tasks })
        .from(taskEnds)
        .innerJoin(tasks, eq(tasks.id, taskEnds.taskId))
        .where(and(gt(taskEnds.number, number), ne(tasks.kind, 'message')))
        .orderBy(asc(taskEnds.number))
        .limit(limit)
        .all();
    },

    last(): number {
      return (
        db
          .select({ number: max(taskEnds.number) })
          .from(taskEnds)
          .get()?.number ?? 0
      );
    },

    /** The last end before this moment, epoch milliseconds; 0 when there is none. */
    lastBefore(at: number): number {
      return (
        db
          .select({ number: taskEnds.number })
          .from(taskEnds)
          .innerJoin(tasks, eq(tasks.id, taskEnds.taskId))
          .where(lt(tasks.finishedAt, at))
          .orderBy(desc(taskEnds.number))
          .limit(1)
          .get()?.number ?? 0
      );
    },

    markOf(consumer: EndConsumer): number | undefined {
      return db.select().from(taskEndMarks).where(isOf(consumer)).get()?.number;
    },

    marksBy(by: string): number {
      const marks = db.select({ marks: count() }).from(taskEndMarks).where(eq(taskEndMarks.by, by)).get();
      return marks?.marks ?? 0;
    },

    mark({ by, name }: EndConsumer, number: number, at: number): void {
      db.insert(taskEndMarks)
        .values({ by, name, number, at })
        .onConflictDoUpdate({ target: [taskEndMarks.by, taskEndMarks.name], set: { number, at } })
        .run();
    },
  };
}

export type TaskEndLedger = ReturnType<typeof createTaskEndLedger>;
