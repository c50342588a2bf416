import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importRows } from '../../../services/knowledge/import-rows.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-import-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

test('JSON: each entry, and why one is none', () => {
  const good = { category: 'memory', key: 'a', summary: 'b', confidence: 0.5 };
  for (const content of [[good, { key: 'c' }], { entries: [good, { key: 'c' }] }]) {
    expect(importRows('json', write('x.json', JSON.stringify(content)))).toEqual([
      { place: '[0]', entry: good },
      { place: '[1]', problem: expect.stringContaining('category') },
    ]);
  }
});

test('JSONL: line by line, a broken one is told and the others stay', () => {
  const lines =
    '{"category":"memory","key":"a","summary":"b"}\nnonsense\n\n{"category":"Bad One","key":"a","summary":"b"}\n';
  expect(importRows('jsonl', write('x.jsonl', lines))).toMatchObject([
    { place: 'line 1', entry: { key: 'a' } },
    { place: 'line 2', problem: expect.stringContaining('no JSON') },
    { place: 'line 4', problem: expect.stringContaining('small letters') },
  ]);
});

test('Markdown: folders are categories, names are keys, front matter says otherwise', () => {
  write('README.md', '# The house\n\nWhat it is about.\n\nMore of it.');
  write(
    'Decisions/2026 Queue/sqlite.md',
    '---\nkey: queue-store\nconfidence: 0.9\n---\n# SQLite\n\nOne file, no server.',
  );
  write('empty.md', '');
  write('odd.md', '---\n: [\n---\nx');
  write('notes.txt', 'not this');
  symlinkSync('/etc', path.join(folder, 'outside'));
  expect(importRows('markdown', folder)).toMatchObject([
    {
      place: 'Decisions/2026 Queue/sqlite.md',
      entry: {
        category: 'decisions:2026-queue',
        key: 'queue-store',
        summary: 'One file, no server.',
        confidence: 0.9,
        detail: { text: '# SQLite\n\nOne file, no server.' },
      },
    },
    { place: 'README.md', entry: { category: 'memory', key: 'README', summary: 'What it is about.' } },
    { place: 'empty.md', problem: expect.stringContaining('summary') },
    { place: 'odd.md', problem: expect.stringContaining('front matter') },
  ]);
  expect(importRows('markdown', path.join(folder, 'README.md'))).toMatchObject([
    { entry: { key: 'README' } },
  ]);
});

test('servers.yaml: one entry a server', () => {
  const yaml =
    'servers:\n  - id: shop\n    name: Shop\n    provider: hetzner\n    host: 10.0.0.1\n    roles: [web]\n  - name: nameless\n';
  expect(importRows('servers_yaml', write('servers.yaml', yaml))).toMatchObject([
    {
      entry: {
        category: 'infra',
        key: 'shop',
        summary: 'Shop (hetzner)',
        detail: { host: '10.0.0.1', roles: ['web'] },
      },
    },
    { place: 'servers[1]', problem: expect.stringContaining('id') },
  ]);
});

test.each([
  ['json', '{"a": 1}', /no list/],
  ['json', '{', /no JSON/],
  ['servers_yaml', 'a: 1', /no `servers:`/],
  ['servers_yaml', 'a: &a [*a]\nb: *a', /no YAML/],
] as const)('%s %s is refused as a whole', (format, content, why) => {
  expect(() => importRows(format, write('x', content))).toThrow(why);
});

test('what is no file is refused, not waited for', () => {
  expect(() => importRows('json', folder)).toThrow(/cannot be read|no file/);
  expect(() => importRows('json', path.join(folder, 'none'))).toThrow(/cannot be read/);
  expect(() => importRows('jsonl', '/dev/zero')).toThrow(/no file/);
});
