import { expect, test } from 'vitest';
import type { OutputChunk, TerminalSnapshot } from '../../../services/pty/pty-host.ts';
import { createViewer, MOST_UNACKNOWLEDGED_BYTES } from '../../../services/pty/viewer.ts';

const CHUNK_BYTES = 64 * 1024;

function slowViewer() {
  const chunks: OutputChunk[] = [];
  const snapshots: TerminalSnapshot[] = [];
  let sequence = 0;
  const viewer = createViewer({
    start: 0,
    output: (chunk) => chunks.push(chunk),
    snapshot: (snapshot) => snapshots.push(snapshot),
    takeSnapshot: () => ({ sequence, columns: 80, rows: 24, data: 'screen' }),
  });
  return {
    viewer,
    chunks,
    snapshots,
    sequence: () => sequence,
    produce(bytes: number): void {
      for (let done = 0; done < bytes; done += CHUNK_BYTES) {
        sequence += CHUNK_BYTES;
        viewer.output({ sequence, data: 'x'.repeat(CHUNK_BYTES) });
      }
    },
  };
}

test('a viewer that acknowledges nothing is sent no more than the limit, however much comes', () => {
  const { viewer, chunks, produce } = slowViewer();
  produce(100 * 1024 * 1024);
  expect(viewer.pending()).toBeLessThanOrEqual(MOST_UNACKNOWLEDGED_BYTES);
  expect(chunks.length * CHUNK_BYTES).toBeLessThanOrEqual(MOST_UNACKNOWLEDGED_BYTES);
  expect(viewer.behind()).toBe(true);
});

test('when it has caught up it gets the screen once, and then goes on from there', () => {
  const { viewer, chunks, snapshots, sequence, produce } = slowViewer();
  produce(10 * 1024 * 1024);
  const last = chunks.at(-1)?.sequence ?? 0;
  viewer.acknowledge(last / 2);
  expect(snapshots).toEqual([]);
  viewer.acknowledge(last);
  viewer.acknowledge(last);
  expect(snapshots.map((snapshot) => snapshot.sequence)).toEqual([sequence()]);
  const before = chunks.length;
  produce(CHUNK_BYTES);
  expect(chunks.length).toBe(before + 1);
});

test('a viewer that acknowledges what it was never sent gains nothing by it', () => {
  const { viewer, produce } = slowViewer();
  viewer.acknowledge(1e12);
  produce(10 * 1024 * 1024);
  expect(viewer.pending()).toBeLessThanOrEqual(MOST_UNACKNOWLEDGED_BYTES);
  expect(viewer.behind()).toBe(true);
});
