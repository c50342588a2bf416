import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentName, RepositoryName, Role, SlotId } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { createAgentLedger } from '../../services/ledger/agent-ledger.ts';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let doors: OpenDoors;
let db: MissionDatabase;
let person: ReturnType<typeof createRealRepository>;
let base: string;
beforeEach(async () => {
  person = createRealRepository();
  doors = await openDoors({
    seed(opened) {
      db = opened;
    },
  });
  person.git(['clone', '--quiet', '--bare', person.folder, path.join(person.directory, 'remote.git')]);
  person.git(['remote', 'add', 'origin', path.join(person.directory, 'remote.git')]);
  person.git(['fetch', '--quiet', 'origin']);
  await doors.client.repoAdd({ source: person.folder });
  base = person.head();
});
afterEach(async () => {
  await doors.close();
  person.close();
});

const cli = (...argv: readonly string[]) => runCli([...argv, '--repo', 'project', '--home', doors.home]);
const branches = () => person.git(['for-each-ref', '--format=%(refname:short)', 'refs/heads']).split('\n');
const placeOf = (name: string) => path.join(doors.home, 'worktrees', 'project', name);
const ledger = () => createAgentLedger(db);

/** An agent that has ended, with a worktree in which it has committed each of the files. */
function agent(name: string, files: readonly string[], owns = true): string {
  const worktree = placeOf(name);
  mkdirSync(path.dirname(worktree), { recursive: true });
  const branch = owns ? `work/${name}` : name;
  person.git(['worktree', 'add', '--quiet', '-b', branch, worktree, base]);
  for (const file of files) {
    person.write(file, `${name}\n`, worktree);
    person.git(['add', '.'], worktree);
    person.git(['commit', '--quiet', '-m', `${name}: ${file}`], worktree);
  }
  ledger().insert({
    slotId: SlotId.parse(`project.${name}`),
    repository: RepositoryName.parse('project'),
    name: AgentName.parse(name),
    role: Role.parse('worker'),
    kind: 'worker',
    status: 'completed',
    branch,
    ownsBranch: owns,
    base,
    gitFolder: path.join(person.folder, '.git'),
    worktree,
    createdBy: 'test',
    createdAt: 1,
  });
  return worktree;
}

function squash(name: string): void {
  person.git(['merge', '--squash', '--quiet', `work/${name}`]);
  person.git(['commit', '--quiet', '-m', `squashed ${name}`]);
  person.git(['push', '--quiet', 'origin', 'trunk']);
}

/** A digest of every file below a folder, with its times. */
function digestOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder, { recursive: true }).map(String).toSorted()) {
    const file = path.join(folder, name);
    const seen = lstatSync(file);
    hash.update(`${name} ${seen.mode} ${seen.mtimeMs} ${seen.size}\n`);
    if (seen.isFile()) hash.update(readFileSync(file));
  }
  return hash.digest('hex');
}
const rows = () =>
  db
    .all<{ name: string }>(
      sql`select name from sqlite_master where type = 'table' and sql not like '%VIRTUAL%'`,
    )
    .map(({ name }) => [name, db.all(sql.raw(`select * from "${name}"`))]);

test('a dry run says what would go, and changes nothing at all', async () => {
  agent('fox', ['a.txt', 'b.txt']);
  squash('fox');
  agent('owl', ['c.txt']);
  rmSync(agent('gone', []), { recursive: true });
  const before = [digestOf(person.directory), digestOf(doors.home), rows()];
  const { out } = await cli('cleanup', '--dry-run');
  expect(out).toMatch(/would go +fox +work\/fox +merged as one commit/);
  expect(out).toMatch(/would go +gone/);
  expect(out).toMatch(/stays +owl +1 commits are not merged/);
  expect([digestOf(person.directory), digestOf(doors.home), rows()]).toEqual(before);
});

