import { and, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import type { SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { conversationMessages, conversationSlots, conversations } from '../../db/schema/conversations.ts';
import { inConversation, inProject } from './conversation-conditions.ts';

/** Of more conversations than this each is not looked at by itself. */
const MOST_RANGES = 200;

/** Which messages are meant; what is left out means all. Times are epoch milliseconds, `until` is not included. */
export interface MessageFilter {
  /** The name of a conversation; subagents of a session are in it. */
  readonly sessionId?: string | undefined;
  readonly excludeSessionId?: string | undefined;
  readonly project?: string | undefined;
  readonly slotId?: SlotId | undefined;
  readonly role?: typeof conversationMessages.$inferSelect.role | undefined;
  readonly model?: string | undefined;
  readonly tool?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** Ids of messages, `before` not included. */
export interface Range {
  readonly from: number;
  readonly before: number;
}

/** What a conversation must be like. */
function conversationCondition({ sessionId, project, slotId }: MessageFilter): SQL | undefined {
  return and(
    sessionId === undefined ? undefined : inConversation(sessionId),
    project === undefined ? undefined : inProject(project),
    slotId === undefined ? undefined : eq(conversationSlots.slotId, slotId),
  );
}

/** What a message must be like, and its conversation. */
export function conditionOf(filter: MessageFilter): SQL | undefined {
  const { id, role, model, at } = conversationMessages;
  const { excludeSessionId, tool } = filter;
  return and(
    conversationCondition(filter),
    excludeSessionId === undefined ? undefined : sql`not ${inConversation(excludeSessionId)}`,
    filter.role === undefined ? undefined : eq(role, filter.role),
    filter.model === undefined
      ? undefined
      : sql`coalesce(${model}, ${conversations.model}) = ${filter.model}`,
    filter.since === undefined ? undefined : gte(at, filter.since),
    filter.until === undefined ? undefined : lt(at, filter.until),
    tool === undefined
      ? undefined
      : sql`exists (select 1 from message_parts p join message_parts c on c.tool_use_id = p.tool_use_id and c.tool = ${tool} where p.message_id = ${id})`,
  );
}

/**
 * Where the messages of the conversations meant lie, the newest first, so that those of others need not be looked at. Null when all conversations are meant, or too many.
 */
export function rangesOf(db: MissionDatabase, filter: MessageFilter): readonly Range[] | null {
  const meant = conversationCondition(filter);
  if (meant === undefined) return null;
  const end = (which: 'min' | 'max') =>
    sql.raw(
      `(select ${which}(m.id) from conversation_messages m where m.conversation_id = conversations.id)`,
    );
  const found = db
    .select({ first: sql<number | null>`${end('min')}`, last: sql<number | null>`${end('max')}` })
    .from(conversations)
    .leftJoin(conversationSlots, eq(conversationSlots.sessionId, conversations.sessionId))
    .where(meant)
    .limit(MOST_RANGES + 1)
    .all();
  if (found.length > MOST_RANGES) return null;
  const ranges = found
    .flatMap(({ first, last }) =>
      first === null || last === null ? [] : [{ from: first, before: last + 1 }],
    )
    .sort((a, b) => b.before - a.before);
  // Conversations that went on at the same time lie among each other: their ranges become one.
  const merged: Range[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last !== undefined && range.before > last.from)
      merged[merged.length - 1] = { from: Math.min(range.from, last.from), before: last.before };
    else merged.push(range);
  }
  return merged;
}
