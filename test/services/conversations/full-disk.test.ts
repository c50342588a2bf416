import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../../db/open.ts';
import type { IngestNews } from '../../../services/conversations/ingest-progress.ts';
import { type Ingest, startIngest } from '../../../services/conversations/start-ingest.ts';
import { writeTranscripts } from '../../bench/conversations/generate.ts';
import { createSmallDisk, type SmallDisk } from '../../chaos/small-disk.ts';
import { DIST } from '../../e2e/world.ts';

const MEGABYTE = 1024 * 1024;
const WAIT = { timeout: 60_000, interval: 20 };
const COUNTED = `select (select count(*) from conversation_messages) as messages,
  (select count(*) from conversations) as conversations,
  (select sum(message_count) from conversations) as said,
  (select count(*) from message_parts) as parts,
  (select sum(output_tokens) from message_usage) as output,
  (select sum("offset") from transcript_files) as bytes,
  (select sum(count) from transcript_line_types) as lines`;

let folder: string;
let disk: SmallDisk | null;
const opened: OpenDatabase[] = [];
const threads: Ingest[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-full-'));
  disk = createSmallDisk(folder);
});
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close();
  for (const database of opened.splice(0)) database.close();
  disk?.unmount();
  rmSync(folder, { recursive: true, force: true });
});

/** The real thread, reading all transcripts into a database of that folder. */
function read(databaseFolder: string, personDirectory: string) {
  const database = openDatabase(path.join(databaseFolder, 'mission.db'));
  opened.push(database);
  const news: IngestNews[] = [];
  const ends: unknown[] = [];
  const thread = startIngest(
    {
      databaseFile: database.raw.name,
      personDirectory,
      readPerson: true,
      keepLongDays: 3_650,
      known: { secrets: [], withheldSlots: [] },
      turn: database.db.turn.shared,
    },
    { heard: (one) => void news.push(one), ended: (error) => void ends.push(error) },
    pathToFileURL(path.join(DIST, 'services', 'conversations', 'ingest-main.js')),
  );
  threads.push(thread);
  const problems = () => news.flatMap((one) => (one.type === 'problem' ? [one.message] : []));
  const isRead = () => news.some((one) => one.type === 'progress' && one.progress.phase === 'following');
  return { database, ends, problems, isRead, counted: () => database.raw.prepare(COUNTED).get() };
}

test('a disk that is full in the middle of an ingest stops it; when there is room it goes on, and nothing is lost or doubled', async ({
  skip,
}) => {
  if (disk === null) return skip('mounting a small disk is not allowed here');
  const transcripts = path.join(folder, 'claude');
  writeTranscripts(transcripts, 12 * MEGABYTE);
  const smooth = read(folder, transcripts);
  await vi.waitFor(() => expect(smooth.isRead()).toBe(true), WAIT);

  const { fill, free } = disk;
  const hindered = read(disk.folder, transcripts);
  await vi.waitFor(
    () =>
      expect(
        hindered.database.raw.prepare('select count(*) from conversation_messages').pluck().get(),
      ).toBeGreaterThan(0),
    { ...WAIT, interval: 5 },
  );
  for (let times = 0; times < 3; times += 1) {
    const before = hindered.problems().length;
    fill();
    await vi.waitFor(
      () =>
        expect(
          hindered.isRead() ||
            hindered
              .problems()
              .slice(before)
              .some((words) => /full/.test(words ?? '')),
        ).toBe(true),
      WAIT,
    );
    free();
    await vi.waitFor(() => expect(hindered.isRead() || hindered.problems().at(-1) === null).toBe(true), WAIT);
  }
  expect(hindered.problems().filter((words) => /full/.test(words ?? '')).length).toBeGreaterThan(0);
  await vi.waitFor(() => expect(hindered.isRead()).toBe(true), WAIT);
  expect(hindered.ends).toEqual([]);
  expect(hindered.counted()).toEqual(smooth.counted());
  for (const index of ['message_words', 'message_trigrams'])
    hindered.database.raw
      .prepare(`insert into ${index} (${index}, rank) values ('integrity-check', 1)`)
      .run();
  expect(hindered.database.raw.pragma('integrity_check', { simple: true })).toBe('ok');
});
