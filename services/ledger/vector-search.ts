import { z } from 'zod';
import type { VectorDatabase } from '../../db/open-vectors.ts';
import { floatBytes, signBits } from '../knowledge/vector-bytes.ts';

/** By their bits so many are taken that the nearest are nearly always among them. */
const LOOKED_AT_CLOSELY = 400;

const Found = z.array(z.object({ number: z.number().int() }));

export const NeighbourQuestion = z.object({
  vector: z.custom<Float32Array>((value) => value instanceof Float32Array),
  space: z.string(),
  /** With all that is filed below it. */
  category: z.string().optional(),
  limit: z.number().int().positive(),
  /** Cosine: others are not found. */
  leastSimilarity: z.number(),
});
export type NeighbourQuestion = z.infer<typeof NeighbourQuestion>;

const search = (candidates: string): string => `
  with near as materialized (
    ${candidates} order by vec_distance_hamming(vec_bit(v.bits), vec_bit(:bits)) limit ${LOOKED_AT_CLOSELY}),
  far as materialized (
    select v.number, vec_distance_cosine(v.vector, :vector) as distance
    from near join knowledge_vectors v on v.number = near.number)
  select number from far where distance <= :most order by distance, number limit :limit`;

/** @param raw of `openVectors` */
export function createVectorSearch(raw: VectorDatabase) {
  const everywhere = raw.prepare(
    search(
      'select v.number from knowledge_vectors v indexed by knowledge_vectors_bits where v.space = :space',
    ),
  );
  const inCategory = raw.prepare(
    search(`select v.number from knowledge k cross join knowledge_vectors v on v.number = k.number
      where k.forgotten_at is null and v.space = :space
        and (k.category = :category or (k.category >= :category || ':' and k.category < :category || ';'))`),
  );

  /** The numbers of the nearest entries, the nearest first. */
  return function nearest({
    vector,
    space,
    category,
    limit,
    leastSimilarity,
  }: NeighbourQuestion): readonly number[] {
    const asked = {
      space,
      bits: signBits(vector),
      vector: floatBytes(vector),
      limit,
      most: 1 - leastSimilarity,
    };
    const rows = category === undefined ? everywhere.all(asked) : inCategory.all({ ...asked, category });
    return Found.parse(rows).map(({ number }) => number);
  };
}
