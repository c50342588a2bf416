import Database from 'better-sqlite3';
import { getTableColumns, getTableName, isTable, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { AnySQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import * as agents from './schema/agents.ts';
import * as board from './schema/board.ts';
import * as claudeTasks from './schema/claude-tasks.ts';
import * as conversations from './schema/conversations.ts';
import * as knowledge from './schema/knowledge.ts';
import * as memory from './schema/memory.ts';
import * as merging from './schema/merging.ts';
import * as messages from './schema/messages.ts';
import * as notices from './schema/notices.ts';
import * as nudges from './schema/nudges.ts';
import * as permissions from './schema/permissions.ts';
import * as repositories from './schema/repositories.ts';
import * as router from './schema/router.ts';
import * as skills from './schema/skills.ts';
import * as slots from './schema/slots.ts';
import * as spending from './schema/spending.ts';
import * as swarms from './schema/swarms.ts';
import * as taskEnds from './schema/task-ends.ts';
import * as tasks from './schema/tasks.ts';
import * as worktrees from './schema/worktrees.ts';

const TABLES: readonly SQLiteTable[] = [
  agents,
  board,
  claudeTasks,
  conversations,
  knowledge,
  memory,
  merging,
  messages,
  notices,
  nudges,
  permissions,
  repositories,
  router,
  skills,
  slots,
  spending,
  swarms,
  taskEnds,
  tasks,
  worktrees,
].flatMap((module) => Object.values<unknown>(module).filter((one): one is SQLiteTable => isTable(one)));

/** More rows, or faults, than these are no help to anybody. */
const MOST_NAMED = 5;
/** The daemon that looks may still hold the file. Milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * What cannot be read of a database. `file`: it is none, or cannot be looked at; `pages`: some of it; `value`: a column
 * of some rows, by their rowid.
 */
type Damage =
  | { readonly type: 'file' | 'pages'; readonly words: string }
  | {
      readonly type: 'value';
      readonly table: string;
      readonly column: string;
      readonly rows: readonly number[];
    };

/** Whether rows of a table cannot be read at all when this column holds no JSON. */
function mustBeJson(column: AnySQLiteColumn): boolean {
  try {
    column.mapFromDriverValue('{');
    return false;
  } catch {
    return true;
  }
}

/**
 * Looks for what keeps rows from being read. All of a large database takes minutes: it is for one that has failed.
 * @returns null when nothing is wrong with it
 */
export function damageOf(file: string): Damage | null {
  let raw: Database.Database | null = null;
  try {
    raw = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    const said = raw.pragma(`quick_check(${MOST_NAMED})`, { simple: true });
    if (said !== 'ok') return { type: 'pages', words: String(said) };
    const db = drizzle(raw, { casing: 'snake_case' });
    const there = new Set(raw.prepare("select name from sqlite_schema where type = 'table'").pluck().all());
    for (const table of TABLES.filter((one) => there.has(getTableName(one))))
      for (const column of Object.values(getTableColumns(table)).filter(mustBeJson)) {
        const rows = db
          .select({ row: sql<number>`rowid` })
          .from(table)
          .where(sql`${column} is not null and not json_valid(${column})`)
          .limit(MOST_NAMED)
          .all();
        const [, name = column.name] = /"(\w+)"/.exec(db.select({ column }).from(table).toSQL().sql) ?? [];
        if (rows.length > 0)
          return {
            type: 'value',
            table: getTableName(table),
            column: name,
            rows: rows.map(({ row }) => row),
          };
      }
    return null;
  } catch (error) {
    const isSome = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_CORRUPT');
    return { type: isSome ? 'pages' : 'file', words: error instanceof Error ? error.message : String(error) };
  } finally {
    raw?.close();
  }
}
