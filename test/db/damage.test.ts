import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { damageOf } from '../../db/damage.ts';
import { openDatabase } from '../../db/open.ts';
import { createTaskLedger } from '../../services/ledger/task-ledger.ts';
import { taskRow } from '../services/ledger/task-row.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-damage-'));
  file = path.join(folder, 'mission.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('one that is well has none, while somebody has it open, too', () => {
  const database = openDatabase(file);
  createTaskLedger(database.db).insert(taskRow());
  expect(damageOf(file)).toBeNull();
  database.close();
  expect(damageOf(file)).toBeNull();
});

test('a value that is no JSON is named with its table, its column as it is called there, and its rows', () => {
  const database = openDatabase(file);
  createTaskLedger(database.db).insert(taskRow());
  database.raw.prepare(`update tasks set "guard" = '{"protectedPaths": ['`).run();
  database.close();
  expect(damageOf(file)).toEqual({ type: 'value', table: 'tasks', column: 'guard', rows: [1] });
});

test('a page that was destroyed, and a file that is none, are said in the words of SQLite', () => {
  const { raw, close } = openDatabase(file);
  const page = Number(raw.prepare("select rootpage from sqlite_schema where name = 'tasks'").pluck().get());
  const size = Number(raw.pragma('page_size', { simple: true }));
  close();
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(size, 0xa5), 0, size, (page - 1) * size);
  closeSync(descriptor);
  expect(damageOf(file)).toMatchObject({
    type: 'pages',
    words: expect.stringMatching(/malformed|page|Tree/),
  });
  writeFileSync(file, 'this is a letter, not a database, and long enough to be looked at'.repeat(20));
  expect(damageOf(file)).toEqual({ type: 'file', words: 'file is not a database' });
});

test('every file of the schema is looked at', () => {
  const source = readFileSync(new URL('../../db/damage.ts', import.meta.url), 'utf8');
  const schema = fileURLToPath(new URL('../../db/schema', import.meta.url));
  for (const name of readdirSync(schema)) expect(source).toContain(`from './schema/${name}'`);
});
