import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openDatabase } from '../../db/open.ts';

const MIGRATIONS = fileURLToPath(new URL('../../db/migrations', import.meta.url));
const Journal = z.object({ entries: z.array(z.looseObject({ tag: z.string() })).min(1) });
const journal = Journal.parse(JSON.parse(readFileSync(path.join(MIGRATIONS, 'meta/_journal.json'), 'utf8')));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-db-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Tables and columns, without what SQLite keeps for itself. */
function schemaOf(raw: Database.Database): unknown {
  return raw
    .prepare(
      `select m.name as name, c.name as col, c.type as type, c."notnull" as required
       from sqlite_master m join pragma_table_info(m.name) c
       where m.type = 'table' and m.name not like '\\_\\_%' escape '\\' order by 1, 2`,
    )
    .all();
}

/** A database as an earlier version left it: only its first migrations were run. */
function earlierDatabase(file: string, count: number): void {
  const partial = path.join(folder, 'migrations');
  mkdirSync(path.join(partial, 'meta'), { recursive: true });
  for (const { tag } of journal.entries.slice(0, count))
    cpSync(path.join(MIGRATIONS, `${tag}.sql`), path.join(partial, `${tag}.sql`));
  writeFileSync(
    path.join(partial, 'meta/_journal.json'),
    JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }),
  );
  const raw = new Database(file);
  migrate(drizzle(raw), { migrationsFolder: partial });
  raw
    .prepare(
      `insert into tasks (id, kind, role, prompt, status, created_at, snapshot_version) values (?, 'task', 'coder', 'kept', 'queued', 1, 1)`,
    )
    .run('00000000-0000-4000-8000-000000000002');
  raw.close();
}

describe('the database', () => {
  it.each(journal.entries.map(({ tag }, index) => [tag, index + 1] as const))(
    'comes to the same schema from empty and from %s, and keeps its rows',
    (_, count) => {
      const fresh = openDatabase(path.join(folder, 'fresh.db'));
      const file = path.join(folder, 'earlier.db');
      earlierDatabase(file, count);
      const migrated = openDatabase(file);
      expect(schemaOf(migrated.raw)).toEqual(schemaOf(fresh.raw));
      expect(migrated.raw.prepare('select prompt from tasks').pluck().all()).toEqual(['kept']);
      migrated.close();
      fresh.close();
    },
  );

  it('is for its owner alone', () => {
    const file = path.join(folder, 'mission.db');
    openDatabase(file).close();
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('says what is wrong with a file that is none', () => {
    const file = path.join(folder, 'mission.db');
    writeFileSync(file, 'this is a letter, not a database, and long enough to be looked at'.repeat(20));
    expect(() => openDatabase(file)).toThrow(/not a database/);
  });
});
