import { and, isNull } from 'drizzle-orm';
import type { MissionDatabase } from '../../db/open.ts';
import { knowledge } from '../../db/schema/knowledge.ts';
import type { KnowledgeRow } from './knowledge-ledger.ts';
import { amongNumbers } from './knowledge-ranking.ts';

/** Entries by their numbers, in the same order; what is not known, or was forgotten, is missing. */
export function createKnowledgeRows(
  db: MissionDatabase,
): (numbers: readonly number[]) => readonly KnowledgeRow[] {
  const byNumbers = db
    .select()
    .from(knowledge)
    .where(and(amongNumbers, isNull(knowledge.forgottenAt)))
    .prepare();
  return (numbers) => {
    const rows = byNumbers.all({ numbers: JSON.stringify(numbers) });
    const rowOf = new Map(rows.map((row) => [row.number, row]));
    return numbers.flatMap((number) => rowOf.get(number) ?? []);
  };
}
