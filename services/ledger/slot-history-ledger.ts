import { and, avg, count, desc, eq, isNotNull, type SQL, sql } from 'drizzle-orm';
import type { Role, SlotId, TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { attempts, tasks } from '../../db/schema/tasks.ts';
import type { TaskRow } from './task-ledger.ts';

export interface SlotHistoryFilter {
  readonly slotId?: SlotId | undefined;
  readonly taskType?: string | undefined;
  readonly status?: TaskRow['status'] | undefined;
}

/** A task that a slot was given. Times are epoch milliseconds. */
export interface SlotHistoryRow {
  readonly taskId: TaskId;
  readonly slotId: SlotId;
  readonly role: Role;
  readonly taskType: string;
  readonly status: TaskRow['status'];
  readonly prompt: string;
  readonly submitter: string;
  readonly attempts: number;
  readonly outputTokens: number;
  readonly error: string | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

export interface SlotHistoryStats {
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
  readonly running: number;
  /** Tokens that the tasks' sessions have written. */
  readonly totalOutput: number;
  readonly byType: readonly {
    readonly taskType: string;
    readonly count: number;
    readonly avgDurationMs: number | null;
  }[];
}

const PROMPT_CHARACTERS = 200;

/**
 * What slots have done: every task that one was given, whoever handed it in.
 * @param jobs who hands in tasks that are named by the first word of their key
 */
export function createSlotHistoryLedger(db: MissionDatabase, jobs: string) {
  const slotId = sql<SlotId>`coalesce(${tasks.slotId}, ${tasks.lastSlotId})`;
  const key = tasks.idempotencyKey;
  const taskType = sql<string>`case when ${tasks.submitter} = ${jobs} and instr(${key}, ':') > 0 then substr(${key}, 1, instr(${key}, ':') - 1) else ${tasks.kind} end`;
  const ofAttempts = (what: SQL): SQL<number> =>
    sql<number>`(select ${what} from ${attempts} where ${attempts.taskId} = ${tasks.id})`;
  const output = ofAttempts(sql`coalesce(sum(${attempts.outputTokens}), 0)`);

  const matching = (filter: SlotHistoryFilter): SQL | undefined =>
    and(
      isNotNull(slotId),
      filter.slotId === undefined ? undefined : eq(slotId, filter.slotId),
      filter.taskType === undefined ? undefined : eq(taskType, filter.taskType),
      filter.status === undefined ? undefined : eq(tasks.status, filter.status),
    );
  const having = (...statuses: TaskRow['status'][]): SQL<number> =>
    sql<number>`coalesce(sum(${tasks.status} in ${statuses}), 0)`;

  return {
    /** Newest first. */
    list(filter: SlotHistoryFilter, limit: number): readonly SlotHistoryRow[] {
      return db
        .select({
          taskId: tasks.id,
          slotId,
          role: tasks.role,
          taskType,
          status: tasks.status,
          prompt: sql<string>`substr(${tasks.prompt}, 1, ${PROMPT_CHARACTERS})`,
          submitter: tasks.submitter,
          attempts: ofAttempts(sql`count(*)`),
          outputTokens: output,
          error: tasks.error,
          createdAt: tasks.createdAt,
          startedAt: tasks.startedAt,
          finishedAt: tasks.finishedAt,
        })
        .from(tasks)
        .where(matching(filter))
        .orderBy(desc(tasks.createdAt), desc(tasks.id))
        .limit(limit)
        .all();
    },

    stats(filter: SlotHistoryFilter): SlotHistoryStats {
      const totals = db
        .select({
          total: count(),
          completed: having('done'),
          failed: having('failed'),
          running: having('delivering', 'running', 'waiting'),
          totalOutput: sql<number>`coalesce(sum(${output}), 0)`,
        })
        .from(tasks)
        .where(matching(filter))
        .all();
      const duration = avg(sql`${tasks.finishedAt} - ${tasks.startedAt}`);
      const byType = db
        .select({ taskType, count: count(), avgDurationMs: duration })
        .from(tasks)
        .where(matching(filter))
        .groupBy(taskType)
        .orderBy(desc(count()))
        .all();
      const none = { total: 0, completed: 0, failed: 0, running: 0, totalOutput: 0 };
      return {
        ...(totals[0] ?? none),
        byType: byType.map(({ avgDurationMs, ...row }) => ({
          ...row,
          avgDurationMs: avgDurationMs === null ? null : Math.round(Number(avgDurationMs)),
        })),
      };
    },
  };
}
