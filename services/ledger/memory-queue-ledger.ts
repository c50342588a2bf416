import { and, asc, count, eq, exists, gt, inArray, isNull, like, lt, not, or, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import type { MissionDatabase } from '../../db/open.ts';
import { conversationMessages, conversationSlots, conversations } from '../../db/schema/conversations.ts';
import { memoryDone, memoryMarks } from '../../db/schema/memory.ts';
import { attempts, tasks } from '../../db/schema/tasks.ts';
import { worktrees } from '../../db/schema/worktrees.ts';
import type { BatchMessage } from '../memory/batch-text.ts';

/** What a mark says of a conversation, with what tells whether it is for the memory. */
export interface MarkedConversation {
  readonly conversationId: number;
  readonly name: string;
  readonly sessionId: string;
  readonly project: string | null;
  /** Epoch milliseconds of the last message. */
  readonly lastAt: number | null;
  readonly slotId: string | null;
  readonly latest: number;
  /** What is behind it was given to jobs already. */
  readonly mark: number;
}

export interface QueuedMessage extends BatchMessage {
  readonly at: number | null;
}

export type MarkName = 'realtime' | 'deep';

/** So many messages are looked at in one go: some 4 ms. */
const PIECE = 2_000;
const WORDS: (typeof conversationMessages.role._.data)[] = ['user', 'assistant'];

/** What was said and was given to no job yet. Writes belong into a transaction of the caller's. */
export function createMemoryQueueLedger(db: MissionDatabase) {
  const said = conversationMessages;

  const byPerson = ({ conversationId }: MarkedConversation) =>
    and(eq(said.conversationId, conversationId), sql`${said.role} = 'user'`);

  /** Its words stand in another conversation that was read before. */
  const isCopy = (() => {
    const first = alias(said, 'first');
    const same = and(eq(first.uuid, said.uuid), sql`${first.role} = 'user'`, lt(first.id, said.id));
    return exists(db.select({ one: sql`1` }).from(first).where(same));
  })();

  /**
   * Behind which message a conversation's own words begin. One that was forked, or resumed by an old version, begins with
   * all that was said in the other one, up to the person's next words.
   */
  function behindCopies(conversation: MarkedConversation): number {
    const { mark: after, latest } = conversation;
    const beginning = db
      .select({ id: said.id, isCopy: sql<number>`${isCopy}` })
      .from(said)
      .where(byPerson(conversation))
      .orderBy(asc(said.id))
      .limit(1)
      .get();
    if (beginning === undefined || beginning.isCopy === 0) return after;
    const own = db
      .select({ id: said.id })
      .from(said)
      .where(and(byPerson(conversation), not(isCopy)))
      .orderBy(asc(said.id))
      .limit(1)
      .get();
    return Math.max(after, own === undefined ? latest : own.id - 1);
  }

  const waits = (mark: MarkName, conversation: MarkedConversation, since: number) =>
    and(
      eq(said.conversationId, conversation.conversationId),
      gt(said.id, behindCopies(conversation)),
      inArray(said.role, WORDS),
      or(isNull(said.at), sql`${said.at} >= ${since}`),
      mark === 'deep'
        ? undefined
        : sql`not exists (select 1 from ${memoryDone} where ${memoryDone.messageId} = ${said.id})`,
    );

  return {
    /**
     * Takes notice of messages behind an id; what lies before `since` is not for the memory.
     * @returns the id of the last one, null when there are none
     */
    notice(after: number, since: number): number | null {
      const piece = db
        .select({ id: said.id, conversationId: said.conversationId })
        .from(said)
        .where(gt(said.id, after))
        .orderBy(asc(said.id))
        .limit(PIECE)
        .as('piece');
      const rows = db
        .select({
          conversationId: piece.conversationId,
          latest: sql<number>`max(${piece.id})`,
          lastAt: conversations.lastAt,
          parentId: conversations.parentId,
        })
        .from(piece)
        .innerJoin(conversations, eq(conversations.id, piece.conversationId))
        .groupBy(piece.conversationId)
        .all();
      for (const { conversationId, latest, lastAt, parentId } of rows) {
        if (parentId !== null) continue;
        const begin = lastAt !== null && lastAt < since ? latest : 0;
        db.insert(memoryMarks)
          .values({ conversationId, latest, realtime: begin, deep: begin })
          .onConflictDoUpdate({
            target: memoryMarks.conversationId,
            set: { latest: sql`max(${memoryMarks.latest}, excluded.latest)` },
          })
          .run();
      }
      return rows.length === 0 ? null : Math.max(...rows.map(({ latest }) => latest));
    },

    /** Whether anything was said behind an id. */
    hasMoreThan: (after: number): boolean =>
      db.select({ id: said.id }).from(said).where(gt(said.id, after)).limit(1).get() !== undefined,

    /** Conversations with messages behind a mark; those that have waited longest first. */
    behind(mark: MarkName, limit: number): readonly MarkedConversation[] {
      const column = memoryMarks[mark];
      return db
        .select({
          conversationId: memoryMarks.conversationId,
          name: conversations.name,
          sessionId: conversations.sessionId,
          project: conversations.project,
          lastAt: conversations.lastAt,
          slotId: conversationSlots.slotId,
          latest: memoryMarks.latest,
          mark: column,
        })
        .from(memoryMarks)
        .innerJoin(conversations, eq(conversations.id, memoryMarks.conversationId))
        .leftJoin(conversationSlots, eq(conversationSlots.sessionId, conversations.sessionId))
        .where(sql`${column} < ${memoryMarks.latest}`)
        .orderBy(asc(column), asc(memoryMarks.conversationId))
        .limit(limit)
        .all();
    },

    /** True of a session in which a task of a role was done. */
    workedFor(role: string, sessionId: string): boolean {
      const row = db
        .select({ taskId: attempts.taskId })
        .from(attempts)
        .innerJoin(tasks, eq(tasks.id, attempts.taskId))
        .where(and(sql`${attempts.sessionId} = ${sessionId}`, sql`${tasks.role} = ${role}`))
        .limit(1)
        .get();
      return row !== undefined;
    },

    /** The folder from which a worktree was taken, now or then; null for one that is no worktree of ours. */
    takenFrom(folder: string): string | null {
      const row = db
        .select({ cwd: worktrees.cwd })
        .from(worktrees)
        .where(eq(worktrees.folder, folder))
        .limit(1)
        .get();
      return row?.cwd ?? null;
    },

    /** True of a session that an agent has given a task: what it was told may be an agent's words. */
    toldByAgent(sessionId: string): boolean {
      const row = db
        .select({ taskId: attempts.taskId })
        .from(attempts)
        .innerJoin(tasks, eq(tasks.id, attempts.taskId))
        .where(and(sql`${attempts.sessionId} = ${sessionId}`, like(tasks.submitter, 'slot:%')))
        .limit(1)
        .get();
      return row !== undefined;
    },

    /** The words of person and agent behind a mark, in their order; for new turns without what somebody has taken care of. */
    words(
      mark: MarkName,
      conversation: MarkedConversation,
      since: number,
      limit: number,
    ): readonly QueuedMessage[] {
      const rows = db
        .select({ id: said.id, role: said.role, text: said.text, at: said.at })
        .from(said)
        .where(waits(mark, conversation, since))
        .orderBy(asc(said.id))
        .limit(limit)
        .all();
      return rows.map((row) => ({ ...row, session: conversation.name }));
    },

    /** How many they are; counted up to a limit. */
    countWords(mark: MarkName, conversation: MarkedConversation, since: number, limit: number): number {
      const some = db
        .select({ id: said.id })
        .from(said)
        .where(waits(mark, conversation, since))
        .limit(limit)
        .as('some');
      return db.select({ count: count() }).from(some).get()?.count ?? 0;
    },

    advance(mark: MarkName, conversationId: number, through: number): void {
      db.update(memoryMarks)
        .set({ [mark]: through })
        .where(eq(memoryMarks.conversationId, conversationId))
        .run();
      if (mark === 'deep') return;
      db.delete(memoryDone)
        .where(
          sql`${memoryDone.messageId} in (select ${said.id} from ${said} where ${said.conversationId} = ${conversationId} and ${said.id} <= ${through})`,
        )
        .run();
    },

    /** Messages by their ids, in their order; what was thrown away meanwhile is missing. */
    messages(ids: readonly number[]): readonly QueuedMessage[] {
      return db
        .select({ id: said.id, role: said.role, text: said.text, at: said.at, session: conversations.name })
        .from(said)
        .innerJoin(conversations, eq(conversations.id, said.conversationId))
        .where(inArray(said.id, [...ids]))
        .orderBy(asc(said.id))
        .all();
    },

    /** Of these, what no job for new turns was given. */
    unclaimed(ids: readonly number[]): readonly number[] {
      return db
        .select({ id: said.id })
        .from(said)
        .leftJoin(memoryMarks, eq(memoryMarks.conversationId, said.conversationId))
        .where(and(inArray(said.id, [...ids]), sql`${said.id} > coalesce(${memoryMarks.realtime}, 0)`))
        .all()
        .map(({ id }) => id);
    },

    /** @returns how many were not marked before */
    markDone(ids: readonly number[]): number {
      let marked = 0;
      for (const messageId of ids)
        marked += db.insert(memoryDone).values({ messageId }).onConflictDoNothing().run().changes;
      return marked;
    },
  };
}

export type MemoryQueueLedger = ReturnType<typeof createMemoryQueueLedger>;
