import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../../db/open.ts';
import { lookAtDatabase } from '../../../services/health/look-at-database.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-health-'));
  openDatabase(path.join(folder, 'mission.db')).close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const open = (options?: Database.Options) => new Database(path.join(folder, 'mission.db'), options);

test('one that is well tells its size, version and schema, as often as it is asked', () => {
  const raw = open();
  const facts = [lookAtDatabase(raw), lookAtDatabase(raw)];
  for (const { bytes, sqlite, schema } of facts) {
    expect(bytes).toBeGreaterThan(10_000);
    expect(sqlite).toMatch(/^3\./);
    expect(schema).toBeGreaterThan(5);
  }
  raw.close();
});

test('one that cannot be written to is not', () => {
  const raw = open({ readonly: true });
  expect(() => lookAtDatabase(raw)).toThrow(/readonly/);
  raw.close();
});

test('one that somebody else holds is not', () => {
  const [raw, other] = [open({ timeout: 10 }), open()];
  other.exec('BEGIN IMMEDIATE');
  expect(() => lookAtDatabase(raw)).toThrow(/locked/);
  other.exec('ROLLBACK');
  lookAtDatabase(raw);
  for (const each of [raw, other]) each.close();
});

test('one of which a page was destroyed is not', () => {
  const raw = open();
  const page = Number(raw.prepare("select rootpage from sqlite_schema where name = 'tasks'").pluck().get());
  const size = Number(raw.pragma('page_size', { simple: true }));
  raw.close();
  const file = openSync(path.join(folder, 'mission.db'), 'r+');
  writeSync(file, Buffer.alloc(size, 0xa5), 0, size, (page - 1) * size);
  closeSync(file);
  const broken = open();
  expect(() => lookAtDatabase(broken)).toThrow(/tasks|malformed/);
  broken.close();
});
