import { createConversations } from '../conversations/create-conversations.ts';
import type { MissionCore } from '../core.ts';
import { createKnowledgeBase } from '../knowledge/knowledge-base.ts';
import { createRouterOperations } from '../router/create-router-operations.ts';
import type { MissionDependencies } from './mission-dependencies.ts';

/** What was said, what is known of it, and the language models that are asked about both. */
export function createLearning({
  core,
  dependencies: { database, conversations, knowledge, router },
  report,
  signal,
}: {
  readonly core: MissionCore;
  readonly dependencies: Pick<MissionDependencies, 'database' | 'conversations' | 'knowledge' | 'router'>;
  readonly report: (where: string) => (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}) {
  return {
    ...createKnowledgeBase({
      db: database.db,
      settings: knowledge,
      now: core.now,
      onError: report('what is stale could not be forgotten'),
    }),
    conversations: createConversations({ core, db: database.db, ...conversations }),
    router: createRouterOperations({ core, db: database.db, router, signal }),
  };
}
