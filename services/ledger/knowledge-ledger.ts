import {
  and,
  asc,
  count,
  desc,
  eq,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  not,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import { atOnce } from '../../db/at-once.ts';
import type { KnowledgeId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import {
  type KnowledgeOrigin,
  type KnowledgeWords,
  knowledge,
  knowledgeChanges,
} from '../../db/schema/knowledge.ts';
import { hasCjk } from '../conversations/cjk-letters.ts';

export type KnowledgeRow = typeof knowledge.$inferSelect;
export type KnowledgeChangeRow = typeof knowledgeChanges.$inferSelect;

/** Who changes something, when, and together with what. */
export interface Changing {
  readonly by: string;
  readonly at: number;
  readonly origin?: KnowledgeOrigin | undefined;
  readonly batch?: string | undefined;
}

export const wordsIn = ({
  category,
  key,
  summary,
  detail,
  source,
  confidence,
}: KnowledgeWords): KnowledgeWords => ({
  category,
  key,
  summary,
  detail,
  source,
  confidence,
});

const isCjk = ({ key, summary, detail }: KnowledgeWords): boolean =>
  hasCjk(`${key} ${summary} ${detail === null ? '' : JSON.stringify(detail)}`);

/** The category itself and what is filed below it. */
const within = (category: string): SQL | undefined =>
  or(
    eq(knowledge.category, category),
    and(gte(knowledge.category, `${category}:`), lt(knowledge.category, `${category};`)),
  );

/**
 * What the team knows, and what became of each entry. Each change is one transaction with its record.
 * @param onChange hears of each behind its transaction, also of one that was taken back: who hears it looks anew
 */
export function createKnowledgeLedger(
  db: MissionDatabase,
  onChange: (id: KnowledgeId, words: KnowledgeWords) => void = () => {},
) {
  const isKnown = isNull(knowledge.forgottenAt);

  const shownOf = (category: string | undefined, except: string): SQL | undefined => {
    const left = within(except);
    return and(
      isKnown,
      category === undefined ? undefined : within(category),
      left === undefined ? undefined : not(left),
    );
  };

  function record(
    id: KnowledgeId,
    kind: KnowledgeChangeRow['kind'],
    before: KnowledgeWords | null,
    after: KnowledgeWords | null,
    { by, at, origin, batch }: Changing,
  ): void {
    db.insert(knowledgeChanges)
      .values({
        knowledgeId: id,
        at,
        by,
        kind,
        before: before === null ? null : wordsIn(before),
        after: after === null ? null : wordsIn(after),
        origin: origin ?? null,
        batch: batch ?? null,
      })
      .run();
    const words = after ?? before;
    if (words !== null) queueMicrotask(() => onChange(id, words));
  }

  function get(id: KnowledgeId): KnowledgeRow | undefined {
    return db.select().from(knowledge).where(eq(knowledge.id, id)).get();
  }

  return {
    /** Everything that `work` writes is written at once, or nothing of it. */
    atOnce: <Result>(work: () => Result): Result => atOnce(db, work),

    get,

    /** Those that are known by this key, in whatever category. */
    byKey(key: string): readonly KnowledgeRow[] {
      return db
        .select()
        .from(knowledge)
        .where(and(eq(knowledge.key, key), isKnown))
        .orderBy(asc(knowledge.category))
        .all();
    },

    at(category: string, key: string): KnowledgeRow | undefined {
      return db
        .select()
        .from(knowledge)
        .where(and(eq(knowledge.category, category), eq(knowledge.key, key), isKnown))
        .get();
    },

    insert(id: KnowledgeId, words: KnowledgeWords, changing: Changing): KnowledgeRow {
      return atOnce(db, () => {
        const row = db
          .insert(knowledge)
          .values({
            id,
            ...wordsIn(words),
            cjk: isCjk(words),
            createdAt: changing.at,
            updatedAt: changing.at,
          })
          .returning()
          .get();
        record(id, 'created', null, words, changing);
        return row;
      });
    },

    update(before: KnowledgeRow, words: KnowledgeWords, changing: Changing): KnowledgeRow {
      return atOnce(db, () => {
        const row = db
          .update(knowledge)
          .set({ ...wordsIn(words), cjk: isCjk(words), updatedAt: changing.at })
          .where(eq(knowledge.id, before.id))
          .returning()
          .get();
        record(before.id, 'updated', before, words, changing);
        return row;
      });
    },

    forget(before: KnowledgeRow, changing: Changing): void {
      atOnce(db, () => {
        db.update(knowledge).set({ forgottenAt: changing.at }).where(eq(knowledge.id, before.id)).run();
        record(before.id, 'forgotten', before, null, changing);
      });
    },

    restore(before: KnowledgeRow, changing: Changing): KnowledgeRow {
      return atOnce(db, () => {
        const row = db
          .update(knowledge)
          .set({ forgottenAt: null, updatedAt: changing.at })
          .where(eq(knowledge.id, before.id))
          .returning()
          .get();
        record(before.id, 'restored', null, before, changing);
        return row;
      });
    },

    /** Somebody was given these to work with. */
    used(ids: readonly KnowledgeId[], at: number): void {
      db.update(knowledge)
        .set({ accessCount: sql`${knowledge.accessCount} + 1`, lastAccessedAt: at })
        .where(inArray(knowledge.id, [...ids]))
        .run();
    },

    /** In the order of categories and keys, from behind the last of the page before. */
    list(
      category: string | undefined,
      { limit, after }: { readonly limit: number; readonly after?: readonly [string, string] | undefined },
    ): readonly KnowledgeRow[] {
      return db
        .select()
        .from(knowledge)
        .where(
          and(
            isKnown,
            category === undefined ? undefined : within(category),
            after === undefined
              ? undefined
              : sql`(${knowledge.category}, ${knowledge.key}) > (${after[0]}, ${after[1]})`,
          ),
        )
        .orderBy(asc(knowledge.category), asc(knowledge.key))
        .limit(limit)
        .all();
    },

    /** One page in that order, and without one category. */
    page(
      category: string | undefined,
      { limit, offset, except }: { readonly limit: number; readonly offset: number; readonly except: string },
    ): readonly KnowledgeRow[] {
      return db
        .select()
        .from(knowledge)
        .where(shownOf(category, except))
        .orderBy(asc(knowledge.category), asc(knowledge.key))
        .limit(limit)
        .offset(offset)
        .all();
    },

    /** How many entries these pages have. */
    total(category: string | undefined, except: string): number {
      return db.select({ count: count() }).from(knowledge).where(shownOf(category, except)).get()?.count ?? 0;
    },

    byNumbers(numbers: readonly number[]): readonly KnowledgeRow[] {
      return db
        .select()
        .from(knowledge)
        .where(inArray(knowledge.number, [...numbers]))
        .all();
    },

    /** Those of these that are known, in the order of categories and keys. */
    byIds(ids: readonly string[]): readonly KnowledgeRow[] {
      return db
        .select()
        .from(knowledge)
        .where(and(inArray(sql<string>`${knowledge.id}`, [...ids]), isKnown))
        .orderBy(asc(knowledge.category), asc(knowledge.key))
        .all();
    },

    /** All that is known; for what looks at everything, in pages. */
    after(number: number, limit: number): readonly KnowledgeRow[] {
      return db
        .select()
        .from(knowledge)
        .where(and(isKnown, sql`${knowledge.number} > ${number}`))
        .orderBy(asc(knowledge.number))
        .limit(limit)
        .all();
    },

    counts(): readonly { readonly category: string; readonly count: number }[] {
      return db
        .select({ category: knowledge.category, count: count() })
        .from(knowledge)
        .where(isKnown)
        .groupBy(knowledge.category)
        .orderBy(asc(knowledge.category))
        .all();
    },

    mostUsed(limit: number): readonly KnowledgeRow[] {
      return db
        .select()
        .from(knowledge)
        .where(and(isKnown, sql`${knowledge.accessCount} > 0`))
        .orderBy(desc(knowledge.accessCount), desc(knowledge.updatedAt))
        .limit(limit)
        .all();
    },

    oldest(): KnowledgeRow | undefined {
      return db.select().from(knowledge).where(isKnown).orderBy(asc(knowledge.updatedAt)).limit(1).get();
    },

    neverUsed(): number {
      const never = and(isKnown, eq(knowledge.accessCount, 0));
      return db.select({ count: count() }).from(knowledge).where(never).get()?.count ?? 0;
    },

    changesOf(id: KnowledgeId): readonly KnowledgeChangeRow[] {
      return db
        .select()
        .from(knowledgeChanges)
        .where(eq(knowledgeChanges.knowledgeId, id))
        .orderBy(asc(knowledgeChanges.id))
        .all();
    },

    /** Latest first, so that they can be undone one after another. */
    changesOfBatch(batch: string): readonly KnowledgeChangeRow[] {
      return db
        .select()
        .from(knowledgeChanges)
        .where(eq(knowledgeChanges.batch, batch))
        .orderBy(desc(knowledgeChanges.id))
        .all();
    },

    /** The one that was forgotten last comes first. */
    forgottenByKey(key: string): readonly KnowledgeRow[] {
      return db
        .select()
        .from(knowledge)
        .where(and(eq(knowledge.key, key), isNotNull(knowledge.forgottenAt)))
        .orderBy(desc(knowledge.forgottenAt), desc(knowledge.number))
        .all();
    },

    /** Those that were changed last. */
    latest(category: string | undefined, limit: number): readonly KnowledgeRow[] {
      return db
        .select()
        .from(knowledge)
        .where(and(isKnown, category === undefined ? undefined : within(category)))
        .orderBy(desc(knowledge.updatedAt), desc(knowledge.number))
        .limit(limit)
        .all();
    },

    /** What was forgotten before a time is thrown away for good. @returns how many */
    throwAway(before: number): number {
      return atOnce(db, () => {
        const gone = db
          .delete(knowledge)
          .where(lt(knowledge.forgottenAt, before))
          .returning({ id: knowledge.id })
          .all();
        for (const { id } of gone)
          db.delete(knowledgeChanges).where(eq(knowledgeChanges.knowledgeId, id)).run();
        return gone.length;
      });
    },
  };
}

export type KnowledgeLedger = ReturnType<typeof createKnowledgeLedger>;
