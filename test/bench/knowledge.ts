import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { createKnowledgeBase } from '../../actors/knowledge/knowledge-base.ts';
import { KnowledgeId, Role } from '../../db/ids.ts';
import { openDatabase } from '../../db/open.ts';
import { KnowledgeSettingsSchema } from '../../services/knowledge/tiers.ts';
import { createKnowledgeLedger } from '../../services/ledger/knowledge-ledger.ts';
import { createRandom } from '../chaos/random.ts';
import { routerOf } from '../services/router/router-of.ts';
import { spread } from './spread.ts';

const ENTRIES = 100_000;
const WORDS = 20_000;
const QUERIES = 2_000;
const WARM_UP = 200;
const CATEGORIES = [
  'memory',
  'memory:ops',
  'memory:bugfix',
  'project',
  'procedure',
  'decision',
  'preference',
];

const SYLLABLES = 'ba ce di fo gu ha je ki lo mu na pe qi ro su ta ve wi xo zu'.split(' ');

/** A word of its own for each number, no more alike than those of a language. */
const spelled = (number: number): string =>
  [number % 20, Math.floor(number / 20) % 20, Math.floor(number / 400) % 20, (number * 7) % 20]
    .map((place) => SYLLABLES[place] ?? '')
    .join('');

function timed(runs: number, work: (run: number) => void): readonly number[] {
  for (let run = 0; run < WARM_UP; run += 1) work(run);
  return Array.from({ length: runs }, (_, run) => {
    const start = performance.now();
    work(WARM_UP + run);
    return performance.now() - start;
  });
}

/** Searching, giving and remembering with a hundred thousand entries, in a database on the disk. Milliseconds. */
export function benchKnowledge() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-bench-'));
  const database = openDatabase(path.join(folder, 'mission.db'));
  try {
    const { next: random } = createRandom(7);
    // As in a language: a few words are in nearly every text, most in hardly any.
    const word = (): string => spelled(Math.floor(WORDS * random() ** 4));
    const words = (count: number): string => Array.from({ length: count }, word).join(' ');
    const ledger = createKnowledgeLedger(database.db);
    const begun = performance.now();
    ledger.atOnce(() => {
      for (let entry = 0; entry < ENTRIES; entry += 1) {
        ledger.insert(
          KnowledgeId.parse(randomUUID()),
          {
            category: CATEGORIES[entry % CATEGORIES.length] ?? 'memory',
            key: `entry-${entry} ${words(2)}`,
            summary: words(15),
            detail: { text: words(40) },
            source: 'import',
            confidence: 1,
          },
          { by: 'bench', at: begun },
        );
      }
    });
    const filledMs = performance.now() - begun;
    const { knowledge } = createKnowledgeBase({
      board: { all: () => [] },
      router: routerOf({ backends: [] }, database.db),
      db: database.db,
      settings: KnowledgeSettingsSchema.parse({}),
      probeMachine: () => Promise.reject(new Error('there is no other machine here')),
      startNeighbours() {
        throw new Error('nothing is embedded here');
      },
      now: Date.now,
      writeLater: (write) => write(),
      onError(error) {
        throw error;
      },
    });
    const role = Role.parse('coder');
    const search = (count: number, category?: string) =>
      spread(timed(QUERIES, () => knowledge.search(words(count), { category, limit: 20 })));
    return {
      entries: ENTRIES,
      filledMs: Math.round(filledMs),
      searchOneWord: search(1),
      searchThreeWords: search(3),
      searchOneWordInACategory: search(1, 'memory'),
      searchTheMostFrequentWord: spread(timed(QUERIES, () => knowledge.search(spelled(0), { limit: 20 }))),
      givenWithAPrompt: spread(
        timed(QUERIES, (run) =>
          knowledge.give.forPrompt({ sessionId: `s${run % 20}`, role }, words(30), Date.now()),
        ),
      ),
      remembered: spread(
        timed(QUERIES / 4, (run) =>
          knowledge.remember({ category: 'memory', key: `new-${run}`, summary: words(15) }, { by: 'bench' }),
        ),
      ),
    };
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
