import {
  and,
  asc,
  count,
  desc,
  eq,
  gt,
  inArray,
  isNotNull,
  isNull,
  like,
  lt,
  max,
  ne,
  not,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import { atOnce } from '../../db/at-once.ts';
import type { MessageId, SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { type MessageStatus, messages } from '../../db/schema/messages.ts';
import { tasks } from '../../db/schema/tasks.ts';

export type MessageRow = typeof messages.$inferSelect;
export type NewMessageRow = typeof messages.$inferInsert;
export type MessageChange = Partial<Omit<MessageRow, 'id' | 'place'>>;

export interface MessageFilter {
  readonly receiver?: string | undefined;
  readonly sender?: string | undefined;
  readonly statuses?: readonly MessageStatus[] | undefined;
  /** In both, beside the others: what somebody has sent or got. */
  readonly party?: string | undefined;
}

/** Not said to be read by the receiver. */
const UNREAD: MessageStatus[] = ['pending', 'delivered'];
const OVER: MessageStatus[] = ['read', 'acknowledged', 'dead'];

const MOST_UNREAD = 20;
/** How agents are named among parties. */
const SLOT = 'slot:';

/** What the team tells one another, in the order in which it was said. */
export function createMessageLedger(db: MissionDatabase) {
  const { id, place, sender, receiver, status, taskId, epoch, inboxOnly, createdAt, deliveredAt, hops } =
    messages;
  /** A task types it, or it was handed to a hook, and what became of that is not known yet. */
  const isOnItsWay = or(isNotNull(taskId), isNotNull(epoch));

  function matching({ receiver: to, sender: from, statuses, party }: MessageFilter): SQL | undefined {
    return and(
      to === undefined ? undefined : eq(receiver, to),
      from === undefined ? undefined : eq(sender, from),
      party === undefined ? undefined : or(eq(receiver, party), eq(sender, party)),
      statuses === undefined ? undefined : inArray(status, [...statuses]),
    );
  }

  return {
    /** Everything that `work` writes is written at once, or nothing of it. */
    atOnce: <Result>(work: () => Result): Result => atOnce(db, work),

    add(row: NewMessageRow): MessageRow {
      return db.insert(messages).values(row).returning().get();
    },

    update(ids: readonly MessageId[], change: MessageChange): void {
      if (ids.length === 0) return;
      db.update(messages)
        .set(change)
        .where(inArray(id, [...ids]))
        .run();
    },

    get(messageId: MessageId): MessageRow | undefined {
      return db.select().from(messages).where(eq(id, messageId)).get();
    },

    /** At most two: enough to tell a unique beginning from an ambiguous one. */
    byPrefix(prefix: string): readonly MessageRow[] {
      // Only characters of a uuid reach the pattern, so % and _ cannot widen it.
      if (!/^[0-9a-f-]{1,36}$/i.test(prefix)) return [];
      return db
        .select()
        .from(messages)
        .where(like(id, `${prefix.toLowerCase()}%`))
        .limit(2)
        .all();
    },

    /** The last ones first. */
    list(filter: MessageFilter, limit: number): readonly MessageRow[] {
      return db.select().from(messages).where(matching(filter)).orderBy(desc(place)).limit(limit).all();
    },

    count(filter: MessageFilter): number {
      return db.select({ count: count() }).from(messages).where(matching(filter)).get()?.count ?? 0;
    },

    unread(to: string): number {
      const row = db
        .select({ count: count() })
        .from(messages)
        .where(and(eq(receiver, to), inArray(status, UNREAD)))
        .get();
      return row?.count ?? 0;
    },

    /**
     * The longest chain of messages of agents that has come to a slot, or is on its way there, since it was last told
     * something by somebody else or given a task.
     */
    hopsTo(slotId: SlotId): number {
      const to = `${SLOT}${slotId}`;
      const ofAgents = like(sender, `${SLOT}%`);
      const told = db
        .select({ at: max(deliveredAt) })
        .from(messages)
        .where(and(eq(receiver, to), not(ofAgents)))
        .get();
      const given = db
        .select({ at: max(tasks.startedAt) })
        .from(tasks)
        .where(
          and(
            eq(tasks.slotId, slotId),
            or(ne(tasks.kind, 'message'), not(like(tasks.submitter, `${SLOT}%`))),
          ),
        )
        .get();
      const since = Math.max(told?.at ?? 0, given?.at ?? 0);
      const row = db
        .select({ hops: max(hops) })
        .from(messages)
        .where(and(eq(receiver, to), ofAgents, or(gt(deliveredAt, since), isOnItsWay)))
        .get();
      return row?.hops ?? 0;
    },

    /** True when a message of this chain was held back before. */
    holds(from: string, to: string, since: number): boolean {
      const row = db
        .select({ id })
        .from(messages)
        .where(and(eq(sender, from), eq(receiver, to), eq(status, 'pending'), gt(hops, since)))
        .limit(1)
        .get();
      return row !== undefined;
    },

    /** What waits to be delivered to somebody and is not on its way, in order. */
    waitingFor(to: string, limit: number): readonly MessageRow[] {
      return db
        .select()
        .from(messages)
        .where(
          and(eq(status, 'pending'), eq(receiver, to), eq(inboxOnly, false), isNull(taskId), isNull(epoch)),
        )
        .orderBy(asc(place))
        .limit(limit)
        .all();
    },

    /** Who has mail that is not delivered yet. */
    receiversWaiting(): readonly string[] {
      return db
        .selectDistinct({ receiver })
        .from(messages)
        .where(and(eq(status, 'pending'), eq(inboxOnly, false)))
        .all()
        .map((row) => row.receiver);
    },

    /** What is on its way, in order. */
    onTheWay(to?: string): readonly MessageRow[] {
      return db
        .select()
        .from(messages)
        .where(and(eq(status, 'pending'), to === undefined ? undefined : eq(receiver, to), isOnItsWay))
        .orderBy(asc(place))
        .all();
    },

    /** What a receiver has in its conversation and has not read, where more was said than it was given. */
    unreadLonger(to: string, characters: number): readonly MessageId[] {
      return db
        .select({ id })
        .from(messages)
        .where(and(eq(receiver, to), eq(status, 'delivered'), gt(sql`length(${messages.body})`, characters)))
        .orderBy(asc(place))
        .limit(MOST_UNREAD)
        .all()
        .map((row) => row.id);
    },

    /** Forgets what has come to its end, and was said before. */
    throwAway(before: number): void {
      db.delete(messages)
        .where(and(inArray(status, [...OVER, 'delivered']), lt(createdAt, before)))
        .run();
    },
  };
}

export type MessageLedger = ReturnType<typeof createMessageLedger>;
