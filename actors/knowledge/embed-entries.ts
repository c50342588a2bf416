import { backOffMs } from '../../machines/back-off.ts';
import { within } from '../../services/deadline/within.ts';
import { messageOf } from '../../services/errors/message-of.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { entryToEmbed } from '../../services/knowledge/embedding-text.ts';
import type { EmbeddedEntry, KnowledgeVectorLedger } from '../../services/ledger/knowledge-vector-ledger.ts';
import type { EmbedReply, Router } from '../../services/router/api.ts';

/** How often it looks whether there is something to embed. */
const LOOK_EVERY_MS = 1_000;
/** Behind a failure. */
const BACK_OFF = { firstMs: 1_000, longestMs: 60_000 };
/** In one request; it is stored in one transaction, which keeps the daemon for some milliseconds. */
const MOST_AT_ONCE = 32;
const MOST_RETIRED = 200;
const REQUEST_MS = 60_000;
/** Nothing of what was asked is at fault. */
const NOT_ITS_FAULT: ReadonlySet<string> = new Set([
  'router_not_configured',
  'router_budget_spent',
  'cancelled',
]);

export const spaceOf = ({ model, dimensions }: Pick<EmbedReply, 'model' | 'dimensions'>): string =>
  `${model}/${dimensions}`;

/** True of a space of that model, whatever the length of its vectors. */
const isOf = (space: string, model: string): boolean => space.slice(0, space.lastIndexOf('/')) === model;

/** The model that embeds: vectors of another one are of no use. */
export const embeddingModelOf = (router: Pick<Router, 'standing'>): string | undefined =>
  router.standing().backends.find(({ embeddingModel }) => embeddingModel !== undefined)?.embeddingModel;

export interface EmbedderDependencies {
  readonly vectors: KnowledgeVectorLedger;
  readonly router: Pick<Router, 'embed' | 'standing' | 'available'>;
  /** Whether anybody could compare vectors here: nothing is paid for what is of no use. */
  readonly isOfUse: () => boolean;
  /** Told of what kept it from going on, that was no failure of a backend. */
  readonly onError: (error: unknown) => void;
}

/** Embeds what waits for it, in the background: what is remembered waits for nobody. */
export function createEmbedder({ vectors, router, isOfUse, onError }: EmbedderDependencies) {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let atOnce = MOST_AT_ONCE;
  let failures = 0;
  let problem: string | undefined;
  /** Of the first answer since the daemon began: what is of another one is embedded anew, once. */
  let space: string | null = null;

  /** @returns true when there may be more to throw away */
  function retireOthers(model: string): boolean {
    const useless = vectors
      .spaces()
      .find((one) => !isOf(one, model) || (space !== null && isOf(space, model) && one !== space));
    return useless !== undefined && vectors.retire(useless, MOST_RETIRED) > 0;
  }

  /** What came back fits what came before, or it is of a model that changes its mind: that would never end. */
  function accept(reply: EmbedReply): string {
    const told = spaceOf(reply);
    if (space === null || !isOf(space, reply.model)) space = told;
    if (space === told) return told;
    throw new Error(
      `"${reply.model}" gave vectors of ${reply.dimensions} numbers, and before of another length (${space}): start missiond anew when that is to be.`,
    );
  }

  /** @returns true when there may be more to do */
  async function step(): Promise<boolean> {
    if (!isOfUse()) return false;
    const model = embeddingModelOf(router);
    if (model === undefined) {
      problem = 'No backend of the router has an embedding_model.';
      return false;
    }
    if (retireOthers(model)) return true;
    const rows = vectors.next(atOnce);
    if (rows.length === 0) {
      problem = undefined;
      return false;
    }
    const { embeddings, why } = router.available();
    if (!embeddings) {
      problem = why?.message ?? 'No backend of the router can be asked for embeddings now.';
      return false;
    }
    const said = rows.map((row) => ({ row, text: entryToEmbed(row) }));
    const silent = said.filter(({ text }) => text === null);
    if (silent.length > 0) vectors.leaveOut(silent.map(({ row }) => row.number));
    const asked = said.flatMap(({ row, text }) => (text === null ? [] : [{ row, text }]));
    if (asked.length === 0) return true;
    try {
      const reply = await router.embed(
        asked.map(({ text }) => text),
        within(REQUEST_MS, stopping.signal),
      );
      if (stopping.signal.aborted) return false;
      const embedded = asked.flatMap(({ row }, index): EmbeddedEntry[] => {
        const vector = reply.vectors[index];
        return vector === undefined ? [] : [{ row, vector }];
      });
      vectors.store(embedded, accept(reply));
    } catch (error) {
      if (stopping.signal.aborted) return false;
      const [only, second] = asked;
      if (!(error instanceof MissionError && NOT_ITS_FAULT.has(error.code))) {
        // One of them may be what the backend refuses: fewer are asked for, and who is refused alone comes last.
        if (only !== undefined && second === undefined) vectors.refused(only.row.number);
        atOnce = Math.max(1, Math.floor(asked.length / 2));
      }
      throw error;
    }
    atOnce = Math.min(MOST_AT_ONCE, atOnce * 2);
    failures = 0;
    problem = undefined;
    return true;
  }

  async function go(): Promise<void> {
    let pause = LOOK_EVERY_MS;
    try {
      if (await step()) pause = 0;
    } catch (error) {
      failures += 1;
      problem = messageOf(error);
      pause = backOffMs(failures, BACK_OFF);
      if (!(error instanceof MissionError)) onError(error);
    }
    if (!stopping.signal.aborted) next(pause);
  }

  function next(pause: number): void {
    timer = setTimeout(() => void go(), pause);
    timer.unref();
  }

  return {
    start() {
      next(0);
    },
    stop(): void {
      stopping.abort();
      clearTimeout(timer);
    },
    standing() {
      return { ...vectors.counts(), ...(problem === undefined ? {} : { problem }) };
    },
  };
}

export type Embedder = ReturnType<typeof createEmbedder>;
