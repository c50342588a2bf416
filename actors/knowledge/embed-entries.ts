import { backOffMs } from '../../machines/back-off.ts';
import { within } from '../../services/deadline/within.ts';
import { messageOf } from '../../services/errors/message-of.ts';
import { MissionError } from '../../services/errors/mission-error.ts';
import { charactersAfter, entryToEmbed } from '../../services/knowledge/embedding-text.ts';
import {
  type EmbeddedEntry,
  type KnowledgeVectorLedger,
  LONGEST_REFUSAL_PAUSE_MS,
  type WaitingEntry,
} from '../../services/ledger/knowledge-vector-ledger.ts';
import type { EmbedReply, Router } from '../../services/router/api.ts';
import type { EmbeddingStanding } from './api.ts';

/** How often it looks whether there is something to embed. */
const LOOK_EVERY_MS = 1_000;
/** Behind a failure. */
const BACK_OFF = { firstMs: 1_000, longestMs: 60_000 };
const MOST_AT_ONCE = 16;
/** In one transaction, with a turn of the loop behind it: nobody else has to wait for long. */
const STORED_AT_ONCE = 4;
const RETIRED_AT_ONCE = 16;
/** So many vectors are written or thrown away, then they are brought into the file. */
const INTO_FILE_AFTER = 128;
const TRIED_ANEW_AT_ONCE = 200;
const REQUEST_MS = 60_000;
/** An entry that was refused is tried again after one minute, then five, and so on: a backend has bad hours. */
const FIRST_REFUSAL_PAUSE_MS = 60_000;
const REFUSAL_PAUSE_GROWTH = 5;
/** What any model embeds that embeds at all. */
const HARMLESS = 'missiond';
const MOST_GIVEN_UP_TOLD = 10;
/** Nothing of what was asked is at fault. */
const NOT_ITS_FAULT: ReadonlySet<string> = new Set(['router_not_configured', 'router_budget_spent']);

export const spaceOf = ({ model, dimensions }: Pick<EmbedReply, 'model' | 'dimensions'>): string =>
  `${model}/${dimensions}`;

/** True of a space of that model, whatever the length of its vectors. */
const isOf = (space: string, model: string): boolean => space.slice(0, space.lastIndexOf('/')) === model;

/** The backend that embeds first, and its model: vectors of another one are of no use. */
function embeddingBackendOf(router: Pick<Router, 'standing'>) {
  const found = router.standing().backends.find(({ embeddingModel }) => embeddingModel !== undefined);
  return found?.embeddingModel === undefined
    ? undefined
    : { backend: found.name, model: found.embeddingModel };
}

export const embeddingModelOf = (router: Pick<Router, 'standing'>): string | undefined =>
  embeddingBackendOf(router)?.model;

/** Whether other words, or fewer, might be answered; a time that was over is as good as a refusal. */
const mayBeTheText = (error: unknown): error is MissionError =>
  error instanceof MissionError &&
  !NOT_ITS_FAULT.has(error.code) &&
  (error.code === 'cancelled' || error.facts['mayBeTheRequest'] === true);

/** Lets whatever else waits for the loop go first. */
const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface EmbedderDependencies {
  readonly vectors: KnowledgeVectorLedger;
  readonly router: Pick<Router, 'embed' | 'standing' | 'available'>;
  /** Whether anybody could compare vectors here: nothing is paid for what is of no use. */
  readonly isOfUse: () => boolean;
  readonly now: () => number;
  /** Told of what kept it from going on, that was no failure of a backend. */
  readonly onError: (error: unknown) => void;
}

interface Asked extends WaitingEntry {
  readonly text: string;
}

