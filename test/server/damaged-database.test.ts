import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../db/open.ts';
import { failureOfDamage } from '../../server/damaged-database.ts';
import { createTaskLedger } from '../../services/ledger/task-ledger.ts';
import { taskRow } from '../services/ledger/task-row.ts';

const hasSqlite = spawnSync('/bin/sh', ['-c', 'command -v sqlite3']).status === 0;
/** Many pages of them. */
const TASKS = 500;

let folder: string;
let file: string;
beforeEach(() => {
  // A folder as a person may have one.
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond damage '));
  file = path.join(folder, 'mission.db');
  const database = openDatabase(file);
  for (let count = 0; count < TASKS; count += 1)
    createTaskLedger(database.db).insert(taskRow({ prompt: `task ${count}` }));
  database.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function inDatabase<Result>(look: (raw: OpenDatabase['raw']) => Result): Result {
  const { raw, close } = openDatabase(file);
  try {
    return look(raw);
  } finally {
    close();
  }
}
/** Writes nonsense over a part of the file. */
function destroy(at: number, bytes: number): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(bytes, 0xa5), 0, bytes, at);
  closeSync(descriptor);
}
const cause = new Error('something could not be read');

test('an error that the database has nothing to do with is not blamed on it', () => {
  expect(failureOfDamage(file, cause)).toBeNull();
  expect(failureOfDamage(path.join(folder, 'nothing'), cause)).toBeNull();
});

test('a value that cannot be read: which, where and what to do, and it is changed by nobody', () => {
  inDatabase((raw) => raw.prepare(`update tasks set "guard" = '{broken' where rowid = 7`).run());
  expect(failureOfDamage(file, cause)).toMatchObject({
    code: 'database_failed',
    message: expect.stringContaining('guard of tasks, rowid 7'),
    remedy: expect.stringContaining(`sqlite3 '${file}' "select * from tasks where rowid = 7"`),
    cause,
  });
  expect(inDatabase((raw) => raw.prepare('select "guard" from tasks where rowid = 7').pluck().get())).toBe(
    '{broken',
  );
});

test('a file that is no database any more is said to be that, and no other takes its place by itself', () => {
  destroy(0, 16);
  const before = readFileSync(file);
  expect(failureOfDamage(file, cause)).toMatchObject({
    message: expect.stringContaining('file is not a database'),
    remedy: expect.stringContaining('move it away'),
  });
  expect(readFileSync(file).equals(before)).toBe(true);
});

test.skipIf(!hasSqlite)('a destroyed page: what a person is told to do brings the tasks back', () => {
  const [page, size] = inDatabase((raw) => [
    Number(raw.prepare("select rootpage from sqlite_schema where name = 'tasks_status'").pluck().get()),
    Number(raw.pragma('page_size', { simple: true })),
  ]);
  destroy((Number(page) - 1) * Number(size), Number(size));
  const { message = '', remedy = '' } = failureOfDamage(file, cause) ?? {};
  expect(message).toContain('is damaged');
  const commands = [...remedy.matchAll(/: ((?:sqlite3|rm) .*)$/gm)].map(([, command = '']) => command);
  expect(commands).toHaveLength(2);
  for (const command of commands) execFileSync('/bin/sh', ['-c', command]);
  expect(failureOfDamage(file, cause)).toBeNull();
  inDatabase((raw) => {
    expect(raw.prepare("select count(*) from tasks where status = 'queued'").pluck().get()).toBe(TASKS);
    // What finds by words works, too.
    raw.prepare("insert into message_words (message_words, rank) values ('integrity-check', 1)").run();
  });
});