test('merged work goes and is saved; what is not merged, not committed or a person made stays', async () => {
  const fox = agent('fox', ['b.txt', 'a.txt']);
  squash('fox');
  const owl = agent('owl', ['c.txt']);
  const elk = agent('elk', []);
  person.write('loose.txt', 'loose\n', elk);
  agent('mine', ['d.txt'], false);
  person.git(['branch', 'work/by-hand', base]);
  const tip = person.git(['rev-parse', 'work/fox']);
  const result = await doors.client.cleanup({ repository: 'project' });
  expect(result.removed).toMatchObject([
    { what: 'agent', name: 'fox', why: 'merged as one commit', rescue: 'refs/missiond/rescue/fox' },
  ]);
  expect(result.left.toSorted((one, other) => (one.name < other.name ? -1 : 1))).toEqual([
    { name: 'elk', why: '1 files are not committed' },
    { name: 'owl', why: '1 commits are not merged' },
  ]);
  expect([existsSync(fox), existsSync(owl), existsSync(elk)]).toEqual([false, true, true]);
  expect(branches()).toEqual(['mine', 'trunk', 'work/by-hand', 'work/elk', 'work/owl']);
  expect(person.git(['rev-parse', 'refs/missiond/rescue/fox'])).toBe(tip);
  expect(ledger().get(SlotId.parse('project.fox'))).toMatchObject({
    status: 'removed',
    rescue: 'refs/missiond/rescue/fox',
  });
  expect((await doors.client.cleanup({ repository: 'project' })).removed).toEqual([]);
  expect((await cli('rescue', 'list')).out).toMatch(/fox +fox: a\.txt/);
  expect((await cli('rescue', 'show', 'fox')).out).toMatch(/a\.txt \| 1 \+[\s\S]*git switch -c NAME refs/);
  expect((await cli('rescue', 'drop', 'fox')).status).toBe(0);
  expect((await cli('rescue', 'drop', 'fox')).err).toContain('Nothing was saved');
  expect((await cli('rescue', 'drop', 'refs/heads/trunk')).err).toContain('Nothing was saved');
});

test('a remote branch goes only where it is asked for, and only as it is known here', async () => {
  for (const name of ['fox', 'elk', 'owl']) {
    agent(name, [`${name}.txt`]);
    person.git(['push', '--quiet', 'origin', `work/${name}`]);
    squash(name);
  }
  const atRemote = () =>
    person
      .git(['ls-remote', '--heads', 'origin'])
      .split('\n')
      .map((line) => line.split('refs/heads/')[1]);
  ledger().update(SlotId.parse('project.elk'), { status: 'active' });
  ledger().update(SlotId.parse('project.owl'), { status: 'active' });
  await doors.client.cleanup({ repository: 'project' });
  expect(atRemote()).toEqual(['trunk', 'work/elk', 'work/fox', 'work/owl']);
  ledger().update(SlotId.parse('project.elk'), { status: 'completed' });
  ledger().update(SlotId.parse('project.owl'), { status: 'completed' });
  // Somebody else has pushed to it since.
  const other = path.join(person.directory, 'other');
  person.git(['clone', '--quiet', '--branch', 'work/owl', path.join(person.directory, 'remote.git'), other]);
  person.git(
    ['-c', 'user.name=O', '-c', 'user.email=o@example.org', 'commit', '-q', '--allow-empty', '-m', 'x'],
    other,
  );
  person.git(['push', '--quiet'], other);
  const { notes } = await doors.client.cleanup({ repository: 'project', remote: true });
  expect(atRemote()).toEqual(['trunk', 'work/fox', 'work/owl']);
  expect(notes).toEqual(
    expect.arrayContaining([
      'work/elk is deleted at origin.',
      expect.stringContaining('work/owl stays at origin'),
    ]),
  );
});

