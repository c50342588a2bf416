import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { repositories } from '../../db/schema/repositories.ts';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { runCli } from './cli/run-cli.ts';
import { commitIn, openTeam } from './merging-team.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let doors: OpenDoors;
let person: ReturnType<typeof createRealRepository>;
let origin: string;
let upstream: string;
let head: string;
let programs: string;
beforeEach(async () => {
  person = createRealRepository();
  programs = path.join(person.directory, 'programs');
  mkdirSync(programs);
  doors = await openDoors({ protects: true, path: `${programs}:${process.env['PATH']}` });
  [origin, upstream] = [bare('origin', 'me'), bare('upstream', 'them')];
  person.git(['switch', '--quiet', '-c', 'work/fox']);
  person.write('fox.txt', 'fox\n');
  person.git(['add', '.']);
  person.git(['commit', '--quiet', '-m', 'Add a fox']);
  head = person.git(['rev-parse', 'HEAD']);
  person.git(['switch', '--quiet', '--detach', 'trunk']);
});
afterEach(async () => {
  await doors.close();
  person.close();
});

function bare(name: string, owner: string): string {
  const place = path.join(person.directory, owner, 'project.git');
  person.git(['init', '--quiet', '--bare', '--initial-branch', 'trunk', place], person.directory);
  person.git(['remote', 'add', name, place]);
  person.git(['push', '--quiet', name, 'trunk']);
  return place;
}

const refsOf = (place: string) => person.git(['for-each-ref'], place);
const cli = (...argv: readonly string[]) => runCli([...argv, '--home', doors.home]);
async function added(set: object = {}): Promise<void> {
  await doors.client.repoAdd({ source: person.folder, name: 'project' });
  await doors.client.repoConfig({ repository: 'project', set: { check: 'test -f fox.txt', ...set } });
  expect((await cli('review', '--repo', 'project', head, 'approve', 'Good.')).status).toBe(0);
}
const merge = (subject: string) => cli('merge', '--repo', 'project', subject);

test('a branch of a fork is looked at, never merged: neither remote changes, and it is said what to do', async () => {
  await added();
  const before = [refsOf(origin), refsOf(upstream), refsOf(person.folder)];
  const { status, out } = await merge('work/fox');
  expect(status).toBe(1);
  expect(out).toContain('✓ check: `test -f fox.txt`');
  expect(out).toContain('✗ fork: ');
  expect(out).toContain('git push origin work/fox');
  expect(out).toContain('missiond repo config project mergesIntoFork=true');
  expect([
    refsOf(origin),
    refsOf(upstream),
    refsOf(person.folder).replace(/.*refs\/remotes.*\n?/g, ''),
  ]).toEqual([before[0], before[1], before[2]?.replace(/.*refs\/remotes.*\n?/g, '')]);
});

test('where a person has said so it goes into the fork itself, and upstream has never moved', async () => {
  await added();
  const before = refsOf(upstream);
  expect((await cli('repo', 'config', 'project', 'mergesIntoFork=true')).status).toBe(0);
  const { status, out } = await merge('work/fox');
  expect({ status, out }).toMatchObject({ status: 0, out: expect.stringContaining('merged into trunk') });
  expect(person.git(['show', 'trunk:fox.txt'], origin)).toBe('fox');
  expect(refsOf(upstream)).toBe(before);
});

test.each([
  ['leads to upstream as well', ['remote', 'set-url', 'origin']],
  ['is pushed to upstream', ['remote', 'set-url', '--push', 'origin']],
])('an origin that %s gets nothing', async (_, change) => {
  await added({ mergesIntoFork: true });
  const before = [refsOf(origin), refsOf(upstream)];
  person.git([...change, `${upstream}/`]);
  const { status, out } = await merge('work/fox');
  expect(status).toBe(1);
  expect(out).toContain('git remote set-url origin ADDRESS');
  expect([refsOf(origin), refsOf(upstream)]).toEqual(before);
});

test('a pull request of a fork is merged by nobody here', async () => {
  await added({ mergesIntoFork: true });
  person.git(['push', '--quiet', 'upstream', 'work/fox:refs/pull/7/head']);
  const before = [refsOf(origin), refsOf(upstream)];
  const { status, out } = await merge('#7');
  expect(status).toBe(1);
  expect(out).toContain('merged by the maintainers of upstream alone');
  expect([refsOf(origin), refsOf(upstream)]).toEqual(before);
});

test('a repository that has become a fork since it was added is one: nothing goes into its default branch', async () => {
  person.git(['remote', 'remove', 'upstream']);
  await added();
  person.git(['remote', 'add', 'upstream', upstream]);
  const before = refsOf(origin);
  const { status, out } = await merge('work/fox');
  expect(status).toBe(1);
  expect(out).toContain('✗ fork: ');
  expect(refsOf(origin)).toBe(before);
  expect(await doors.client.repoGet({ repository: 'project' })).toMatchObject({
    isFork: true,
    upstreamUrl: upstream,
  });
});

