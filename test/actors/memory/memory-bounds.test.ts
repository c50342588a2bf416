import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MemoryJobId } from '../../../db/ids.ts';
import { memoryJobs } from '../../../db/schema/memory.ts';
import { createMemoryStage, type MemoryStage } from './memory-stage.ts';

const DAY_MS = 24 * 60 * 60_000;

let stage: MemoryStage;
beforeEach(() => {
  // It looks when it is told to, and not once more by itself because the machine is slow.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  stage = createMemoryStage({ deep: false, consolidation: false, keepDays: 30 });
});
afterEach(() => {
  expect(stage.errors).toEqual([]);
  stage.close();
  vi.useRealTimers();
});

const status = () => stage.running().memory.status();

async function learn(text: string): Promise<void> {
  stage.say(text);
  stage.later(2 * 60_000);
  await stage.look();
  await stage.answer();
}

test('a job that has ended is kept for as long as the configuration says; what it taught stays', async () => {
  await learn('The port is 4711');
  stage.later(29 * DAY_MS);
  await learn('The host is called otter');
  expect(status().jobs).toEqual({ done: 2 });
  stage.later(2 * DAY_MS);
  await stage.look();
  expect(status().jobs).toEqual({ done: 1 });
  expect(stage.running().knowledge.list({ limit: 10 }).entries).toHaveLength(2);
  stage.later(30 * DAY_MS);
  await stage.look();
  expect(status()).toMatchObject({ jobs: {}, pendingRealtime: 0 });
});

test('many that are too old go bit by bit, and one that has not ended stays however old it is', async () => {
  stage.say('The port is 4711');
  stage.later(2 * 60_000);
  await stage.look();
  const [open] = stage.database().db.select().from(memoryJobs).all();
  if (open === undefined) throw new Error('no job was made');
  const old = { ...open, status: 'failed' as const, finishedAt: stage.now() - 31 * DAY_MS };
  for (let count = 0; count < 450; count += 1)
    stage
      .database()
      .db.insert(memoryJobs)
      .values({ ...old, id: MemoryJobId.parse(randomUUID()) })
      .run();
  stage.later(100 * DAY_MS);
  const left: number[] = [];
  for (let looks = 0; looks < 3; looks += 1) {
    await stage.look();
    left.push(status().jobs.failed ?? 0);
  }
  expect(left).toEqual([250, 50, 0]);
  expect(status().jobs).toEqual({ extracting: 1 });
});

test('what waits is counted up to a bound, and said to be more', async () => {
  stage.become('nobody is there');
  stage.running().memory.pending(1);
  for (let count = 0; count < 200; count += 1) stage.say('a word', { session: `session-${count}` });
  await stage.look();
  expect(status().pendingRealtime).toBe(200);
  expect(status()).not.toHaveProperty('pendingMore');
  stage.say('one more', { session: 'session-200' });
  await stage.look();
  expect(status()).toMatchObject({ pendingRealtime: 200, pendingMore: true });
  expect(stage.running().memory.pending(10).text).toContain('10 of 200 messages or more');
});

test('while nothing is said the memory keeps nobody from writing', async () => {
  await learn('The port is 4711');
  await stage.look();
  const { turn } = stage.database().db;
  const writes = vi.spyOn(turn, 'first');
  for (let looks = 0; looks < 20; looks += 1) {
    stage.later(1_000);
    await stage.look();
  }
  expect(writes).not.toHaveBeenCalled();
  await learn('The host is called otter');
  expect(writes).toHaveBeenCalled();
  expect(status().jobs).toEqual({ done: 2 });
});
