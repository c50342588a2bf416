import { eq, lt } from 'drizzle-orm';
import type { KnowledgeId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { knowledgeGiven } from '../../db/schema/knowledge.ts';

/** Which entries a session was given. */
export function createKnowledgeGivenLedger(db: MissionDatabase) {
  return {
    /** By entry, in which words (the time of its last change then), and when. */
    to(sessionId: string): ReadonlyMap<KnowledgeId, { readonly updatedAt: number; readonly at: number }> {
      const rows = db.select().from(knowledgeGiven).where(eq(knowledgeGiven.sessionId, sessionId)).all();
      return new Map(rows.map(({ knowledgeId, updatedAt, at }) => [knowledgeId, { updatedAt, at }]));
    },

    add(
      sessionId: string,
      entries: readonly { readonly id: KnowledgeId; readonly updatedAt: number }[],
      at: number,
    ): void {
      for (const { id, updatedAt } of entries) {
        db.insert(knowledgeGiven)
          .values({ sessionId, knowledgeId: id, updatedAt, at })
          .onConflictDoUpdate({
            target: [knowledgeGiven.sessionId, knowledgeGiven.knowledgeId],
            set: { updatedAt, at },
          })
          .run();
      }
    },

    /** The session has nothing before its eyes any more. */
    forget(sessionId: string): void {
      db.delete(knowledgeGiven).where(eq(knowledgeGiven.sessionId, sessionId)).run();
    },

    throwAway(before: number): void {
      db.delete(knowledgeGiven).where(lt(knowledgeGiven.at, before)).run();
    },
  };
}

export type KnowledgeGivenLedger = ReturnType<typeof createKnowledgeGivenLedger>;
