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

/** How many messages of agents have followed from one another. */
export interface Chain {
  readonly hops: number;
  /** When the slot was last told something by somebody else than an agent, or given a task. */
  readonly since: number;
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
     * The chain of messages of agents that a slot goes on with: of what is on its way there, else of what has come last,
     * unless it was told something by somebody else, or given a task, behind that.
     */
    chainTo(slotId: SlotId): Chain {
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
      const coming = db
        .select({ hops: max(hops) })
        .from(messages)
        .where(and(eq(receiver, to), ofAgents, eq(status, 'pending'), isOnItsWay))
        .get();
      if (coming?.hops != null) return { hops: coming.hops, since };
      // Those of one prompt have come at the same time.
      const [last] = db
        .select({ hops: max(hops) })
        .from(messages)
        .where(and(eq(receiver, to), ofAgents, gt(deliveredAt, since)))
        .groupBy(deliveredAt)
        .orderBy(desc(deliveredAt))
        .limit(1)
        .all();
      return { hops: last?.hops ?? 0, since };
    },

    /** True when the last thing that one wrote to another was held back, for more hops than these, and nothing was since. */
    wasHeld(from: string, to: string, { most, since }: { most: number; since: number }): boolean {
      const row = db
        .select({ status, hops, createdAt })
        .from(messages)
        .where(and(eq(sender, from), eq(receiver, to)))
        .orderBy(desc(place))
        .limit(1)
        .get();
      return row !== undefined && row.status === 'pending' && row.hops > most && row.createdAt > since;
    },

    /** True when something is to be brought to a receiver, or is on its way; what waits in its inbox alone is not. */
    hasMail(to: string): boolean {
      const row = db
        .select({ id })
        .from(messages)
        .where(and(eq(receiver, to), eq(status, 'pending'), eq(inboxOnly, false)))
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

    /** What waits in an inbox alone until its receiver looks, in order. */
    inInbox(to: string, limit: number): readonly MessageRow[] {
      return db
        .select()
        .from(messages)
        .where(and(eq(status, 'pending'), eq(receiver, to), eq(inboxOnly, true)))
        .orderBy(asc(place))
        .limit(limit)
        .all();
    },

    /** Slots in whose inboxes something waits until they look. */
    inboxesOfSlots(): readonly string[] {
      return db
        .selectDistinct({ receiver })
        .from(messages)
        .where(and(eq(status, 'pending'), eq(inboxOnly, true), like(receiver, `${SLOT}%`)))
        .all()
        .map((row) => row.receiver);
    },

    /** A message of the same words that waits to be brought to a receiver, or to be looked at, and is not on its way. */
    waitsAlready(said: Pick<MessageRow, 'sender' | 'receiver' | 'body'>): MessageRow | undefined {
      return db
        .select()
        .from(messages)
        .where(
          and(
            eq(status, 'pending'),
            eq(receiver, said.receiver),
            eq(sender, said.sender),
            eq(messages.body, said.body),
            isNull(taskId),
            isNull(epoch),
          ),
        )
        .limit(1)
        .get();
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
