import type { TaskId } from '../../db/ids.ts';
import { createKnowledgeLedger } from '../../services/ledger/knowledge-ledger.ts';
import { createKnowledgeSearch } from '../../services/ledger/knowledge-search.ts';
import { createSkillLedger } from '../../services/ledger/skill-ledger.ts';
import type { TaskRow } from '../../services/ledger/task-ledger.ts';
import { createClaudeTasks } from '../claude-tasks/create-claude-tasks.ts';
import { createConversations } from '../conversations/create-conversations.ts';
import type { MissionCore } from '../core.ts';
import type { Journal } from '../journal.ts';
import { createKnowledgeBase } from '../knowledge/knowledge-base.ts';
import { createMemory } from '../memory/create-memory.ts';
import { createRouterWorker } from '../memory/router-worker.ts';
import { createSlotWorker } from '../memory/slot-worker.ts';
import { createRouterOperations } from '../router/create-router-operations.ts';
import { createSkills } from '../skills/create-skills.ts';
import type { SubmitRequest } from './api.ts';
import type { MissionDependencies } from './mission-dependencies.ts';

export interface LearningDependencies {
  readonly core: MissionCore;
  readonly dependencies: Pick<
    MissionDependencies,
    | 'database'
    | 'conversations'
    | 'infra'
    | 'knowledge'
    | 'memory'
    | 'probeMachine'
    | 'router'
    | 'skills'
    | 'startNeighbours'
  >;
  readonly enqueue: (kind: TaskRow['kind'], request: SubmitRequest) => TaskId;
  /** False while the daemon finishes what it has. */
  readonly mayBegin: () => boolean;
  readonly journal: Pick<Journal, 'inspect' | 'enqueue'>;
  readonly report: (where: string) => (error: unknown) => void;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

/**
 * What was said, what is known of it, what learns from the one for the other, and the language models that are asked
 * about both. `watches` move by themselves once they
 * are started, `threads` are closed last.
 */
export function createLearning({
  core,
  dependencies: {
    database,
    conversations,
    infra,
    knowledge: settings,
    memory: memorySettings,
    probeMachine,
    router,
    skills,
    startNeighbours,
  },
  enqueue,
  mayBegin,
  journal,
  report,
  signal,
}: LearningDependencies) {
  const { db } = database;
  const { knowledge, sweeper, meaning } = createKnowledgeBase({
    db,
    settings,
    board: core.board,
    router,
    probeMachine,
    startNeighbours,
    now: core.now,
    writeLater: journal.enqueue,
    onChange: (id, { category, key }) =>
      core.bus.publish({ type: 'knowledge_changed', at: core.now(), id, category, key }),
    onError: report('what is known could not be looked after'),
  });
  const { memory, keeper } = createMemory({
    core,
    db,
    settings: memorySettings,
    knowledge,
    worker:
      memorySettings.worker === 'router'
        ? createRouterWorker({ router, model: memorySettings.model })
        : createSlotWorker({ core, enqueue }),
    mayBegin,
    inspect: journal.inspect,
    onError: report('the memory could not go on'),
  });
  const claudeTasks = createClaudeTasks({ core, db });
  const talk = createConversations({ core, db, taskWatch: claudeTasks.heard, ...conversations });
  return {
    give: knowledge.give,
    watches: [sweeper, keeper],
    threads: [talk, meaning],
    operations: {
      knowledge,
      memory,
      conversations: talk.operations,
      claudeTasks: claudeTasks.operations,
      router: createRouterOperations({ core, db, router, signal }),
      skills: createSkills({
        ...skills,
        ledger: createSkillLedger(db),
        servers: infra.servers,
        knowledge: createKnowledgeLedger(db),
        search: createKnowledgeSearch(db),
        board: core.board,
        now: core.now,
      }),
    },
  };
}
