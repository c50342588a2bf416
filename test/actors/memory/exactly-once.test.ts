import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryJobs } from '../../../db/schema/memory.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { SEED } from '../../fuzz/settings.ts';
import { createMemoryStage, type MemoryStage } from './memory-stage.ts';

const MINUTE_MS = 60_000;

/** Everything that may happen, in any order. `unheard`: the daemon is killed before it is told. */
const STEPS = {
  say: (stage: MemoryStage, said: number[]) =>
    void said.push(stage.say(factOf(said.length), { session: `session-${said.length % 3}` })),
  grow(stage: MemoryStage, said: number[]) {
    for (let count = 0; count < 13; count += 1)
      said.push(
        stage.say(factOf(said.length), { session: 'long', role: count % 3 === 0 ? 'user' : 'assistant' }),
      );
  },
  fork(stage: MemoryStage, said: number[]) {
    const session = `fork-${said.length}`;
    stage.fork('long', session);
    said.push(stage.say(factOf(said.length), { session }));
  },
  wait: (stage: MemoryStage) => stage.later(MINUTE_MS),
  look: (stage: MemoryStage) => stage.look(),
  lookAndDie(stage: MemoryStage) {
    stage.lookWithoutWriting();
    stage.kill();
  },
  answer: (stage: MemoryStage) => stage.answer(),
  badAnswer: (stage: MemoryStage) => stage.answer('what?'),
  trouble: (stage: MemoryStage) => stage.fail(new MissionError('api_down', 'gone')),
  unheard(stage: MemoryStage) {
    stage.answerUnheard();
    stage.kill();
  },
  async storedUnwritten(stage: MemoryStage) {
    await stage.answerUnwritten();
    stage.kill();
  },
  kill: (stage: MemoryStage) => stage.kill(),
} as const;
type Step = keyof typeof STEPS;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
/** Words that no other message has: nothing is like anything else. */
const factOf = (index: number): string =>
  ['p', 'q', 'r', 's']
    .map((word) => `${word}${LETTERS[index % 26]}${Math.floor(index / 26)}${word}`)
    .join(' ');

/** Bad luck enough fails a job, which somebody then has tried again. */
async function drain(stage: MemoryStage): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    stage.later(61 * MINUTE_MS);
    await stage.look();
    for (const { id } of stage.running().memory.status().failed) stage.running().memory.retry(id);
    const { pendingRealtime, jobs } = stage.running().memory.status();
    const isOver = pendingRealtime === 0 && Object.keys(jobs).every((status) => status === 'done');
    if (isOver) return;
    await stage.answer();
  }
  throw new Error('there is no end to it');
}

test('whatever happens in whatever order, each message is read once, and what it taught is known once', async () => {
  const steps = fc.array(fc.constantFrom(...(Object.keys(STEPS) as Step[])), { minLength: 5, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, async (order) => {
      const stage = createMemoryStage({ deep: false, consolidation: false });
      try {
        const said: number[] = [];
        await stage.look();
        for (const step of order) {
          await STEPS[step](stage, said);
          await stage.settle();
        }
        await drain(stage);
        const jobs = stage.database().db.select().from(memoryJobs).all();
        expect(jobs.flatMap(({ messageIds }) => messageIds).sort((a, b) => a - b)).toEqual(said);
        const { entries } = stage.running().knowledge.list({ limit: 500 });
        expect(new Set(entries.map(({ key }) => key))).toEqual(new Set(said.map((id) => `fact-${id}`)));
        const created = jobs.reduce((sum, { outcome }) => sum + (outcome?.created ?? 0), 0);
        expect(created).toBe(said.length);
        for (const { key } of entries) expect(stage.running().knowledge.history(key)).toHaveLength(1);
        // Nothing was handed in again while it was being worked on.
        expect([...stage.attempts.values()].filter(({ outcome }) => outcome === undefined)).toEqual([]);
        expect(stage.errors).toEqual([]);
      } finally {
        stage.close();
      }
    }),
    { seed: SEED, numRuns: 25 },
  );
}, 120_000);
