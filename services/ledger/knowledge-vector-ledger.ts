import {
  and,
  asc,
  count,
  eq,
  gt,
  gte,
  inArray,
  isNotNull,
  lt,
  lte,
  max,
  min,
  ne,
  or,
  sql,
} from 'drizzle-orm';
import { atOnce } from '../../db/at-once.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { knowledge, knowledgeToEmbed, knowledgeVectors } from '../../db/schema/knowledge.ts';
import { floatBytes, signBits } from '../knowledge/vector-bytes.ts';
import type { KnowledgeRow } from './knowledge-ledger.ts';
import { createKnowledgeRows } from './knowledge-rows.ts';

export interface EmbeddedEntry {
  readonly row: KnowledgeRow;
  readonly vector: Float32Array;
}

/** An entry that waits, and how often it was refused. */
export interface WaitingEntry {
  readonly row: KnowledgeRow;
  readonly refusals: number;
}

interface Refusal {
  readonly model: string;
  /** What the backend said. */
  readonly because: string;
  /** Epoch milliseconds, at most `LONGEST_REFUSAL_PAUSE_MS` ahead. */
  readonly notBefore: number;
}

export interface GivenUp {
  readonly category: string;
  readonly key: string;
  readonly because: string;
}

/** What is refused so often is tried no more: until its words or the model change, or somebody asks for it. */
const GIVEN_UP_AFTER = 4;
export const LONGEST_REFUSAL_PAUSE_MS = 2 * 60 * 60_000;
const NEVER_REFUSED = { attempts: 0, notBefore: 0, refusedBy: null, because: null };

const saysTheSame = (a: KnowledgeRow, b: KnowledgeRow): boolean =>
  a.category === b.category &&
  a.key === b.key &&
  a.summary === b.summary &&
  JSON.stringify(a.detail) === JSON.stringify(b.detail);

