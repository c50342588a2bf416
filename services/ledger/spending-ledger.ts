import { and, eq, sql } from 'drizzle-orm';
import type { ClaudeSessionId, Epoch, Role, SlotId, TaskId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { governorMarks, sessionCosts, spending, usageMarks, usageWindows } from '../../db/schema/spending.ts';
import { NOTHING_COUNTED, RecentUsage, type Tokens, type UsageMark } from '../claude/transcript-usage.ts';

/** What was spent: money as Claude Code reckons it, and tokens. */
export interface Spent {
  readonly usd: number;
  readonly tokens: Tokens;
}

/** Who spent it, and on which day (`2026-11-21`, local). */
export interface Spender {
  readonly day: string;
  readonly slotId: SlotId;
  readonly role: Role;
  readonly taskId: TaskId | null;
}

/** What a conversation has cost in all, by one of its runs. */
export interface SessionTotal {
  readonly totalUsd: number;
  readonly epoch: Epoch | null;
}

export type UsageWindow = typeof usageWindows.$inferSelect;

/** Whose spending is asked for; what is left out does not matter. */
export interface SpentBy {
  readonly day?: string;
  readonly slotId?: SlotId;
  readonly role?: Role;
  readonly taskId?: TaskId;
}

/** Rows of what was spent, and of how far it has been counted. Every method is one statement. */
export function createSpendingLedger(db: MissionDatabase) {
  const total = (
    column:
      | typeof spending.inputTokens
      | typeof spending.outputTokens
      | typeof spending.cacheReadTokens
      | typeof spending.cacheWriteTokens
      | typeof spending.costUsd,
  ) => sql<number>`coalesce(sum(${column}), 0)`;

  return {
    add({ day, slotId, role, taskId }: Spender, { usd, tokens }: Spent): void {
      db.insert(spending)
        .values({
          day,
          slotId,
          role,
          taskId: taskId ?? '',
          inputTokens: tokens.input,
          outputTokens: tokens.output,
          cacheReadTokens: tokens.cacheRead,
          cacheWriteTokens: tokens.cacheWrite,
          costUsd: usd,
        })
        .onConflictDoUpdate({
          target: [spending.day, spending.slotId, spending.taskId],
          set: {
            inputTokens: sql`${spending.inputTokens} + ${tokens.input}`,
            outputTokens: sql`${spending.outputTokens} + ${tokens.output}`,
            cacheReadTokens: sql`${spending.cacheReadTokens} + ${tokens.cacheRead}`,
            cacheWriteTokens: sql`${spending.cacheWriteTokens} + ${tokens.cacheWrite}`,
            costUsd: sql`${spending.costUsd} + ${usd}`,
          },
        })
        .run();
    },

    spent({ day, slotId, role, taskId }: SpentBy): Spent {
      const row = db
        .select({
          usd: total(spending.costUsd),
          input: total(spending.inputTokens),
          output: total(spending.outputTokens),
          cacheRead: total(spending.cacheReadTokens),
          cacheWrite: total(spending.cacheWriteTokens),
        })
        .from(spending)
        .where(
          and(
            day === undefined ? undefined : eq(spending.day, day),
            slotId === undefined ? undefined : eq(spending.slotId, slotId),
            role === undefined ? undefined : eq(spending.role, role),
            taskId === undefined ? undefined : eq(spending.taskId, taskId),
          ),
        )
        .get();
      const { usd = 0, input = 0, output = 0, cacheRead = 0, cacheWrite = 0 } = row ?? {};
      return { usd, tokens: { input, output, cacheRead, cacheWrite } };
    },

    mark(path: string): UsageMark {
      const row = db.select().from(usageMarks).where(eq(usageMarks.path, path)).get();
      if (row === undefined) return NOTHING_COUNTED;
      return { offset: row.offset, recent: RecentUsage.catch({}).parse(row.recent) };
    },

    setMark(path: string, { offset, recent }: UsageMark): void {
      db.insert(usageMarks)
        .values({ path, offset, recent })
        .onConflictDoUpdate({ target: usageMarks.path, set: { offset, recent } })
        .run();
    },

    /** The last total that Claude Code named for a conversation, in dollars, and the run that named it. */
    totalOf(sessionId: ClaudeSessionId): SessionTotal {
      const row = db.select().from(sessionCosts).where(eq(sessionCosts.sessionId, sessionId)).get();
      return { totalUsd: row?.totalUsd ?? 0, epoch: row?.epoch ?? null };
    },

    setTotal(sessionId: ClaudeSessionId, total: SessionTotal): void {
      db.insert(sessionCosts)
        .values({ sessionId, ...total })
        .onConflictDoUpdate({ target: sessionCosts.sessionId, set: total })
        .run();
    },

    windows(): readonly UsageWindow[] {
      return db.select().from(usageWindows).all();
    },

    setWindow(row: UsageWindow): void {
      db.insert(usageWindows)
        .values(row)
        .onConflictDoUpdate({ target: [usageWindows.account, usageWindows.name], set: row })
        .run();
    },

    /** Until when a mark counts, epoch milliseconds; 0 when there is none. */
    markedUntil(key: string): number {
      return db.select().from(governorMarks).where(eq(governorMarks.key, key)).get()?.until ?? 0;
    },

    setGovernorMark(key: string, until: number): void {
      db.insert(governorMarks)
        .values({ key, until })
        .onConflictDoUpdate({ target: governorMarks.key, set: { until } })
        .run();
    },
  };
}

export type SpendingLedger = ReturnType<typeof createSpendingLedger>;
