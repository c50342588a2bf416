import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { createKnowledgeBase } from '../../actors/knowledge/knowledge-base.ts';
import { KnowledgeId } from '../../db/ids.ts';
import { type OpenDatabase, openDatabase } from '../../db/open.ts';
import { startNeighbours } from '../../services/knowledge/start-neighbours.ts';
import { KnowledgeSettingsSchema } from '../../services/knowledge/tiers.ts';
import { floatBytes, signBits } from '../../services/knowledge/vector-bytes.ts';
import { createKnowledgeLedger } from '../../services/ledger/knowledge-ledger.ts';
import { createRandom } from '../chaos/random.ts';
import { routerOf } from '../services/router/router-of.ts';
import { spread } from './spread.ts';

const ENTRIES = 100_000;
const DIMENSIONS = 1_024;
/** So many are embedded by the daemon while it is looked at; the others are put there before. */
const EMBEDDED = 3_200;
const RETIRED_FOR_MS = 30_000;
const QUERIES = 200;
const LOOK_MS = 20;

/** Each another one: a question that was asked before is not embedded again. */
const question = (number: number): string => `what is said about number ${number}`;

function fill({ db, raw }: OpenDatabase): void {
  const ledger = createKnowledgeLedger(db);
  ledger.atOnce(() => {
    for (let entry = 0; entry < ENTRIES; entry += 1)
      ledger.insert(
        KnowledgeId.parse(randomUUID()),
        {
          category: 'memory',
          key: `entry-${entry}`,
          summary: `entry ${entry} says something of its own`,
          detail: { text: 'in a few words more that stand behind it' },
          source: 'import',
          confidence: 1,
        },
        { by: 'bench', at: entry },
      );
  });
  const { next: random } = createRandom(7);
  const insert = raw.prepare(
    'insert into knowledge_vectors (number, space, updated_at, bits, vector) values (?, ?, 0, ?, ?)',
  );
  const remove = raw.prepare('delete from knowledge_to_embed where number = ?');
  const vector = new Float32Array(DIMENSIONS);
  const numbers = z
    .array(z.object({ number: z.number() }))
    .parse(raw.prepare('select number from knowledge_to_embed order by number').all());
  raw.transaction(() => {
    for (const { number } of numbers.slice(EMBEDDED)) {
      for (let at = 0; at < DIMENSIONS; at += 1) vector[at] = random() - 0.5;
      insert.run(number, `first/${DIMENSIONS}`, signBits(vector), floatBytes(vector));
      remove.run(number);
    }
  })();
  raw.pragma('wal_checkpoint(TRUNCATE)');
}

async function startStub() {
  const worker = new Worker(new URL('./embedding-stub-main.js', import.meta.url), {
    workerData: { dimensions: DIMENSIONS },
  });
  const [port] = z.tuple([z.number()]).parse(await once(worker, 'message'));
  return { url: `http://127.0.0.1:${port}/v1`, close: () => worker.terminate() };
}

/** How long anything else had to wait while `work` was done, in milliseconds. */
async function whileLooking<Result>(work: () => Promise<Result>) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const begun = performance.now();
  delay.enable();
  const result = await work();
  delay.disable();
  const loopDelayMs = { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 };
  return { result, seconds: (performance.now() - begun) / 1_000, loopDelayMs };
}

/** The knowledge of a daemon that embeds with a model of that name. */
function begin({ db, raw }: OpenDatabase, url: string, model: string) {
  const base = createKnowledgeBase({
    db,
    settings: KnowledgeSettingsSchema.parse({ embeddings: { enabled: true, waitMs: 5_000 } }),
    board: { all: () => [] },
    router: routerOf(
      { backends: [{ name: 'stub', type: 'openai', base_url: url, embedding_model: { name: model } }] },
      db,
    ),
    probeMachine: () => Promise.reject(new Error('there is no other machine here')),
    startNeighbours: (handlers) => startNeighbours(raw.name, handlers),
    now: Date.now,
    writeLater: (write) => write(),
    onError(error) {
      throw error;
    },
  });
  base.meaning.start();
  return base;
}

/** What finding by meaning costs the loop of a daemon that knows very much. Milliseconds. */
export async function benchEmbeddings() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-bench-'));
  const database = openDatabase(path.join(folder, 'mission.db'));
  const stub = await startStub();
  try {
    fill(database);
    const first = begin(database, stub.url, 'first');
    const embedding = await whileLooking(async () => {
      const waiting = database.raw.prepare('select 1 from knowledge_to_embed limit 1');
      while (waiting.get() !== undefined) await sleep(LOOK_MS);
    });
    const asked: number[] = [];
    const querying = await whileLooking(async () => {
      for (let query = 0; query < QUERIES; query += 1) {
        const from = performance.now();
        const { ranking } = await first.knowledge.find(question(query), { limit: 10 });
        if (ranking !== 'hybrid') throw new Error('it was found by words alone');
        asked.push(performance.now() - from);
      }
    });
    await first.meaning.close();

    // Vectors of a model that is used no more are thrown away, and their entries embedded anew.
    const second = begin(database, stub.url, 'second');
    const retiring = await whileLooking(() => sleep(RETIRED_FOR_MS));
    const left = z
      .object({ count: z.number() })
      .parse(
        database.raw
          .prepare('select count(*) as count from knowledge_vectors where space = ?')
          .get(`first/${DIMENSIONS}`),
      );
    const from = performance.now();
    second.knowledge.embeddings();
    const toldInMs = performance.now() - from;
    await second.meaning.close();
    return {
      load: os.loadavg(),
      entries: ENTRIES,
      dimensions: DIMENSIONS,
      embedded: {
        entriesASecond: Math.round(EMBEDDED / embedding.seconds),
        loopDelayMs: embedding.loopDelayMs,
      },
      foundByMeaning: { ...spread(asked), loopDelayMs: querying.loopDelayMs },
      retired: {
        entriesASecond: Math.round((ENTRIES - left.count) / retiring.seconds),
        loopDelayMs: retiring.loopDelayMs,
      },
      standingToldInMs: toldInMs,
    };
  } finally {
    database.close();
    await stub.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
