import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../../db/open.ts';
import { createIndexKeeping } from '../../../services/conversations/keep-index.ts';
import { createMessageIndex } from '../../../services/ledger/message-index.ts';

let database: OpenDatabase;
beforeEach(() => {
  database = openDatabase(':memory:');
  database.raw
    .prepare("insert into conversations (name, session_id, message_count) values ('one', 'one', 0)")
    .run();
});
afterEach(() => database.close());

let said = 0;
function say(text: string): number {
  said += 1;
  const { lastInsertRowid } = database.raw
    .prepare(
      "insert into conversation_messages (conversation_id, uuid, role, text, cjk) values (1, ?, 'user', ?, ?)",
    )
    .run(`u${said}`, text, /\p{Script=Han}/u.test(text) ? 1 : 0);
  return Number(lastInsertRowid);
}

const found = (table: 'message_words' | 'message_trigrams', match: string): unknown =>
  database.raw.prepare(`select rowid from ${table} where ${table} match ? order by rowid`).pluck().all(match);
const upTo = (): unknown => database.raw.prepare('select up_to from indexed_messages').pluck().get();
function expectWhole(): void {
  for (const table of ['message_words', 'message_trigrams'])
    database.raw.prepare(`insert into ${table} (${table}, rank) values ('integrity-check', 1)`).run();
}

test('messages are found once they are indexed, words and letters alike', () => {
  const index = createMessageIndex(database.db);
  const [one, two] = [say('a hippopotamus'), say('把服务部署到生产')];
  expect(found('message_words', 'hippopotamus')).toEqual([]);
  expect(index.followUp()).toBe(true);
  expect(found('message_words', 'hippopotamus')).toEqual([one]);
  expect(found('message_trigrams', '部署到')).toEqual([two]);
  expect(index.followUp()).toBe(false);
  expectWhole();
});

test('very many are indexed in several transactions, each with its mark; another one goes on behind it', () => {
  const many = Array.from({ length: 9_000 }, (_, number) => say(`word number${number}`));
  expect(createMessageIndex(database.db).followUp()).toBe(true);
  const first = Number(upTo());
  expect(first).toBeLessThan(many.length);
  expect(found('message_words', 'word')).toHaveLength(first);
  const next = createMessageIndex(database.db);
  while (next.followUp());
  expect(found('message_words', 'word')).toHaveLength(many.length);
  expectWhole();
});

test('what cannot be indexed now is indexed later, and none of it twice', () => {
  say('a hippopotamus');
  database.raw.exec(
    "create trigger full_disk before update on indexed_messages begin select raise(abort, 'database or disk is full'); end",
  );
  expect(() => createMessageIndex(database.db).followUp()).toThrow('full');
  expect([found('message_words', 'hippopotamus'), upTo()]).toEqual([[], 0]);
  database.raw.exec('drop trigger full_disk');
  const index = createMessageIndex(database.db);
  while (index.followUp());
  expect(found('message_words', 'hippopotamus')).toHaveLength(1);
  expectWhole();
});

test('what goes before it was indexed leaves nothing behind', () => {
  const index = createMessageIndex(database.db);
  say('a hippopotamus');
  index.followUp();
  const gone = say('另一只河马来了');
  database.raw.prepare('delete from conversation_messages where id = ?').run(gone);
  expectWhole();
  while (index.followUp());
  database.raw.exec('delete from conversation_messages');
  expect(found('message_words', 'hippopotamus')).toEqual([]);
  expectWhole();
});

test('pieces are merged until few are left, and everything is found as before', () => {
  const index = createMessageIndex(database.db);
  const pieces = (): unknown =>
    database.raw.prepare('select count(distinct segid) from message_words_idx').pluck().get();
  for (let piece = 0; piece < 30; piece += 1) {
    say(`common piece${piece}`);
    index.followUp();
  }
  expect(pieces()).toBe(30);
  while (index.merge());
  expect(pieces()).toBeLessThan(4);
  expect(found('message_words', 'common')).toHaveLength(30);
  expect(found('message_words', 'piece7')).toHaveLength(1);
  expectWhole();
});

test('without its mark nothing is indexed, rather than the same for ever', () => {
  say('a hippopotamus');
  database.raw.exec('delete from indexed_messages');
  expect(() => createMessageIndex(database.db).followUp()).toThrow('mark');
  expect(found('message_words', 'hippopotamus')).toEqual([]);
});

test('while nothing new was said nobody is kept from writing, and nothing is written', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-index-'));
  const file = path.join(folder, 'mission.db');
  const [reading, other] = [openDatabase(file), openDatabase(file)];
  try {
    reading.raw.exec(
      "insert into conversations (name, session_id, message_count) values ('one', 'one', 0); insert into conversation_messages (conversation_id, uuid, role, text, cjk) values (1, 'u', 'user', 'a hippopotamus', 0)",
    );
    let stoodBack = 0;
    const keeping = createIndexKeeping(
      createMessageIndex(reading.db, () => {
        stoodBack += 1;
      }),
    );
    while (!keeping.isComplete());
    while (keeping.tidy());
    const version = (): unknown => other.raw.pragma('data_version', { simple: true });
    const [before, turns] = [version(), stoodBack];
    // A lock that is asked for would be refused at once.
    reading.raw.pragma('busy_timeout = 0');
    other.raw.exec('begin immediate');
    for (let turn = 0; turn < 20; turn += 1)
      expect([keeping.isComplete(), keeping.tidy()]).toEqual([true, false]);
    other.raw.exec('rollback');
    expect([version(), stoodBack]).toEqual([before, turns]);
  } finally {
    reading.close();
    other.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