/** Which entries have a vector, and which wait for one. */
export function createKnowledgeVectorLedger(db: MissionDatabase) {
  const entries = createKnowledgeRows(db);

  const drop = (numbers: readonly number[]): void =>
    void db
      .delete(knowledgeToEmbed)
      .where(inArray(knowledgeToEmbed.number, [...numbers]))
      .run();

  return {
    /**
     * Entries that may be tried now, those that were never refused first.
     * @param now epoch milliseconds
     */
    next(limit: number, now: number): readonly WaitingEntry[] {
      const waiting = db
        .select()
        .from(knowledgeToEmbed)
        .where(
          and(
            lt(knowledgeToEmbed.attempts, GIVEN_UP_AFTER),
            // A clock that was ahead keeps nothing waiting for good.
            or(
              lte(knowledgeToEmbed.notBefore, now),
              gt(knowledgeToEmbed.notBefore, now + LONGEST_REFUSAL_PAUSE_MS),
            ),
          ),
        )
        .orderBy(asc(knowledgeToEmbed.attempts), asc(knowledgeToEmbed.number))
        .limit(limit)
        .all();
      const refusalsOf = new Map(waiting.map(({ number, attempts }) => [number, attempts]));
      return entries(waiting.map(({ number }) => number)).map((row) => ({
        row,
        refusals: refusalsOf.get(row.number) ?? 0,
      }));
    },

    /**
     * Keeps vectors of entries that still say what was embedded; the others wait on. In one transaction, which holds
     * whoever calls for some tenths of a millisecond for each.
     */
    store(embedded: readonly EmbeddedEntry[], space: string): void {
      atOnce(db, () => {
        const numbers = embedded.map(({ row }) => row.number);
        const now = new Map(entries(numbers).map((row) => [row.number, row]));
        const still = embedded.filter(({ row }) => {
          const known = now.get(row.number);
          return known !== undefined && saysTheSame(known, row);
        });
        for (const { row, vector } of still) {
          const values = {
            space,
            updatedAt: row.updatedAt,
            bits: signBits(vector),
            vector: floatBytes(vector),
          };
          db.insert(knowledgeVectors)
            .values({ number: row.number, ...values })
            .onConflictDoUpdate({ target: knowledgeVectors.number, set: values })
            .run();
        }
        drop(still.map(({ row }) => row.number));
      });
    },

    /** They will have none: nobody elsewhere is shown them. They wait again when they are changed. */
    leaveOut: (numbers: readonly number[]): void => atOnce(db, () => drop(numbers)),

    /** It was refused alone, and the others come before it; after so many times it is tried no more. */
    refused(number: number, { model, because, notBefore }: Refusal): void {
      atOnce(db, () =>
        db
          .update(knowledgeToEmbed)
          .set({ attempts: sql`${knowledgeToEmbed.attempts} + 1`, refusedBy: model, because, notBefore })
          .where(eq(knowledgeToEmbed.number, number))
          .run(),
      );
    },

    /** Some of those that were refused are tried anew: by another model than that one, or by any. @returns how many */
    tryAnew(limit: number, notBy?: string): number {
      const some = db
        .select({ number: knowledgeToEmbed.number })
        .from(knowledgeToEmbed)
        .where(
          notBy === undefined
            ? isNotNull(knowledgeToEmbed.refusedBy)
            : and(isNotNull(knowledgeToEmbed.refusedBy), ne(knowledgeToEmbed.refusedBy, notBy)),
        )
        .limit(limit);
      // Looked at again and again: while there are none that takes no lock from anybody.
      if (some.all().length === 0) return 0;
      return atOnce(
        db,
        () =>
          db.update(knowledgeToEmbed).set(NEVER_REFUSED).where(inArray(knowledgeToEmbed.number, some)).run()
            .changes,
      );
    },

    /** Those that are tried no more, and why. */
    givenUp(limit: number): readonly GivenUp[] {
      return db
        .select({ category: knowledge.category, key: knowledge.key, because: knowledgeToEmbed.because })
        .from(knowledgeToEmbed)
        .innerJoin(knowledge, eq(knowledge.number, knowledgeToEmbed.number))
        .where(gte(knowledgeToEmbed.attempts, GIVEN_UP_AFTER))
        .orderBy(asc(knowledgeToEmbed.number))
        .limit(limit)
        .all()
        .map(({ category, key, because }) => ({ category, key, because: because ?? '' }));
    },

    /** The spaces that there are vectors of; of more than two, two of them. */
    spaces(): readonly string[] {
      const first = db
        .select({ space: min(knowledgeVectors.space) })
        .from(knowledgeVectors)
        .get()?.space;
      const last = db
        .select({ space: max(knowledgeVectors.space) })
        .from(knowledgeVectors)
        .get()?.space;
      return [...new Set([first ?? null, last ?? null].filter((space) => space !== null))];
    },

    /** Some vectors of a space that is used no more go, and their entries wait anew. @returns how many it were */
    retire(space: string, limit: number): number {
      return atOnce(db, () => {
        const numbers = db
          .select({ number: knowledgeVectors.number })
          .from(knowledgeVectors)
          .where(eq(knowledgeVectors.space, space))
          .limit(limit)
          .all()
          .map(({ number }) => number);
        if (numbers.length === 0) return 0;
        db.delete(knowledgeVectors).where(inArray(knowledgeVectors.number, numbers)).run();
        db.insert(knowledgeToEmbed)
          .values(numbers.map((number) => ({ number })))
          .onConflictDoNothing()
          .run();
        return numbers.length;
      });
    },

    /**
     * Brings what was written into the file: a commit does it by itself only behind thousands of pages, which then holds
     * the loop for long (measured on a busy machine: 46 ms for 1,900 pages, some 20 for those of 128 vectors).
     */
    intoFile(): void {
      db.get(sql`pragma wal_checkpoint(passive)`);
    },

    counts(): { readonly waiting: number; readonly embedded: number; readonly refused: number } {
      const [all] = db.select({ count: count() }).from(knowledgeToEmbed).all();
      const [refused] = db
        .select({ count: count() })
        .from(knowledgeToEmbed)
        .where(gte(knowledgeToEmbed.attempts, GIVEN_UP_AFTER))
        .all();
      const [embedded] = db.select({ count: count() }).from(knowledgeVectors).all();
      const givenUp = refused?.count ?? 0;
      return { waiting: (all?.count ?? 0) - givenUp, embedded: embedded?.count ?? 0, refused: givenUp };
    },

    entries,
  };
}

export type KnowledgeVectorLedger = ReturnType<typeof createKnowledgeVectorLedger>;