test('what cannot go here stays at the remote, too; what the remote did not take goes with the next one', async () => {
  agent('fox', ['fox.txt']);
  agent('owl', ['owl.txt']);
  for (const name of ['fox', 'owl']) {
    person.git(['push', '--quiet', 'origin', `work/${name}`]);
    squash(name);
  }
  const atRemote = () =>
    person
      .git(['ls-remote', '--heads', 'origin'])
      .replaceAll(/^.*refs\/heads\//gm, '')
      .split('\n');
  // A person looks for a fault on it: it is not deleted here.
  person.git(['switch', '--quiet', '--ignore-other-worktrees', 'work/fox']);
  person.git(['bisect', 'start']);
  person.git(['switch', '--quiet', '--detach']);
  const hook = path.join(person.directory, 'remote.git', 'hooks', 'pre-receive');
  writeFileSync(hook, '#!/bin/sh\necho only on Mondays >&2\nexit 1\n');
  chmodSync(hook, 0o755);
  const cleanup = () => doors.client.cleanup({ repository: 'project', remote: true });
  const first = await cleanup();
  expect(first.removed.map(({ name }) => name)).toEqual(['owl']);
  expect(first.left).toMatchObject([{ name: 'fox' }]);
  expect(first.notes).toEqual([
    expect.stringMatching(/work\/owl stays at origin[\s\S]*only on Mondays[\s\S]*next/),
  ]);
  rmSync(hook);
  expect((await cleanup()).notes).toEqual(['work/owl is deleted at origin.']);
  expect(atRemote()).toEqual(['trunk', 'work/fox']);
  person.git(['bisect', 'reset']);
  person.git(['switch', '--quiet', 'trunk']);
  expect((await cleanup()).notes).toEqual(['work/fox is deleted at origin.']);
  expect(atRemote()).toEqual(['trunk']);
  expect(person.git(['for-each-ref', 'refs/missiond/cleanup'])).toBe('');
});

test('at the upstream of a fork nothing is deleted, whatever it is called', async () => {
  const upstream = path.join(person.directory, 'upstream.git');
  person.git(['init', '--quiet', '--bare', '--initial-branch', 'trunk', upstream], person.directory);
  person.git(['remote', 'add', 'upstream', upstream]);
  person.git(['remote', 'add', 'theirs', `${upstream}/`]);
  agent('fox', ['fox.txt']);
  for (const remote of ['origin', 'upstream', 'theirs'])
    person.git(['push', '--quiet', remote, 'work/fox', 'trunk']);
  squash('fox');
  const { notes } = await doors.client.cleanup({ repository: 'project', remote: true });
  expect(notes).toContain('work/fox is deleted at origin.');
  expect(person.git(['for-each-ref', '--format=%(refname)'], upstream)).toContain('refs/heads/work/fox');
});

test('a branch that a person made stays, here and there, whatever an agent did with that name', async () => {
  agent('fox', ['fox.txt']);
  squash('fox');
  await doors.client.cleanup({ repository: 'project' });
  person.git(['branch', 'work/fox', 'trunk']);
  agent('owl', ['owl.txt']);
  person.git(['branch', '--move', 'work/owl', 'feature']);
  person.git(['push', '--quiet', 'origin', 'feature']);
  ledger().update(SlotId.parse('project.owl'), { branch: 'feature' });
  person.git(['merge', '--squash', '--quiet', 'feature']);
  person.git(['commit', '--quiet', '-m', 'squashed']);
  person.git(['push', '--quiet', 'origin', 'trunk']);
  const { notes } = await doors.client.cleanup({ repository: 'project', remote: true });
  expect(notes).toEqual(["feature stays at its remotes: it may be a person's."]);
  expect(branches()).toEqual(['trunk', 'work/fox']);
  expect(person.git(['ls-remote', '--heads', 'origin', 'feature'])).not.toBe('');
});

test('what git keeps of a worktree whose folder is gone goes, with its commits saved; strange folders are told of', async () => {
  const place = placeOf('lost');
  person.git(['worktree', 'add', '--quiet', '--detach', place]);
  person.write('only.txt', 'only here\n', place);
  person.git(['add', '.'], place);
  person.git(['commit', '--quiet', '-m', 'only here'], place);
  const head = person.git(['rev-parse', 'HEAD'], place);
  rmSync(place, { recursive: true });
  const away = path.join(person.directory, 'disk', 'theirs');
  person.git(['worktree', 'add', '--quiet', '--detach', away]);
  rmSync(path.dirname(away), { recursive: true });
  mkdirSync(placeOf('strange'), { recursive: true });
  const { removed, left } = await doors.client.cleanup({ repository: 'project' });
  expect(removed).toMatchObject([{ what: 'entry', name: place }]);
  expect(person.git(['rev-parse', removed[0]?.rescue ?? ''])).toBe(head);
  expect(left).toEqual([
    { name: placeOf('strange'), why: expect.stringContaining('neither git nor missiond knows of it') },
  ]);
  expect(person.git(['worktree', 'list'])).toContain(away);
  expect(existsSync(placeOf('strange'))).toBe(true);
});

test('a remote that is away is said, and the default branch is never cleaned up', async () => {
  agent('fox', []);
  ledger().update(SlotId.parse('project.fox'), { branch: 'trunk', worktree: placeOf('none') });
  person.git(['remote', 'set-url', 'origin', path.join(person.directory, 'away.git')]);
  const { left, notes } = await doors.client.cleanup({ repository: 'project' });
  expect(left).toContainEqual({ name: 'fox', why: 'trunk is protected' });
  expect(notes[0]).toContain('The remote did not answer');
  expect(branches()).toContain('trunk');
});
