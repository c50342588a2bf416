import { randomUUID } from 'node:crypto';
import type { MissionDatabase } from '../../db/open.ts';
import type { ProbeMachine } from '../../services/discovery/probe-over-ssh.ts';
import type { ImportFormat } from '../../services/knowledge/import-rows.ts';
import type { StartNeighbours } from '../../services/knowledge/start-neighbours.ts';
import type { KnowledgeSettings } from '../../services/knowledge/tiers.ts';
import type { BoardLedger } from '../../services/ledger/board-ledger.ts';
import { createKnowledgeGivenLedger } from '../../services/ledger/knowledge-given-ledger.ts';
import { createKnowledgeLedger } from '../../services/ledger/knowledge-ledger.ts';
import { createKnowledgeOperationLedger } from '../../services/ledger/knowledge-operation-ledger.ts';
import { createKnowledgeSearch } from '../../services/ledger/knowledge-search.ts';
import { createKnowledgeVectorLedger } from '../../services/ledger/knowledge-vector-ledger.ts';
import type { Router } from '../../services/router/api.ts';
import { type Analysis, createAnalysis } from './analyze-knowledge.ts';
import type { EmbeddingStanding, FoundEntries, Knowledge } from './api.ts';
import { type Collector, createCollector } from './collect-garbage.ts';
import { createKnowledge } from './create-knowledge.ts';
import { createDiscovery, type Discovered, type DiscoverRequest } from './discover-machine.ts';
import { createPlanExecution, type PlanRun } from './execute-plan.ts';
import { createMeaning } from './find-by-meaning.ts';
import { createGiving, type KnowledgeGiving } from './give-knowledge.ts';
import { createGivenToSessions } from './given-to-sessions.ts';
import { type Imported, importKnowledge } from './import-knowledge.ts';

/** How often stale entries are looked for. */
const SWEEP_MS = 60 * 60_000;

/** All that can be done with what the team knows. */
export interface KnowledgeBase extends Knowledge {
  /** As `search`, and by what entries mean, where that is switched on and answers soon. */
  find(...asked: Parameters<Knowledge['search']>): Promise<FoundEntries>;
  /** Undefined while finding by meaning is switched off. */
  embeddings(): EmbeddingStanding | undefined;
  /** Entries that the backend would not embed are tried again. @returns how many those are */
  embedAnew(): number;
  readonly collector: Omit<Collector, 'sweep'>;
  readonly give: KnowledgeGiving;
  /** A language model looks at it; what it plans waits in the queue. */
  readonly analyze: Analysis;
  readonly plans: Omit<ReturnType<typeof createPlanExecution>, 'execute'> & {
    /** @param batch with which all of it can be undone */
    execute(planId: string, limit: number, by: string, batch?: string): PlanRun;
  };
  /** @throws MissionError `input_invalid` when nothing of it can be read */
  import(format: ImportFormat, file: string, by: string): Promise<Imported>;
  /** @throws MissionError as `ProbeMachine` and `remember` */
  discover(request: DiscoverRequest): Promise<Discovered>;
}

/** The knowledge of a database, and what looks after it. */
export function createKnowledgeBase({
  db,
  settings,
  board,
  router,
  probeMachine,
  startNeighbours,
  now,
  writeLater,
  onChange,
  onError,
}: {
  readonly db: MissionDatabase;
  readonly settings: KnowledgeSettings;
  readonly board: Pick<BoardLedger, 'all'>;
  readonly router: Router;
  readonly probeMachine: ProbeMachine;
  readonly startNeighbours: StartNeighbours;
  readonly now: () => number;
  /** Writes in the next transaction, and again when that fails: a session that is given something waits for no disk. */
  readonly writeLater: (write: () => void) => void;
  /** An entry is not as it was. */
  readonly onChange?: Parameters<typeof createKnowledgeLedger>[1];
  readonly onError: (error: unknown) => void;
}): {
  readonly knowledge: KnowledgeBase;
  readonly sweeper: { start(): () => void };
  /** What finds entries by what they mean; nothing runs while that is switched off. */
  readonly meaning: { start(): void; close(): Promise<void> };
} {
  const ledger = createKnowledgeLedger(db, onChange);
  const operations = createKnowledgeOperationLedger(db);
  const search = createKnowledgeSearch(db);
  const knowledge = createKnowledge({ ledger, operations, search, now });
  const { sweep, ...collector } = createCollector({ ledger, search, settings, now });
  const giving = createGiving({
    ledger,
    search,
    given: createGivenToSessions(createKnowledgeGivenLedger(db), writeLater),
    settings: settings.give,
    now,
    writeLater,
    onLate: (words) => onError(new Error(words)),
  });
  const meaning = createMeaning({
    search: knowledge.search,
    vectors: createKnowledgeVectorLedger(db),
    router,
    settings: settings.embeddings,
    startNeighbours,
    now,
    onError,
  });
  const { execute, ...plans } = createPlanExecution({ ledger, operations, now });

  return {
    knowledge: {
      ...knowledge,
      find: meaning.find,
      embeddings: meaning.standing,
      embedAnew: meaning.tryAnew,
      collector,
      give: giving,
      analyze: createAnalysis({ ledger, operations, board, router, now }),
      plans: {
        ...plans,
        execute: (planId, limit, by, batch = randomUUID()) => execute(planId, { limit, by, batch }),
      },
      import: (format, file, by) => importKnowledge(knowledge, { format, file, by }),
      discover: createDiscovery({ knowledge, ledger, probe: probeMachine }),
    },
    meaning,
    sweeper: {
      start() {
        const timer = setInterval(() => {
          try {
            sweep();
            giving.sweep();
          } catch (error) {
            onError(error);
          }
        }, SWEEP_MS);
        timer.unref();
        return () => clearInterval(timer);
      },
    },
  };
}