describe('where a person has said that work is proposed', () => {
  /** A gh that knows open pull requests, and notes those that are opened. */
  function gh(open: readonly object[] = []) {
    const state = path.join(person.directory, 'gh');
    mkdirSync(state);
    const [list, created] = [path.join(state, 'open.json'), path.join(state, 'created')];
    writeFileSync(list, JSON.stringify(open));
    writeFileSync(
      path.join(programs, 'gh'),
      `#!${process.execPath}
const fs = require('node:fs');
const [list, created] = ${JSON.stringify([list, created])};
const args = process.argv.slice(2);
const said = (name) => args.find((one) => one.startsWith('--' + name + '=')).slice(name.length + 3);
const verb = args[0] + ' ' + args[1];
const open = JSON.parse(fs.readFileSync(list, 'utf8'));
if (verb === 'pr list') console.log(JSON.stringify(open.filter((one) => one.headRefName === said('head'))));
else if (verb === 'pr create') {
  fs.appendFileSync(created, JSON.stringify(args.slice(2)) + '\\n');
  const [login, branch] = said('head').split(':');
  const made = { number: 7, headRefName: branch, baseRefName: said('base'), headRepositoryOwner: { login } };
  fs.writeFileSync(list, JSON.stringify([...open, made]));
  console.log('https://forge.example/them/project/pull/7');
} else process.exit(4);
`,
    );
    chmodSync(path.join(programs, 'gh'), 0o755);
    return {
      created: () =>
        existsSync(created)
          ? readFileSync(created, 'utf8')
              .trim()
              .split('\n')
              .map((line): unknown => JSON.parse(line))
          : [],
    };
  }
  const theirs = {
    number: 3,
    headRefName: 'work/fox',
    baseRefName: 'trunk',
    headRepositoryOwner: { login: 'somebody' },
  };

  test('the branch goes to the fork alone and a pull request to upstream; the next commits go with it', async () => {
    const forge = gh([theirs]);
    await added({ proposesUpstream: true });
    const before = [refsOf(upstream), person.git(['rev-parse', 'trunk'])];
    const { status, out } = await merge('work/fox');
    expect({ status, out }).toMatchObject({
      status: 0,
      out: expect.stringContaining('pull request #7 to trunk of upstream'),
    });
    expect(person.git(['rev-parse', 'work/fox'], origin)).toBe(head);
    const between = [`--repo=${upstream}`, '--head=me:work/fox', '--base=trunk'];
    expect(forge.created()).toEqual([[...between, '--title=Add a fox', '--body=']]);

    person.git(['switch', '--quiet', 'work/fox']);
    person.write('fox.txt', 'a red fox\n');
    person.git(['commit', '--quiet', '--all', '-m', 'Colour it']);
    const next = person.git(['rev-parse', 'HEAD']);
    expect((await merge('work/fox')).out).toContain('✗ review');
    expect(person.git(['rev-parse', 'work/fox'], origin)).toBe(head);
    await cli('review', '--repo', 'project', next, 'approve', 'Good.');
    expect((await merge('work/fox')).out).toContain('pull request #7');
    expect(person.git(['rev-parse', 'work/fox'], origin)).toBe(next);
    expect(forge.created()).toHaveLength(1);
    expect([refsOf(upstream), person.git(['rev-parse', 'trunk'])]).toEqual(before);
  });

  test('what somebody else has pushed to that branch of the fork is not written over', async () => {
    const forge = gh();
    await added({ proposesUpstream: true });
    person.git(['push', '--quiet', 'origin', 'trunk:work/fox']);
    const tree = person.git(['rev-parse', 'trunk^{tree}']);
    const other = person.git(['commit-tree', tree, '-p', 'trunk', '-m', 'Theirs']);
    person.git(['push', '--quiet', 'origin', `${other}:work/fox`]);
    const { status, out } = await merge('work/fox');
    expect({ status, out }).toMatchObject({ status: 1, out: expect.stringContaining('✗ pushed') });
    expect(person.git(['rev-parse', 'work/fox'], origin)).toBe(other);
    expect(forge.created()).toEqual([]);
  });

  test('where nobody is signed in at the forge nothing is pushed, and it is said', async () => {
    const program = path.join(programs, 'gh');
    writeFileSync(program, '#!/bin/sh\necho "To get started, please run:  gh auth login" >&2\nexit 4\n');
    chmodSync(program, 0o755);
    await added({ proposesUpstream: true });
    const before = refsOf(origin);
    const { status, out } = await merge('work/fox');
    expect(status).toBe(1);
    expect(out).toMatch(/✗ landing: .*gh auth login.*Nothing was pushed/);
    expect(refsOf(origin)).toBe(before);
  });

  test.each([
    [true, 200],
    [false, 403],
  ])(
    'a pr-shepherd proposes what a worker asks for (said so: %s), and merges nothing',
    async (isSaid, status) => {
      const forge = gh();
      const team = await openTeam(person, {
        path: `${programs}:${process.env['PATH']}`,
        more: [['herd', 'pr-shepherd']],
        without: ['merge-queue'],
        seed: (db) => {
          db.update(repositories).set({ isFork: true, upstreamUrl: upstream, remote: 'upstream' }).run();
        },
        ...(isSaid ? { proposesUpstream: true } : {}),
      });
      try {
        const commit = commitIn(person, team.tree, 'a.txt');
        await team.asks('red-fox', 'mission_merge_request');
        await team.asks('calm-owl', 'mission_review', { commit, verdict: 'approve' });
        const merged = await team.asks('herd', 'mission_merge', { subject: 'red-fox' });
        expect(merged).toMatchObject({ status });
        expect(forge.created()).toHaveLength(isSaid ? 1 : 0);
        const { merges } = await team.open.client.mergeQueue({ repository: 'app' });
        expect(merges.map((one) => one.status)).toEqual(isSaid ? ['proposed', 'proposed'] : ['requested']);
      } finally {
        await team.open.close();
      }
    },
  );
});
