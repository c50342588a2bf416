import { and, asc, desc, eq, gt, lte, sql } from 'drizzle-orm';
import { atOnce } from '../../db/at-once.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { conversationMessages, indexedMessages } from '../../db/schema/conversations.ts';
import { messageTrigrams, messageWords } from './message-indexes.ts';

/** Bytes of words that are indexed in one transaction, roughly: some 20 ms of work. */
const BYTES_AT_ONCE = 256 * 1024;
const MESSAGES_AT_ONCE = 4_000;
/** Pages of an index that are merged in one transaction. */
const PAGES_AT_ONCE = 64;
/** Fewer changes than that mean that nothing is left to merge (https://sqlite.org/fts5.html#the_merge_command). */
const LEAST_CHANGES = 2;

/** Calls that are made again and again are prepared once. */
function prepareStatements(db: MissionDatabase) {
  const { id, text, cjk } = conversationMessages;
  const { upTo } = indexedMessages;
  // Numbers come as floating ones, which FTS5 does not take.
  const whole = (name: string) => sql`cast(${sql.placeholder(name)} as integer)`;
  const inRange = and(gt(id, whole('from')), lte(id, whole('to')));
  return {
    mark: db.select({ upTo }).from(indexedMessages).prepare(),
    last: db.select({ id }).from(conversationMessages).orderBy(desc(id)).limit(1).prepare(),
    following: db
      .select({ id, bytes: sql<number>`octet_length(${text})` })
      .from(conversationMessages)
      .where(gt(id, whole('from')))
      .orderBy(asc(id))
      .limit(MESSAGES_AT_ONCE)
      .prepare(),
    words: db
      .insert(messageWords)
      .select(db.select({ id, text }).from(conversationMessages).where(inRange).orderBy(asc(id)))
      .prepare(),
    trigrams: db
      .insert(messageTrigrams)
      .select(
        db
          // As `cjk_messages` has it: the last letters begin a group of three, too.
          .select({ id, text: sql<string>`${text} || char(10) || char(10)`.as('text') })
          .from(conversationMessages)
          .where(and(inRange, eq(cjk, true)))
          .orderBy(asc(id)),
      )
      .prepare(),
    advance: db
      .update(indexedMessages)
      .set({ upTo: whole('to') })
      .prepare(),
  };
}

/**
 * The full-text indexes of what was said. They follow the rows: FTS5 writes a piece of its index for every transaction,
 * and pieces of few messages cost twice as much and are merged again and again. How far they have come is stored with
 * them, so that nothing is left out, or indexed twice, wherever it is broken off.
 * @param standBack called before each transaction: may wait for somebody who must not
 */
export function createMessageIndex(db: MissionDatabase, standBack: () => void = () => {}) {
  const statements = prepareStatements(db);
  const changes = (): number => db.get<{ count: number }>(sql`select total_changes() as count`).count;

  /** The last of the messages that are indexed next; null when all are. */
  function nextEnd(from: number): number | null {
    let bytes = 0;
    let last: number | null = null;
    for (const message of statements.following.all({ from })) {
      last = message.id;
      bytes += message.bytes;
      if (bytes >= BYTES_AT_ONCE) break;
    }
    return last;
  }

  return {
    /**
     * Indexes some of the messages that are not yet, in one transaction.
     * @returns false when none was left
     */
    followUp(): boolean {
      // Asked once a second while all is read: that takes no lock from anybody, and writes nothing.
      if ((statements.last.get()?.id ?? 0) <= (statements.mark.get()?.upTo ?? 0)) return false;
      standBack();
      return atOnce(db, () => {
        const from = statements.mark.get()?.upTo ?? 0;
        const to = nextEnd(from);
        if (to === null) return false;
        statements.words.run({ from, to });
        statements.trigrams.run({ from, to });
        // Without it the same messages would be indexed for ever.
        if (statements.advance.run({ to }).changes !== 1)
          throw new Error('the mark of the index is not there');
        return true;
      });
    },

    /**
     * Merges some of the pieces that the indexes are made of, in one transaction: a search looks into each of them.
     * @returns false when there are few enough
     */
    merge(): boolean {
      standBack();
      return atOnce(db, () => {
        for (const name of ['message_words', 'message_trigrams']) {
          const before = changes();
          const table = sql.identifier(name);
          db.run(
            sql`insert into ${table} (${table}, rank) values ('merge', cast(${PAGES_AT_ONCE} as integer))`,
          );
          if (changes() - before >= LEAST_CHANGES) return true;
        }
        return false;
      });
    },
  };
}

export type MessageIndex = ReturnType<typeof createMessageIndex>;
