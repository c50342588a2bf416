import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, vi } from 'vitest';
import { createKnowledgeBase } from '../../../actors/knowledge/knowledge-base.ts';
import { openDatabase } from '../../../db/open.ts';
import { type StartNeighbours, startNeighbours } from '../../../services/knowledge/start-neighbours.ts';
import { KnowledgeSettingsSchema } from '../../../services/knowledge/tiers.ts';
import { DIST } from '../../e2e/world.ts';
import { type StubReply, type StubRequest, startOpenAiStub } from '../../services/router/openai-stub.ts';
import { routerOf } from '../../services/router/router-of.ts';

export const WAIT = { timeout: 30_000, interval: 20 };
export const BY = { by: 'test' };
/** What a model would know: these words are about the same. */
const TOPICS = [/postgres|where do rows live/i, /tabs|what indent width/i, /deploy|going live/i];
const DIMENSIONS = 16;

/** A vector of its topic, with a little of its own. */
export function meaningOf(text: string): readonly number[] {
  const topic = TOPICS.findIndex((words) => words.test(text));
  return Array.from({ length: DIMENSIONS }, (_, at) =>
    at % 4 === topic ? 1 : 0.05 * Math.sin(text.length * (at + 1)),
  );
}
export const understands = ({ input }: StubRequest): StubReply => ({ vectors: input.map(meaningOf) });

type Answer = (request: StubRequest, number: number) => StubReply;

/** A folder with a database, and a backend that embeds as it is told. */
export async function createMeaningStage() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-meaning-'));
  let answer: Answer = understands;
  const stub = await startOpenAiStub((request, number) => answer(request, number));
  const closing: (() => Promise<void>)[] = [];

  const realThread =
    (file: string): StartNeighbours =>
    (handlers) =>
      startNeighbours(
        file,
        handlers,
        pathToFileURL(path.join(DIST, 'services', 'knowledge', 'neighbours-main.js')),
      );

  /** A daemon's knowledge on the database of the folder, as after each of its starts. */
  function begin({
    model = 'embedder',
    waitMs = 5_000,
    thread = realThread(path.join(folder, 'mission.db')),
    now = Date.now,
  }: {
    model?: string;
    waitMs?: number;
    thread?: StartNeighbours;
    now?: () => number;
  } = {}) {
    const database = openDatabase(path.join(folder, 'mission.db'));
    const { knowledge, meaning } = createKnowledgeBase({
      db: database.db,
      settings: KnowledgeSettingsSchema.parse({ embeddings: { enabled: true, waitMs } }),
      board: { all: () => [] },
      router: routerOf(
        {
          backends: [
            {
              name: 'stub',
              type: 'openai',
              base_url: stub.url,
              retries: 0,
              embedding_model: { name: model },
            },
          ],
        },
        database.db,
      ),
      probeMachine: () => Promise.reject(new Error('there is no other machine here')),
      startNeighbours: thread,
      now,
      writeLater: (write) => write(),
      onError() {},
    });
    meaning.start();
    async function close(): Promise<void> {
      await meaning.close();
      database.close();
    }
    let isClosed = false;
    const closeOnce = async (): Promise<void> => {
      if (isClosed) return;
      isClosed = true;
      await close();
    };
    closing.push(closeOnce);
    return {
      knowledge,
      database,
      close: closeOnce,
      learn(key: string, summary: string, category = 'project') {
        return knowledge.remember({ category, key, summary, onSimilar: 'add' }, BY);
      },
      allEmbedded: () => vi.waitFor(() => expect(knowledge.embeddings()).toMatchObject({ waiting: 0 }), WAIT),
      async keys(query: string, category?: string) {
        const { entries, ranking } = await knowledge.find(query, { category, limit: 10 });
        return { keys: entries.map(({ key }) => key), ranking };
      },
    };
  }

  return {
    folder,
    stub,
    begin,
    /** What the backend says from now on. */
    answers(next: Answer) {
      answer = next;
    },
    /** Every text that was to be embedded; a question stands among them as it was asked. */
    sent: (): readonly string[] => stub.requests().flatMap(({ input }) => input),
    async close() {
      for (const close of closing.splice(0)) await close();
      await stub.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type MeaningStage = Awaited<ReturnType<typeof createMeaningStage>>;
export type Meaning = ReturnType<MeaningStage['begin']>;

/** The thread may not have begun yet. */
export const untilHybrid = (meaning: Meaning, query: string, category?: string) =>
  vi.waitFor(async () => {
    const found = await meaning.keys(query, category);
    expect(found.ranking).toBe('hybrid');
    return found.keys;
  }, WAIT);
