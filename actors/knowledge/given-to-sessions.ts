import type { KnowledgeGivenLedger } from '../../services/ledger/knowledge-given-ledger.ts';
import type { KnowledgeRow } from '../../services/ledger/knowledge-ledger.ts';

/** So many sessions are kept in memory; of those that were given nothing for longest, the rows are read again. */
const MOST_SESSIONS = 500;

type Given = Pick<KnowledgeRow, 'id' | 'updatedAt'>;

/**
 * What each session was given: known at once, and written when the database takes it. A hook waits for nobody who writes
 * there, and the next prompt is not given the same.
 */
export function createGivenToSessions(ledger: KnowledgeGivenLedger, writeLater: (write: () => void) => void) {
  /** The one that was given something last, last. */
  const sessions = new Map<string, Map<Given['id'], { readonly updatedAt: number; readonly at: number }>>();

  function of(sessionId: string) {
    const known = sessions.get(sessionId) ?? new Map(ledger.to(sessionId));
    sessions.delete(sessionId);
    sessions.set(sessionId, known);
    for (const oldest of sessions.keys()) {
      if (sessions.size <= MOST_SESSIONS) break;
      sessions.delete(oldest);
    }
    return known;
  }

  return {
    /** Those that the session has not before its eyes in these words. */
    newsOf<Row extends Given>(sessionId: string, rows: readonly Row[]): readonly Row[] {
      const seen = of(sessionId);
      return rows.filter(({ id, updatedAt }) => seen.get(id)?.updatedAt !== updatedAt);
    },

    add(sessionId: string, rows: readonly Given[], at: number): void {
      const seen = of(sessionId);
      for (const { id, updatedAt } of rows) seen.set(id, { updatedAt, at });
      writeLater(() => ledger.add(sessionId, rows, at));
    },

    /** The session has nothing before its eyes any more. */
    forget(sessionId: string): void {
      of(sessionId).clear();
      writeLater(() => ledger.forget(sessionId));
    },

    /** What was given before this time counts no more. */
    throwAway(before: number): void {
      for (const seen of sessions.values()) for (const [id, { at }] of seen) if (at < before) seen.delete(id);
      ledger.throwAway(before);
    },
  };
}
