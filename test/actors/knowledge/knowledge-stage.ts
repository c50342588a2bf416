import type { z } from 'zod';
import { createKnowledgeBase } from '../../../actors/knowledge/knowledge-base.ts';
import { openDatabase } from '../../../db/open.ts';
import { KnowledgeSettingsSchema } from '../../../services/knowledge/tiers.ts';
import { createKnowledgeSearch } from '../../../services/ledger/knowledge-search.ts';
import { routerOf } from '../../services/router/router-of.ts';

const DAY_MS = 24 * 60 * 60_000;

/** What the team knows, in a database of its own, at a time that the test sets. */
export function createKnowledgeStage(
  settings: z.input<typeof KnowledgeSettingsSchema> = {},
  /** What router.yaml says. */
  models: object = { backends: [] },
  file = ':memory:',
) {
  const database = openDatabase(file);
  let at = Date.UTC(2026, 0, 1);
  /** By so much the clock goes on whenever somebody looks at it. */
  let eachLookMs = 0;
  const clock = (): number => {
    at += eachLookMs;
    return at;
  };
  /** What is written later, while the test keeps it back. */
  let keptBack: (() => void)[] | null = null;
  const errors: string[] = [];
  const { knowledge } = createKnowledgeBase({
    db: database.db,
    settings: KnowledgeSettingsSchema.parse(settings),
    board: { all: () => [] },
    router: routerOf(models, database.db),
    probeMachine: () => Promise.reject(new Error('there is no other machine here')),
    startNeighbours() {
      throw new Error('nothing is embedded here');
    },
    now: clock,
    writeLater(write) {
      if (keptBack === null) write();
      else keptBack.push(write);
    },
    onError: (error) => errors.push(String(error)),
  });
  return {
    knowledge,
    later(days: number): void {
      at += days * DAY_MS;
    },
    now: () => at,
    slowBy(milliseconds: number): void {
      eachLookMs = milliseconds;
    },
    keepBack(): void {
      keptBack ??= [];
    },
    write(): void {
      for (const write of keptBack ?? []) write();
      keptBack = null;
    },
    /** What the daemon would log. */
    errors: errors as readonly string[],
    /** Throws when the full-text index does not say what the rows say. */
    checkIndex: createKnowledgeSearch(database.db).checkIndex,
    close: () => database.close(),
  };
}

export type KnowledgeStage = ReturnType<typeof createKnowledgeStage>;
