import { expect, test } from 'vitest';
import { followTranscripts } from '../../../services/conversations/follow-transcripts.ts';
import type { IngestProgress } from '../../../services/conversations/ingest-progress.ts';
import type { FoundTranscript } from '../../../services/conversations/list-transcripts.ts';

const MEGABYTE = 1024 * 1024;
const NOW = 1_000_000_000;

/** Follows files that lie nowhere until it rests so often. Each step reads a megabyte. */
async function follow(
  files: readonly { readonly path: string; readonly megabytes: number; readonly age: number }[],
  {
    pauses = 1,
    fails = () => false,
    merges = 0,
  }: { pauses?: number; fails?: (path: string, count: number) => boolean; merges?: number } = {},
) {
  const stopping = new AbortController();
  const left = new Map(files.map(({ path, megabytes }) => [path, megabytes]));
  const read: string[] = [];
  const told: IngestProgress[] = [];
  const problems: unknown[] = [];
  const done: string[] = [];
  let unindexed = 0;
  let rests = 0;
  const found = files.map(
    ({ path, megabytes, age }): FoundTranscript => ({
      path,
      identity: path,
      size: megabytes * MEGABYTE,
      changedAt: NOW - age,
    }),
  );
  await followTranscripts({
    list: () => found,
    offsets: () => new Map(),
    reader: {
      step(path) {
        read.push(path);
        if (fails(path, read.length)) throw new Error(`${path} cannot be read`);
        const megabytes = left.get(path) ?? 0;
        left.set(path, Math.max(0, megabytes - 1));
        return { bytes: megabytes > 0 ? MEGABYTE : 0, taskLists: [] };
      },
    },
    index: {
      read: (bytes) => {
        unindexed += bytes;
      },
      isComplete() {
        const isComplete = unindexed === 0;
        unindexed = Math.max(0, unindexed - 3 * MEGABYTE);
        return isComplete;
      },
      tidy() {
        if (merges === 0) return false;
        merges -= 1;
        done.push('merged');
        return true;
      },
    },
    tell(progress) {
      told.push(progress);
      if (progress.phase === 'following') done.push(`followed, ${unindexed} unindexed`);
    },
    problem: (error) => void problems.push(error),
    async pause() {
      rests += 1;
      done.push('rested');
      if (rests === pauses) stopping.abort();
    },
    keepHouse: () => false,
    now: () => NOW,
    signal: stopping.signal,
  });
  return { read, told, problems, done };
}

test('conversations that go on are read first, then the oldest ones; what is read is told of, and its end', async () => {
  const { read, told } = await follow([
    { path: 'young', megabytes: 1, age: 200_000 },
    { path: 'old', megabytes: 5, age: 900_000 },
    { path: 'now', megabytes: 1, age: 1_000 },
  ]);
  expect([...new Set(read)]).toEqual(['now', 'old', 'young']);
  expect(told[0]?.phase).toBe('starting');
  expect(told.at(-1)).toMatchObject({
    phase: 'following',
    bytesRead: 7 * MEGABYTE,
    bytesTotal: 7 * MEGABYTE,
    files: 3,
  });
});

test('a file that cannot be read is told of and tried again, and others are read all the same', async () => {
  const { read, problems } = await follow(
    [
      { path: 'bad', megabytes: 1, age: 900_000 },
      { path: 'good', megabytes: 1, age: 200_000 },
    ],
    { pauses: 2, fails: (path, count) => path === 'bad' && count === 1 },
  );
  expect(problems).toEqual([new Error('bad cannot be read'), null]);
  expect(read.filter((path) => path === 'bad').length).toBeGreaterThan(1);
  expect(read).toContain('good');
});

test('all is read once all of it is found; the index is put in order before it rests', async () => {
  const { done } = await follow([{ path: 'one', megabytes: 7, age: 900_000 }], { merges: 2 });
  expect(done).toEqual(['followed, 0 unindexed', 'merged', 'merged', 'rested']);
});
