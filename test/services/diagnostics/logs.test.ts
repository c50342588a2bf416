import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { followLog } from '../../../services/diagnostics/follow-log.ts';
import { lastLines } from '../../../services/diagnostics/last-lines.ts';
import { cleanLogs, listLogs, searchLogs } from '../../../services/diagnostics/list-logs.ts';
import { rotateLog } from '../../../services/diagnostics/log-rotation.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-logs-'));
  file = path.join(folder, 'slot-a.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (...lines: readonly string[]): void =>
  appendFileSync(file, lines.map((line) => `${line}\n`).join(''));

async function arrayOf<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('a log that was put aside is read on into those before it, the oldest of four goes', async () => {
  for (const line of ['one', 'two', 'three', 'four', 'five']) {
    write(line);
    rotateLog(file);
  }
  write('six', 'seven');
  expect(await lastLines(file, 3)).toEqual(['five', 'six', 'seven']);
  expect(await lastLines(file, 100)).toEqual(['three', 'four', 'five', 'six', 'seven']);
  expect((await listLogs(folder)).map(({ age }) => age)).toEqual([0, 1, 2, 3]);
});

test('what is written is followed line by line, half lines are waited for, and the name into its next file', async () => {
  write('long ago', 'before');
  const stopping = new AbortController();
  const lines = followLog(file, 1, stopping.signal);
  const next = async (): Promise<unknown> => (await lines.next()).value;
  expect(await next()).toBe('before');
  const second = next();
  appendFileSync(file, 'ha');
  appendFileSync(file, 'lf\nlast of this one\n');
  expect(await second).toBe('half');
  rotateLog(file);
  write('first of the next');
  expect([await next(), await next()]).toEqual(['last of this one', 'first of the next']);
  const end = lines.next();
  stopping.abort();
  expect((await end).done).toBe(true);
});

test('one that is not there yet is followed from its first line', async () => {
  const stopping = new AbortController();
  const lines = followLog(file, 10, stopping.signal);
  const first = lines.next();
  write('at last');
  expect((await first).value).toBe('at last');
  stopping.abort();
  await lines.return(undefined);
});

test('a text is found in what was put aside, too, the oldest first; a link is no log', async () => {
  write('Needle one', 'hay');
  rotateLog(file);
  write('hay', 'another needle');
  const secret = path.join(folder, 'secret.txt');
  writeFileSync(secret, 'needle in a file of somebody\n');
  symlinkSync(secret, path.join(folder, 'slot-b.log'));
  const hits = await arrayOf(searchLogs(await listLogs(folder), 'NEEDLE'));
  expect(hits.map(({ file: where, line, text }) => [path.basename(where), line, text])).toEqual([
    ['slot-a.log.1', 1, 'Needle one'],
    ['slot-a.log', 2, 'another needle'],
  ]);
});

test('old logs go, what is kept does not; a dry run changes nothing', async () => {
  write('old');
  rotateLog(file);
  write('young');
  utimesSync(`${file}.1`, 1, 1);
  const held = path.join(folder, 'missiond.log');
  writeFileSync(held, 'old, and held open\n');
  utimesSync(held, 1, 1);
  const keep = ({ name }: { readonly name: string }): boolean => name === 'missiond';
  const before = Date.now() - 60_000;
  expect(await cleanLogs(folder, before, { dryRun: true, keep })).toHaveLength(1);
  expect(existsSync(`${file}.1`)).toBe(true);
  expect((await cleanLogs(folder, before, { dryRun: false, keep })).map((log) => log.file)).toEqual([
    `${file}.1`,
  ]);
  expect([existsSync(`${file}.1`), existsSync(file), existsSync(held)]).toEqual([false, true, true]);
});
