import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { isTrusted, trustFolder } from '../../../services/claude/trust-folder.ts';

const never = (): AbortSignal => new AbortController().signal;
const State = z.looseObject({ projects: z.record(z.string(), z.unknown()) });

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'missiond-trust-'));
  file = path.join(directory, '.claude.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

const stateIn = (where: string) => State.parse(JSON.parse(readFileSync(where, 'utf8')));

function folders(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const folder = path.join(directory, `work-${index}`);
    mkdirSync(folder);
    return folder;
  });
}

it('says whether a folder, or one above it, is trusted', async () => {
  const [trusted = '', other = ''] = folders(2);
  expect(await isTrusted(file, trusted)).toBe(false);
  await trustFolder(file, trusted, never());
  mkdirSync(path.join(trusted, 'below'));
  expect(await isTrusted(file, path.join(trusted, 'below'))).toBe(true);
  expect(await isTrusted(file, other)).toBe(false);
});

it('adds one folder and keeps everything else', async () => {
  writeFileSync(file, JSON.stringify({ userID: 'me', projects: { '/a': { allowedTools: ['X'] } } }));
  expect(await trustFolder(file, directory, never())).toBe(true);
  expect(await trustFolder(file, directory, never())).toBe(false);
  expect(stateIn(file)).toEqual({
    userID: 'me',
    projects: { '/a': { allowedTools: ['X'] }, [directory]: { hasTrustDialogAccepted: true } },
  });
});

it('leaves a file alone that it cannot read', async () => {
  writeFileSync(file, '{half');
  await expect(trustFolder(file, directory, never())).rejects.toMatchObject({ code: 'config_invalid' });
  expect(readFileSync(file, 'utf8')).toBe('{half');
  expect(readdirSync(directory)).toEqual(['.claude.json']);
});

it('trusts every folder of slots that start together, and leaves nothing else behind', async () => {
  const wanted = folders(20);
  await Promise.all(wanted.map((folder) => trustFolder(file, folder, never())));
  expect(new Set(Object.keys(stateIn(file).projects))).toEqual(new Set(wanted));
  expect(readdirSync(directory).filter((name) => !name.startsWith('work-'))).toEqual(['.claude.json']);
});

it.each([true, false])(
  'keeps a link to the file and writes what it points to, there already: %s',
  async (exists) => {
    const target = path.join(directory, 'dotfiles.json');
    if (exists) writeFileSync(target, '{"userID":"me"}');
    symlinkSync('dotfiles.json', file);
    expect(await trustFolder(file, directory, never())).toBe(true);
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(stateIn(target).projects).toEqual({ [directory]: { hasTrustDialogAccepted: true } });
    expect(stateIn(target)['userID']).toBe(exists ? 'me' : undefined);
  },
);

it('trusts the folders of two homes that link to one file', async () => {
  const target = path.join(directory, 'dotfiles.json');
  const other = path.join(directory, 'other.json');
  for (const link of [file, other]) symlinkSync(target, link);
  const wanted = folders(10);
  await Promise.all(
    wanted.map((folder, index) => trustFolder(index % 2 === 0 ? file : other, folder, never())),
  );
  expect(new Set(Object.keys(stateIn(target).projects))).toEqual(new Set(wanted));
});

it('waits while a Claude Code changes the file, and loses nothing of its change', async () => {
  writeFileSync(file, '{"projects":{}}');
  mkdirSync(`${file}.lock`);
  const trusted = trustFolder(file, directory, never());
  await expect(trustFolder(file, directory, AbortSignal.timeout(100))).rejects.toThrow();
  writeFileSync(file, '{"projects":{},"numStartups":7}');
  rmSync(`${file}.lock`, { recursive: true });
  expect(await trusted).toBe(true);
  expect(stateIn(file)).toMatchObject({ numStartups: 7, projects: { [directory]: {} } });
});

it('passes over a lock that a killed process has left', async () => {
  mkdirSync(`${file}.lock`);
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(`${file}.lock`, longAgo, longAgo);
  expect(await trustFolder(file, directory, never())).toBe(true);
  expect(existsSync(`${file}.lock`)).toBe(false);
});
