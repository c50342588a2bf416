import { and, asc, count, eq, inArray, isNull, max, min, sql } from 'drizzle-orm';
import { atOnce } from '../../db/at-once.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { knowledge, knowledgeToEmbed, knowledgeVectors } from '../../db/schema/knowledge.ts';
import { floatBytes, signBits } from '../knowledge/vector-bytes.ts';
import type { KnowledgeRow } from './knowledge-ledger.ts';

export interface EmbeddedEntry {
  readonly row: KnowledgeRow;
  readonly vector: Float32Array;
}

const saysTheSame = (a: KnowledgeRow, b: KnowledgeRow): boolean =>
  a.category === b.category &&
  a.key === b.key &&
  a.summary === b.summary &&
  JSON.stringify(a.detail) === JSON.stringify(b.detail);

/** Which entries have a vector, and which wait for one. */
export function createKnowledgeVectorLedger(db: MissionDatabase) {
  const isKnown = isNull(knowledge.forgottenAt);

  const drop = (numbers: readonly number[]): void =>
    void db
      .delete(knowledgeToEmbed)
      .where(inArray(knowledgeToEmbed.number, [...numbers]))
      .run();

  /** Those of them that are known, in the same order. */
  function entries(numbers: readonly number[]): readonly KnowledgeRow[] {
    const rows = db
      .select()
      .from(knowledge)
      .where(and(inArray(knowledge.number, [...numbers]), isKnown))
      .all();
    const rowOf = new Map(rows.map((row) => [row.number, row]));
    return numbers.flatMap((number) => rowOf.get(number) ?? []);
  }

  return {
    /** Entries that wait, those that were never refused first. */
    next(limit: number): readonly KnowledgeRow[] {
      const waiting = db
        .select()
        .from(knowledgeToEmbed)
        .orderBy(asc(knowledgeToEmbed.attempts), asc(knowledgeToEmbed.number))
        .limit(limit)
        .all();
      return entries(waiting.map(({ number }) => number));
    },

    /** Keeps vectors of entries that still say what was embedded; the others wait on. */
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

    /** It was refused alone: the others come before it. */
    refused(number: number): void {
      atOnce(db, () =>
        db
          .update(knowledgeToEmbed)
          .set({ attempts: sql`${knowledgeToEmbed.attempts} + 1` })
          .where(eq(knowledgeToEmbed.number, number))
          .run(),
      );
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

    counts(): { readonly waiting: number; readonly embedded: number } {
      const [waiting] = db.select({ count: count() }).from(knowledgeToEmbed).all();
      const [embedded] = db.select({ count: count() }).from(knowledgeVectors).all();
      return { waiting: waiting?.count ?? 0, embedded: embedded?.count ?? 0 };
    },

    entries,
  };
}

export type KnowledgeVectorLedger = ReturnType<typeof createKnowledgeVectorLedger>;
