import { and, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import type { SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { conversationSlots, conversations, messageUsage } from '../../db/schema/conversations.ts';
import { inConversation } from './conversation-conditions.ts';

/** What is counted together. */
export type TokenGroup = 'session' | 'slot' | 'model' | 'day' | 'task';

/** Whose tokens; what is left out means all. Times are epoch milliseconds, `until` is not included. */
export interface TokenFilter {
  readonly sessionId?: string | undefined;
  readonly slotId?: SlotId | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

export interface CountedTokens {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  /** Written to the cache for five minutes, and for an hour. */
  readonly cacheWrite: number;
  readonly cacheWriteLong: number;
}

/** Of one group and one model: each has its price. */
export interface TokenRow extends CountedTokens {
  /** Empty for what belongs to none: no slot's session, no task, no time. */
  readonly key: string;
  readonly model: string;
  readonly answers: number;
}

/** The last line of a turn may be written a moment after its end was told. */
const STILL_OF_THE_TASK_MS = 5_000;

/** Tokens as the model reported them, each answer once, subagents included. */
export function createTokenLedger(db: MissionDatabase) {
  const { at, model, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, cacheWriteLongTokens } =
    messageUsage;

  /** The prompt that the slot was given last before it, unless its turn had ended. */
  const task = sql<string>`coalesce((select case when d.answered_at is null or ${at} <= d.answered_at + ${STILL_OF_THE_TASK_MS} then d.task_id end
    from deliveries d where d.slot_id = ${conversationSlots.slotId} and d.submitted_at <= ${at} order by d.submitted_at desc limit 1), '')`;
  const keys: Record<TokenGroup, SQL<string>> = {
    session: sql<string>`${conversations.sessionId}`,
    slot: sql<string>`coalesce(${conversationSlots.slotId}, '')`,
    model: sql<string>`${model}`,
    day: sql<string>`coalesce(date(${at} / 1000, 'unixepoch', 'localtime'), '')`,
    task,
  };

  return {
    /** @param group all together without one */
    count(filter: TokenFilter, group: TokenGroup | null): readonly TokenRow[] {
      const key = group === null ? sql<string>`''` : keys[group];
      return db
        .select({
          key,
          model,
          input: sql<number>`sum(${inputTokens})`,
          output: sql<number>`sum(${outputTokens})`,
          cacheRead: sql<number>`sum(${cacheReadTokens})`,
          cacheWrite: sql<number>`sum(${cacheWriteTokens})`,
          cacheWriteLong: sql<number>`sum(${cacheWriteLongTokens})`,
          answers: sql<number>`count(*)`,
        })
        .from(messageUsage)
        .innerJoin(conversations, eq(conversations.id, messageUsage.conversationId))
        .leftJoin(conversationSlots, eq(conversationSlots.sessionId, conversations.sessionId))
        .where(
          and(
            filter.sessionId === undefined ? undefined : inConversation(filter.sessionId),
            filter.slotId === undefined ? undefined : eq(conversationSlots.slotId, filter.slotId),
            filter.since === undefined ? undefined : gte(at, filter.since),
            filter.until === undefined ? undefined : lt(at, filter.until),
          ),
        )
        .groupBy(key, model)
        .all();
    },
  };
}

export type TokenLedger = ReturnType<typeof createTokenLedger>;
