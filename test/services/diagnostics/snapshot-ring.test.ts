import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSnapshotRing, readSnapshots } from '../../../services/diagnostics/snapshot-ring.ts';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'missiond-ring-'));
  folder = path.join(root, 'doubts');
});
afterEach(() => rmSync(root, { recursive: true }));

test('the newest are kept, in order, for their owner alone', async () => {
  let now = Date.UTC(2026, 0, 1);
  const ring = createSnapshotRing(folder, () => now);
  for (let index = 0; index < 60; index++) {
    now += 1_000;
    // Not awaited one by one: they are written in the order in which they came.
    void ring.add(`coder-${index}/..`, { index });
  }
  await ring.add('last', { index: 60 });
  const snapshots = (await readSnapshots(folder)).map(({ text }) => JSON.parse(text).index);
  expect(snapshots).toEqual(Array.from({ length: 40 }, (_, at) => at + 21));
  const [file = ''] = readdirSync(folder);
  expect(statSync(path.join(folder, file)).mode & 0o077).toBe(0);
});

test('a ring begun anew goes on behind what an earlier daemon kept', async () => {
  await createSnapshotRing(folder, () => 1_000).add('a', 'first');
  await createSnapshotRing(folder, () => 2_000).add('a', 'second');
  expect((await readSnapshots(folder)).map(({ text }) => JSON.parse(text))).toEqual(['first', 'second']);
});

test('a folder that is not there holds nothing', async () => {
  expect(await readSnapshots(folder)).toEqual([]);
});
