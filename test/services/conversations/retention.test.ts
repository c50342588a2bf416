import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../../db/open.ts';
import { createHousekeeping } from '../../../services/conversations/keep-house.ts';
import { createTranscriptReader } from '../../../services/conversations/read-transcripts.ts';
import { createConversationRetention } from '../../../services/ledger/conversation-retention.ts';
import { createMessageIndex } from '../../../services/ledger/message-index.ts';
import { createTranscriptLedger } from '../../../services/ledger/transcript-ledger.ts';
import { SEED } from '../../fuzz/settings.ts';
import { answered, anyLine, said, toolResult } from './transcript-lines.ts';

/** On a machine that does much else a sequence takes seconds (2.6 were measured), and a failure is made smaller by hundreds. */
const MOST_MS = 150_000;
const DAY_MS = 24 * 60 * 60_000;

let folder: string;
let database: OpenDatabase;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-retention-'));
  database = openDatabase(':memory:');
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

function read(name: string, lines: string, { db } = database): void {
  const file = path.join(folder, `${name}.jsonl`);
  writeFileSync(file, lines);
  const reader = createTranscriptReader(createTranscriptLedger(db), (text) => text);
  while (reader.step(file).bytes > 0);
}

const count = (table: string): unknown => database.raw.prepare(`select count(*) from ${table}`).pluck().get();

it('what is too old is forgotten, bit by bit; what it cost is not, and what is young stays', () => {
  const old = { timestamp: '2020-01-01T00:00:00Z' };
  const long = 'x'.repeat(3_000);
  read(
    'a',
    said('old words', old) + answered({ type: 'text', text: 'old answer' }, old) + toolResult('t', long, old),
  );
  read('b', said('young words') + toolResult('t', 'y'.repeat(3_000)));
  const now = Date.UTC(2026, 10, 22);
  const keepHouse = createHousekeeping(
    createConversationRetention(database.db),
    { keepDays: 30, keepLongDays: 90 },
    () => now,
  );
  while (keepHouse());
  expect(
    database.raw.prepare('select text from conversation_messages order by id limit 1').pluck().get(),
  ).toBe('young words');
  expect([count('conversation_messages'), count('message_usage'), count('blobs')]).toEqual([2, 1, 1]);
  expect(database.raw.prepare("select message_count from conversations where name = 'a'").pluck().get()).toBe(
    0,
  );
  expect(keepHouse()).toBe(false);
});

it('long results are forgotten before their beginnings', () => {
  read('a', toolResult('t', 'x'.repeat(3_000)));
  const keepHouse = createHousekeeping(
    createConversationRetention(database.db),
    { keepLongDays: 1 },
    () => Date.UTC(2026, 10, 21) + 30 * DAY_MS,
  );
  while (keepHouse());
  expect(database.raw.prepare('select blob_id, length, size from message_parts').all()).toEqual([
    { blob_id: null, length: 1_000, size: 3_000 },
  ]);
  expect(count('blobs')).toBe(0);
});

it('the indexes are whole after any sequence of reading, indexing, merging and forgetting', () => {
  const step = fc.oneof(
    fc.record({ read: fc.array(anyLine, { maxLength: 8 }), into: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ forgetBefore: fc.integer({ min: 0, max: 3_000 }) }),
    fc.record({ drop: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ order: fc.constantFrom('index', 'merge') }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const world = openDatabase(':memory:');
      try {
        const retention = createConversationRetention(world.db);
        const messages = createMessageIndex(world.db);
        for (const one of steps) {
          if ('read' in one) read(one.into, one.read.join(''), world);
          else if ('drop' in one)
            world.raw
              .prepare(
                'delete from conversations where name = ? and id not in (select parent_id from conversations where parent_id is not null)',
              )
              .run(one.drop);
          else if ('order' in one) messages[one.order === 'index' ? 'followUp' : 'merge']();
          else retention.forgetBefore(Date.UTC(2026, 10, 21) + one.forgetBefore * 1_000);
          for (const index of ['message_words', 'message_trigrams'])
            world.raw.prepare(`insert into ${index} (${index}) values ('integrity-check')`).run();
        }
        while (messages.followUp());
        for (const index of ['message_words', 'message_trigrams'])
          world.raw.prepare(`insert into ${index} (${index}, rank) values ('integrity-check', 1)`).run();
      } finally {
        world.close();
      }
    }),
    // It waits for nothing, so that a limit of the test would not end it.
    { seed: SEED, numRuns: 40, interruptAfterTimeLimit: MOST_MS, markInterruptAsFailure: true },
  );
});
