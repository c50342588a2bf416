/** As it is usual for reciprocal rank fusion: high enough that the first of one list does not beat all that both have. */
const FLATTENING = 60;

/** Lists of the same things, each the best first, as one: who stands high in several of them comes first. */
export function fuseRanks<Id>(lists: readonly (readonly Id[])[]): readonly Id[] {
  const scores = new Map<Id, number>();
  for (const list of lists)
    for (const [rank, id] of list.entries()) scores.set(id, (scores.get(id) ?? 0) + 1 / (FLATTENING + rank));
  return [...scores].sort((a, b) => b[1] - a[1]).map(([id]) => id);
}
