import { and, asc, desc, eq, isNull } from 'drizzle-orm';
import type { TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { attempts } from '../../db/schema/tasks.ts';
import type { Spent } from './spending-ledger.ts';

export type AttemptRow = typeof attempts.$inferSelect;

/** What is known of an attempt once it has ended. */
export interface AttemptEnd extends Pick<AttemptRow, 'outcome' | 'errorCode' | 'error'> {
  readonly endedAt: number;
}

/** Rows of the runs of tasks in slots; of one task at most one is open. */
export function createAttemptLedger(db: MissionDatabase) {
  /** The latest attempt, open or ended. */
  function last(taskId: TaskId): AttemptRow | undefined {
    return db
      .select()
      .from(attempts)
      .where(eq(attempts.taskId, taskId))
      .orderBy(desc(attempts.number))
      .limit(1)
      .get();
  }

  return {
    begin(row: AttemptRow): void {
      db.insert(attempts).values(row).onConflictDoNothing().run();
    },

    /** Ends an open attempt. One that has ended stays as it ended. */
    end(taskId: TaskId, number: number, how: AttemptEnd): void {
      db.update(attempts)
        .set(how)
        .where(and(eq(attempts.taskId, taskId), eq(attempts.number, number), isNull(attempts.endedAt)))
        .run();
    },

    /** Takes back an attempt whose words never reached a session. */
    dropOpen(taskId: TaskId): void {
      db.delete(attempts)
        .where(and(eq(attempts.taskId, taskId), isNull(attempts.endedAt)))
        .run();
    },

    last,

    /** Adds to what the latest attempt has spent: the last of it is counted after its end. */
    addSpent(taskId: TaskId, { usd, tokens }: Spent): void {
      const latest = last(taskId);
      if (latest === undefined) return;
      db.update(attempts)
        .set({
          inputTokens: (latest.inputTokens ?? 0) + tokens.input,
          outputTokens: (latest.outputTokens ?? 0) + tokens.output,
          cacheTokens: (latest.cacheTokens ?? 0) + tokens.cacheRead + tokens.cacheWrite,
          costUsd: (latest.costUsd ?? 0) + usd,
        })
        .where(and(eq(attempts.taskId, taskId), eq(attempts.number, latest.number)))
        .run();
    },

    /** Oldest first. */
    of(taskId: TaskId): readonly AttemptRow[] {
      return db
        .select()
        .from(attempts)
        .where(eq(attempts.taskId, taskId))
        .orderBy(asc(attempts.number))
        .all();
    },
  };
}

export type AttemptLedger = ReturnType<typeof createAttemptLedger>;
