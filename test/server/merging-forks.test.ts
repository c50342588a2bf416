import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let doors: OpenDoors;
let person: ReturnType<typeof createRealRepository>;
let origin: string;
let upstream: string;
let head: string;
beforeEach(async () => {
  person = createRealRepository();
  doors = await openDoors({ protects: true });
  [origin, upstream] = [bare('origin'), bare('upstream')];
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

function bare(name: string): string {
  const place = path.join(person.directory, `${name}.git`);
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
