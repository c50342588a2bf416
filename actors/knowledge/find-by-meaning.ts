import { parseQuery } from '../../services/conversations/search-query.ts';
import { isWithin } from '../../services/knowledge/category.ts';
import { textToEmbed } from '../../services/knowledge/embedding-text.ts';
import { fuseRanks } from '../../services/knowledge/fuse-ranks.ts';
import type { StartNeighbours } from '../../services/knowledge/start-neighbours.ts';
import type { EmbeddingSettings } from '../../services/knowledge/tiers.ts';
import type { KnowledgeVectorLedger } from '../../services/ledger/knowledge-vector-ledger.ts';
import type { Router } from '../../services/router/api.ts';
import type { EmbeddingStanding, FoundEntries, Knowledge } from './api.ts';
import { createEmbedder } from './embed-entries.ts';
import { createQuestions } from './embed-question.ts';
import { entryView } from './knowledge-views.ts';
import { createNeighbourCare } from './neighbour-care.ts';

export interface MeaningDependencies {
  readonly search: Knowledge['search'];
  readonly vectors: KnowledgeVectorLedger;
  readonly router: Pick<Router, 'embed' | 'standing' | 'available'>;
  readonly settings: EmbeddingSettings;
  readonly startNeighbours: StartNeighbours;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** Null when the time is over first. What is late is heard by nobody. */
async function inTime<Value>(work: Promise<Value>, ms: number): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Finds entries by their words and, where that is switched on and works, by what they mean. */
export function createMeaning({
  search,
  vectors,
  router,
  settings,
  startNeighbours,
  now,
  onError,
}: MeaningDependencies) {
  const stopping = new AbortController();
  const care = createNeighbourCare({ startNeighbours, now, onError });
  const embedder = createEmbedder({ vectors, router, isOfUse: care.isReady, now, onError });
  const embedded = createQuestions({ router, now, signal: stopping.signal });

  async function near(
    text: string,
    options: { readonly category?: string | undefined; readonly limit: number },
  ): Promise<readonly number[] | null> {
    const question = await embedded(text);
    if (question === null || !care.isFree()) return null;
    return care.nearest({ ...question, ...options, leastSimilarity: settings.leastSimilarity });
  }

  return {
    /** As `search`; late by `waitMs` at most, and it fails only where that fails. */
    async find(
      query: string,
      options: { readonly category?: string | undefined; readonly limit: number },
    ): Promise<FoundEntries> {
      const text =
        settings.enabled && parseQuery(query) !== null && care.isFree() ? textToEmbed(query) : null;
      const asked =
        text === null || vectors.spaces().length === 0
          ? null
          : inTime(
              near(text, options).catch((error: unknown) => {
                onError(error);
                return null;
              }),
              settings.waitMs,
            );
      const byWords = search(query, options);
      const numbers = await asked;
      if (numbers === null) return { entries: byWords, ranking: 'words' };
      const { category, limit } = options;
      const byMeaning = vectors
        .entries(numbers)
        .filter((row) => category === undefined || isWithin(row.category, category))
        .map(entryView);
      const entryOf = new Map([...byWords, ...byMeaning].map((entry) => [entry.id, entry]));
      const ranked = fuseRanks([byWords.map(({ id }) => id), byMeaning.map(({ id }) => id)]);
      return { entries: ranked.slice(0, limit).flatMap((id) => entryOf.get(id) ?? []), ranking: 'hybrid' };
    },

    /** Absent while it is switched off. */
    standing(): EmbeddingStanding | undefined {
      if (!settings.enabled) return undefined;
      const { problem, ...counts } = embedder.standing();
      const told = care.problem() ?? problem;
      return { ...counts, ...(told === undefined ? {} : { problem: told }) };
    },

    /** Entries that nobody would embed are tried again. @returns how many those are */
    tryAnew: (): number => embedder.tryAnew(),

    start(): void {
      if (!settings.enabled) return;
      care.start();
      embedder.start();
    },

    /** Resolves when its thread has ended. */
    async close(): Promise<void> {
      stopping.abort();
      await embedder.stop();
      await care.close();
    },
  };
}
