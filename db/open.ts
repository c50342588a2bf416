import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import * as agents from './schema/agents.ts';
import * as board from './schema/board.ts';
import * as conversations from './schema/conversations.ts';
import * as knowledge from './schema/knowledge.ts';
import * as memory from './schema/memory.ts';
import * as notices from './schema/notices.ts';
import * as permissions from './schema/permissions.ts';
import * as router from './schema/router.ts';
import * as slots from './schema/slots.ts';
import * as spending from './schema/spending.ts';
import * as tasks from './schema/tasks.ts';
import * as worktrees from './schema/worktrees.ts';
import { createWriteTurn, type WriteTurn } from './write-turn.ts';

const schema = {
  ...slots,
  ...tasks,
  ...permissions,
  ...notices,
  ...spending,
  ...board,
  ...worktrees,
  ...conversations,
  ...knowledge,
  ...router,
  ...memory,
  ...agents,
};
/** The rows, and the turn of those who write: other threads stand back for what is done `atOnce`. */
export type MissionDatabase = BetterSQLite3Database<typeof schema> & { readonly turn: WriteTurn };

/** Another process (a backup, a person with sqlite3) may hold the lock for a moment; longer than this is a fault. */
const BUSY_TIMEOUT_MS = 5_000;
/** The write-ahead log is cut back to this after a checkpoint, so that a checkpoint never stalls on a huge log. */
const JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024;

/** Pages after which a commit brings the log into the file. A thread that writes much does it sooner, so that this one need not. */
const CHECKPOINT_PAGES = 4_000;
/** SQLite's own 2 MB would be read from the disk again by each search among very many messages. */
const CACHE_KILOBYTES = 32_000;

export interface OpenDatabase {
  readonly db: MissionDatabase;
  readonly raw: Database.Database;
  close(): void;
}

function migrationsFolder(): string {
  // The sources run from <root>/db, the build from <root>/dist/db; migrations are data and stay in <root>/db.
  const here = fileURLToPath(new URL('.', import.meta.url));
  return here.includes('/dist/db')
    ? fileURLToPath(new URL('../../db/migrations', import.meta.url))
    : fileURLToPath(new URL('./migrations', import.meta.url));
}

/**
 * Opens (and migrates) the database.
 *
 * Foreign keys are off while migrating: drizzle rebuilds tables inside a transaction, where
 * `PRAGMA foreign_keys` does nothing and a rebuild would cascade deletes.
 *
 * @param file path, or `:memory:`
 * @throws SqliteError when the file is not a database, is locked for too long, or the disk is full
 */
export function openDatabase(file: string): OpenDatabase {
  // Created for its owner alone; SQLite gives the journal files the same mode.
  if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
  const raw = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    raw.pragma('journal_mode = WAL');
    raw.pragma('synchronous = NORMAL');
    raw.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    raw.pragma(`journal_size_limit = ${JOURNAL_LIMIT_BYTES}`);
    raw.pragma(`cache_size = -${CACHE_KILOBYTES}`);
    raw.pragma('foreign_keys = OFF');
    const db = Object.assign(drizzle(raw, { schema, casing: 'snake_case' }), { turn: createWriteTurn() });
    migrate(db, { migrationsFolder: migrationsFolder() });
    raw.pragma('foreign_keys = ON');
    return {
      db,
      raw,
      close() {
        raw.close();
      },
    };
  } catch (error) {
    raw.close();
    throw error;
  }
}