/** Embeds what waits for it, in the background: what is remembered waits for nobody. */
export function createEmbedder({ vectors, router, isOfUse, now, onError }: EmbedderDependencies) {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let atOnce = MOST_AT_ONCE;
  let failures = 0;
  let problem: string | undefined;
  /** What is under way. */
  let going: Promise<void> = Promise.resolve();
  /** Of the first answer since the daemon began: what is of another one is embedded anew, once. */
  let space: string | null = null;

  let sinceFile = 0;

  function changed(count: number): void {
    sinceFile += count;
    if (sinceFile < INTO_FILE_AFTER) return;
    sinceFile = 0;
    vectors.intoFile();
  }

  /** @returns true when there may be more to throw away */
  function retireOthers(model: string): boolean {
    const useless = vectors
      .spaces()
      .find((one) => !isOf(one, model) || (space !== null && isOf(space, model) && one !== space));
    if (useless === undefined) return false;
    const gone = vectors.retire(useless, RETIRED_AT_ONCE);
    changed(gone);
    return gone > 0;
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

  const embed = (texts: readonly string[]): Promise<EmbedReply> =>
    router.embed(texts, within(REQUEST_MS, stopping.signal));

  /** Whether a text that nobody could mind is embedded. */
  async function isWorking(): Promise<boolean> {
    try {
      await embed([HARMLESS]);
      return true;
    } catch {
      return false;
    }
  }

  function refuse({ row, refusals, text }: Asked, model: string, because: string): void {
    // It may be too long: then a shorter beginning of it is tried at once, and what it says is found by that.
    const isShorterNext = text.length > charactersAfter(refusals + 1);
    const pause = Math.min(
      LONGEST_REFUSAL_PAUSE_MS,
      FIRST_REFUSAL_PAUSE_MS * REFUSAL_PAUSE_GROWTH ** refusals,
    );
    vectors.refused(row.number, { model, because, notBefore: isShorterNext ? 0 : now() + pause });
  }

  /**
   * What was asked together has failed. Where the backend embeds anything at all, one of the texts is why: half of them are
   * asked for, until it is alone.
   * @throws what the backend said, when it is not the texts
   */
  async function apart(asked: readonly Asked[], model: string, error: unknown): Promise<void> {
    if (!mayBeTheText(error) || !(await isWorking()) || stopping.signal.aborted) throw error;
    const [only, second] = asked;
    if (only !== undefined && second === undefined) refuse(only, model, error.message);
    else atOnce = Math.floor(asked.length / 2);
  }

  /** @returns true when there may be more to do */
  async function step(): Promise<boolean> {
    if (!isOfUse()) return false;
    const model = embeddingModelOf(router);
    if (model === undefined) {
      problem = 'No backend of the router has an embedding_model.';
      return false;
    }
    if (retireOthers(model) || vectors.tryAnew(TRIED_ANEW_AT_ONCE, model) > 0) return true;
    const rows = vectors.next(atOnce, now());
    if (rows.length === 0) {
      problem = undefined;
      return false;
    }
    const { embeddings, why } = router.available();
    if (!embeddings) {
      problem = why?.message ?? 'No backend of the router can be asked for embeddings now.';
      return false;
    }
    const said = rows.map((one) => ({ ...one, text: entryToEmbed(one.row, one.refusals) }));
    const silent = said.filter(({ text }) => text === null);
    if (silent.length > 0) vectors.leaveOut(silent.map(({ row }) => row.number));
    const asked = said.flatMap(({ text, ...one }): Asked[] => (text === null ? [] : [{ ...one, text }]));
    if (asked.length === 0) return true;
    let reply: EmbedReply;
    try {
      reply = await embed(asked.map(({ text }) => text));
    } catch (error) {
      if (stopping.signal.aborted) return false;
      await apart(asked, model, error);
      return true;
    }
    const told = accept(reply);
    const embedded = asked.flatMap(({ row }, index): EmbeddedEntry[] => {
      const vector = reply.vectors[index];
      return vector === undefined ? [] : [{ row, vector }];
    });
    // All of it, also when it is to stop meanwhile: it is paid for.
    for (let at = 0; at < embedded.length; at += STORED_AT_ONCE) {
      await turnOfLoop();
      vectors.store(embedded.slice(at, at + STORED_AT_ONCE), told);
    }
    await turnOfLoop();
    changed(embedded.length);
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
    timer = setTimeout(() => {
      going = go();
    }, pause);
    timer.unref();
  }

  return {
    start() {
      next(0);
    },
    /** Resolves when nothing of it is under way any more. */
    async stop(): Promise<void> {
      stopping.abort();
      clearTimeout(timer);
      await going;
    },
    /** Those that nobody would embed are tried again. @returns how many those are */
    tryAnew(): number {
      const some = vectors.tryAnew(TRIED_ANEW_AT_ONCE);
      return some === 0 ? 0 : some + this.tryAnew();
    },
    standing(): EmbeddingStanding {
      return {
        ...embeddingBackendOf(router),
        ...vectors.counts(),
        givenUp: vectors.givenUp(MOST_GIVEN_UP_TOLD),
        ...(problem === undefined ? {} : { problem }),
      };
    },
  };
}

export type Embedder = ReturnType<typeof createEmbedder>;
