import type { KnowledgeRow } from '../../services/ledger/knowledge-ledger.ts';
import { beginningOf } from '../../services/memory/batch-text.ts';

const MOST_CHARACTERS = 600;

/** An entry as a consolidation shows it to its worker: one line of JSON, in which no file is named with `@`. */
export function entryLine({ category, key, summary, accessCount, confidence }: KnowledgeRow): string {
  const shown = {
    category,
    key,
    summary: beginningOf(summary, MOST_CHARACTERS),
    uses: accessCount,
    confidence,
  };
  return JSON.stringify(shown).replaceAll('@', '\\u0040');
}
