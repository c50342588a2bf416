import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../db/open.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['machines', 'actors', 'services', 'server', 'db', 'inspector'] as const;

interface Import {
  readonly from: string;
  readonly to: string;
}

function filesOf(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)));
}

/** Every import of the sources; those of our own as paths from the root. */
const imports: readonly Import[] = FOLDERS.flatMap(filesOf).flatMap((from) =>
  [...readFileSync(path.join(ROOT, from), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    ([, target = '']) => ({
      from,
      to: target.startsWith('.')
        ? path.relative(ROOT, path.resolve(ROOT, path.dirname(from), target))
        : target,
    }),
  ),
);
const inFolder = (file: string, folder: string): boolean => file.startsWith(`${folder}/`);
const crossing = (from: string, allowed: readonly string[]): readonly Import[] =>
  imports.filter(
    (one) =>
      inFolder(one.from, from) &&
      FOLDERS.some((folder) => inFolder(one.to, folder)) &&
      ![from, ...allowed].some((folder) => inFolder(one.to, folder)),
  );

describe('arrows between folders point one way', () => {
  test.each([
    ['db', []],
    ['machines', ['db']],
    ['services', ['db']],
    ['actors', ['machines', 'services', 'db']],
  ] as const)('%s imports only %o', (folder, allowed) => {
    expect(crossing(folder, allowed)).toEqual([]);
  });

  test('there are imports to judge', () => {
    expect(imports.length).toBeGreaterThan(300);
  });
});

test('every transaction is for writing from the start', () => {
  const others = FOLDERS.flatMap(filesOf).filter(
    (file) => file !== 'db/at-once.ts' && /\.transaction\(/.test(readFileSync(path.join(ROOT, file), 'utf8')),
  );
  expect(others).toEqual([]);
});

test('no time-out is lost: what AbortSignal.any makes of AbortSignal.timeout is forgotten by Node 20 (services/deadline)', () => {
  const others = FOLDERS.flatMap(filesOf).filter((file) =>
    /AbortSignal\.any\([^;]*AbortSignal\.timeout/.test(readFileSync(path.join(ROOT, file), 'utf8')),
  );
  expect(others).toEqual([]);
});

describe('a library is known in one place', () => {
  const importersOf = (library: RegExp): readonly string[] =>
    [...new Set(imports.filter(({ to }) => library.test(to)).map(({ from }) => from))].sort();
  test.each([
    [/^node-pty$/, /^services\/pty\/pseudo-terminal\.ts$|^server\/cli\/checks\.ts$/],
    [/^@xterm\//, /^services\/terminal\/|^server\/attach\/session-screen\.ts$/],
    [/^@modelcontextprotocol\//, /^server\/(?:mcp|demo)\//],
    [/^drizzle-orm/, /^(?:db|services\/ledger)\//],
    [/^better-sqlite3$/, /^db\/|^server\/cli\/checks\.ts$|^services\/lock\/take-lock\.ts$/],
    [/^xstate$/, /^(?:machines|actors|inspector)\//],
    [/^fastify$|^@fastify\//, /^(?:server|inspector)\//],
    [/^@statelyai\//, /^inspector\//],
    [/^(?:@anthropic-ai\/sdk|openai)$/, /^services\/router\//],
  ])('%s only in %s', (library, place) => {
    const importers = importersOf(library);
    expect(importers.length).toBeGreaterThan(0);
    expect(importers.filter((file) => !place.test(file))).toEqual([]);
  });
});

describe('migrations', () => {
  const journal: { readonly entries: readonly { readonly when: number; readonly tag: string }[] } =
    JSON.parse(readFileSync(path.join(ROOT, 'db/migrations/meta/_journal.json'), 'utf8'));

  test('are dated in order, or drizzle would skip one silently', () => {
    const dates = journal.entries.map(({ when }) => when);
    expect(dates).toEqual([...new Set(dates)].sort((a, b) => a - b));
  });

  test('make every table from nothing', () => {
    const { raw, close } = openDatabase(':memory:');
    const tables = raw.prepare("select name from sqlite_master where type = 'table'").pluck().all();
    expect(tables).toEqual(
      expect.arrayContaining([
        'slots',
        'sessions',
        'transitions',
        'tasks',
        'deliveries',
        'questions',
        'audit',
        'inbox_messages',
        'history',
      ]),
    );
    close();
  });
});

test('no file is longer than 400 lines', () => {
  const long = FOLDERS.flatMap(filesOf).filter(
    (file) => readFileSync(path.join(ROOT, file), 'utf8').split('\n').length > 400,
  );
  expect(long).toEqual([]);
});
