import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { NewMissionEvent } from '../../actors/bus.ts';
import { createIngestCare } from '../../actors/conversations/ingest-care.ts';
import type { IngestProgress } from '../../services/conversations/ingest-progress.ts';
import type { IngestHandlers } from '../../services/conversations/start-ingest.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const NOTHING: IngestProgress = {
  phase: 'following',
  files: 1,
  bytesRead: 9,
  bytesTotal: 9,
  bytesPerSecond: 1,
};

function createWorld() {
  const threads: IngestHandlers[] = [];
  const events: NewMissionEvent[] = [];
  const errors: string[] = [];
  const care = createIngestCare({
    startIngest(handlers) {
      threads.push(handlers);
      return { look() {}, close: async () => handlers.ended(undefined) };
    },
    taskWatch: { taskLists() {}, sessions() {} },
    bus: { publish: (event) => void events.push(event) },
    logger: {
      info() {},
      warn: (_, message) => void errors.push(message),
      error: (_, message) => void errors.push(message),
    },
    now: () => Date.now(),
  });
  care.start();
  const tell = (progress: Partial<IngestProgress>): void =>
    threads.at(-1)?.heard({ type: 'progress', progress: { ...NOTHING, ...progress } });
  return { threads, events, errors, care, tell };
}

test('a thread that dies is brought back, after a pause that grows while it dies at its start', async () => {
  const { threads, errors, care } = createWorld();
  for (const [seconds, count] of [
    [1, 2],
    [2, 3],
    [4, 4],
  ] as const) {
    threads.at(-1)?.ended(new Error('out of memory'));
    expect(care.progress().phase).toBe('stopped');
    await vi.advanceTimersByTimeAsync(seconds * 1_000 - 1);
    expect(threads).toHaveLength(count - 1);
    await vi.advanceTimersByTimeAsync(1);
    expect(threads).toHaveLength(count);
  }
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  threads.at(-1)?.ended(new Error('again, after it ran well'));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(threads).toHaveLength(5);
  expect(errors).toHaveLength(4);
});

test('one that is closed stays closed', async () => {
  const { threads, care } = createWorld();
  await care.close();
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(threads).toHaveLength(1);
});

test('much that is read is told of, and its end; a line that is added is not', () => {
  const { events, tell, care } = createWorld();
  tell({ phase: 'following' });
  expect(events).toEqual([]);
  tell({ phase: 'reading', bytesRead: 1 });
  tell({ phase: 'reading', bytesRead: 5 });
  tell({ phase: 'following' });
  tell({ phase: 'following', bytesRead: 10 });
  expect(events.map((event) => event.type === 'conversations_read' && event.progress.bytesRead)).toEqual([
    1, 5, 9,
  ]);
  expect(care.progress().bytesRead).toBe(10);
});

test('what keeps it from reading is told once and shown, until it reads again', () => {
  const { threads, events, errors, care, tell } = createWorld();
  const problem = (message: string | null) => threads.at(-1)?.heard({ type: 'problem', message });
  tell({ phase: 'reading', bytesRead: 1 });
  for (let tries = 0; tries < 3; tries += 1) problem('database or disk is full');
  tell({ phase: 'reading', bytesRead: 2 });
  expect(care.progress()).toMatchObject({ bytesRead: 2, problem: 'database or disk is full' });
  expect(errors).toEqual(['transcripts could not be read']);
  problem(null);
  expect(care.progress()).not.toHaveProperty('problem');
  expect(events.map((event) => event.type === 'conversations_read' && event.progress.problem)).toEqual([
    undefined,
    'database or disk is full',
    'database or disk is full',
    undefined,
  ]);
});
