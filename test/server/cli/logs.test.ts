import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from './run-cli.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'missiond-logs-cli-'));
  mkdirSync(path.join(home, 'logs'));
  writeFileSync(path.join(home, 'logs', 'slot-fox.log'), '{"message":"of fox"}\n');
  writeFileSync(path.join(home, 'logs', 'slot-fox-1.log'), '{"message":"of fox-1"}\n\u001b[2Jclears\n');
  writeFileSync(path.join(home, 'logs', 'missiond.log'), 'of the daemon\n');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const cli = (...argv: readonly string[]) => runCli(['logs', ...argv, '--home', home]);

test('a log is that of the very name, also while no daemon runs; nothing in it draws', async () => {
  expect((await cli('fox')).out).toBe('{"message":"of fox"}\n');
  expect((await cli('fox-1')).out).toBe('{"message":"of fox-1"}\nclears\n');
  const { out } = await cli('fox-1', '--json');
  expect(out).not.toContain('\u001b');
  expect(JSON.parse(out).lines.at(-1)).toBe('\u001b[2Jclears');
  expect((await cli('missiond')).out).toBe('of the daemon\n');
  const { status, err } = await cli('fo');
  expect({ status, err }).toEqual({
    status: 2,
    err: expect.stringContaining('There are logs of: missiond, fox, fox-1'),
  });
  expect((await cli('../missiond')).status).toBe(2);
});

test('they are listed, and searched with the status of grep', async () => {
  expect((await cli('list')).out).toMatch(/^missiond .*\nfox .*\nfox-1 .*\n/m);
  expect(await cli('search', 'OF FOX', 'fox')).toMatchObject({
    status: 0,
    out: 'slot-fox.log:1: {"message":"of fox"}\n',
  });
  expect(await cli('search', 'nobody said this')).toMatchObject({ status: 1, out: '' });
});

test('cleaning needs an age, and says what would go', async () => {
  expect(await cli('clean')).toMatchObject({ status: 2, err: expect.stringContaining('--older-than') });
  for (const file of ['slot-fox.log', 'missiond.log']) utimesSync(path.join(home, 'logs', file), 1, 1);
  const old = path.join(home, 'logs', 'slot-fox.log');
  expect((await cli('clean', '--older-than', '30d', '--dry-run')).out).toBe(`would go: ${old}\n`);
  expect((await cli('clean', '--older-than', '30d')).out).toBe(`removed: ${old}\n`);
  expect((await cli('clean', '--older-than', '30d')).out).toBe('Nothing is that old.\n');
});

test('an agent reads no file of missiond: it asks the daemon', async () => {
  const { status, err } = await runCli(['logs', 'fox', '--home', home], { MISSIOND_SLOT_ID: 'fox' });
  expect({ status, err }).toEqual({ status: 1, err: expect.stringContaining('daemon') });
});
