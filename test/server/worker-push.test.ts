import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SlotId } from '../../db/ids.ts';
import { agents } from '../../db/schema/agents.ts';
import { repositories } from '../../db/schema/repositories.ts';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { runCli } from './cli/run-cli.ts';
import { commitIn, openTeam, type Person } from './merging-team.ts';

const FOX = SlotId.parse('app.red-fox');
let person: Person;
let programs: string;
let origin: string;
let team: Awaited<ReturnType<typeof openTeam>> | undefined;
beforeEach(() => {
  person = createRealRepository();
  programs = path.join(person.directory, 'programs');
  mkdirSync(programs);
  origin = bare('us');
  person.git(['remote', 'add', 'origin', origin]);
  person.git(['push', '--quiet', 'origin', 'trunk']);
  gh('echo "To get started, please run:  gh auth login" >&2\nexit 4');
});
afterEach(async () => {
  await team?.open.close();
  team = undefined;
  person.close();
});

function bare(owner: string): string {
  const place = path.join(person.directory, owner, 'project.git');
  person.git(['init', '--quiet', '--bare', '--initial-branch', 'trunk', place], person.directory);
  return place;
}

function gh(script: string): void {
  const program = path.join(programs, 'gh');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
}

/** What the forge says of pull request 7. */
function forge(pull: object): void {
  const base = { repo: { full_name: 'us/project' } };
  const said = JSON.stringify({ state: 'open', maintainer_can_modify: false, base, ...pull });
  gh(`[ "$2" = "repos/{owner}/{repo}/pulls/7" ] || exit 9\ncat <<'END'\n${said}\nEND`);
}
const headOf = (name: string, place: string, ref = 'fix') => ({
  ref,
  repo: { full_name: name, clone_url: place, ssh_url: `git@forge.invalid:${name}.git` },
});

/** A pull request whose head is one commit before that of trunk, and a worker that goes on from it. */
async function workerAtPullRequest({
  from = origin,
  isFork = false,
  rule = false,
  remote = 'origin',
  upstreamUrl = origin,
  protectedBranches = [],
}: {
  readonly from?: string;
  readonly isFork?: boolean;
  readonly rule?: boolean;
  readonly remote?: string;
  readonly upstreamUrl?: string;
  readonly protectedBranches?: readonly string[];
} = {}) {
  team = await openTeam(person, {
    protectedBranches,
    path: `${programs}:${process.env['PATH']}`,
    seed(db) {
      db.update(repositories)
        .set({ remote, isFork, ...(isFork ? { upstreamUrl } : {}) })
        .run();
      db.update(agents).set({ pullRequest: 7 }).where(eq(agents.slotId, FOX)).run();
    },
  });
  const first = commitIn(person, team.tree, 'first.txt');
  person.git(['push', '--quiet', from, `${first}:refs/heads/fix`]);
  person.git(['push', '--quiet', origin, `${first}:refs/pull/7/head`]);
  const next = commitIn(person, team.tree, 'next.txt');
  if (rule)
    await team.open.client.permissionSetRole({
      role: 'worker',
      rule: { allow: ['mcp__missiond__mission_worker_push'] },
    });
  const { open } = team;
  const push = (...more: readonly string[]) =>
    runCli(['worker', 'push', 'red-fox', ...more, '--home', open.home]);
  return { ...team, first, next, push };
}
const tipOf = (place: string, branch = 'fix') => person.git(['rev-parse', branch], place);
const refsOf = (place: string) => person.git(['for-each-ref'], place);

describe('missiond worker push', () => {
  test('brings new commits to the branch of the pull request, without gh, and once', async () => {
    const { push, next } = await workerAtPullRequest();
    const before = person.own();
    expect(await push()).toMatchObject({
      status: 0,
      out: '1 commit pushed to fix of origin (pull request 7).\n',
    });
    expect(tipOf(origin)).toBe(next);
    person.git(['push', '--quiet', 'origin', `${next}:refs/pull/7/head`]);
    expect((await push()).out).toContain('There is nothing new for fix of origin');
    expect(person.own()).toEqual(before);
  });

  test('asks gh which branch it is, where several stand there', async () => {
    const { push, first, next } = await workerAtPullRequest();
    person.git(['push', '--quiet', 'origin', `${first}:refs/heads/other`]);
    const unknown = await push();
    expect(unknown).toMatchObject({ status: 1, err: expect.stringMatching(/fix or other.*gh auth login/s) });
    forge({ head: headOf('us/project', origin, 'other') });
    expect((await push()).status).toBe(0);
    expect([tipOf(origin), tipOf(origin, 'other')]).toEqual([first, next]);
  });

  test('reaches the fork it comes from where its author lets maintainers push, and nothing else', async () => {
    const fork = bare('somebody');
    const { push, first, next } = await workerAtPullRequest({ from: fork });
    const before = refsOf(origin);
    forge({ head: headOf('somebody/project', fork) });
    expect(await push()).toMatchObject({
      status: 1,
      err: expect.stringContaining('Allow edits by maintainers'),
    });
    expect(tipOf(fork)).toBe(first);
    forge({ head: headOf('somebody/project', fork), maintainer_can_modify: true });
    expect((await push()).out).toContain('fix of somebody/project (pull request 7)');
    expect([tipOf(fork), refsOf(origin)]).toEqual([next, before]);
  });

  test('from within a fork it reaches the fork, and never a branch of upstream', async () => {
    const fork = bare('me');
    person.git(['remote', 'rename', 'origin', 'upstream']);
    person.git(['remote', 'add', 'origin', fork]);
    const { push, next } = await workerAtPullRequest({ from: fork, isFork: true, remote: 'upstream' });
    const before = refsOf(origin);
    forge({ head: headOf('us/project', origin) });
    expect(await push()).toMatchObject({
      status: 1,
      err: expect.stringContaining('nothing is pushed to upstream'),
    });
    forge({ head: headOf('me/project', '/nowhere') });
    expect((await push()).status).toBe(0);
    expect([tipOf(fork), refsOf(origin)]).toEqual([next, before]);
  });

  test('from within a fork it reaches no branch of upstream either that was proposed to the fork', async () => {
    const upstream = bare('them');
    const { push } = await workerAtPullRequest({
      from: upstream,
      isFork: true,
      upstreamUrl: 'https://forge.invalid/them/project',
    });
    const before = refsOf(upstream);
    forge({ head: headOf('them/project', upstream), maintainer_can_modify: true });
    expect(await push()).toMatchObject({
      status: 1,
      err: expect.stringContaining('nothing is pushed to upstream'),
    });
    expect(refsOf(upstream)).toBe(before);
  });

  test('refuses a branch that a person has called protected in this repository, by whatever way it is meant', async () => {
    const { push } = await workerAtPullRequest({ protectedBranches: ['fix', 'stable-*'] });
    const before = refsOf(origin);
    for (const more of [[], ['--to', 'stable-1']])
      expect(await push(...more)).toMatchObject({
        status: 1,
        err: expect.stringContaining('protected branch'),
      });
    expect(refsOf(origin)).toBe(before);
  });

  test('writes over nothing that somebody else has pushed there, and says what to do', async () => {
    const { push, first } = await workerAtPullRequest();
    const tree = person.git(['rev-parse', `${first}^{tree}`]);
    const other = person.git(['commit-tree', tree, '-p', first, '-m', 'Theirs']);
    person.git(['push', '--quiet', 'origin', `${other}:refs/heads/fix`, `${other}:refs/pull/7/head`]);
    const refused = await push();
    expect(refused).toMatchObject({
      status: 1,
      err: expect.stringMatching(/moved on.*Nothing was pushed.*worker more/s),
    });
    expect(tipOf(origin)).toBe(other);
    // What it is told to merge is there.
    expect(person.git(['rev-parse', `refs/missiond/push/${FOX}`])).toBe(other);
  });

  test.each([
    [
      'what is not committed',
      (tree: string) => person.write('loose.txt', 'x\n', tree),
      /not everything/i,
      [],
    ],
    [
      'a closed pull request',
      () => forge({ state: 'closed', head: headOf('us/project', origin) }),
      /closed/,
      [],
    ],
    ['the default branch', () => {}, /protected branch.*missiond merge/s, ['--to', 'Trunk']],
    ['a release branch', () => {}, /protected branch/, ['--to', 'release/1.0']],
    ['what is no name of a branch', () => {}, /no name of a branch/, ['--to', 'x..y']],
  ])('refuses %s: nothing changes at the remote', async (_, change, words, more) => {
    const { push, tree } = await workerAtPullRequest();
    change(tree);
    const before = refsOf(origin);
    const { status, err } = await push(...more);
    expect(err).toMatch(words);
    expect(status).not.toBe(0);
    expect(refsOf(origin)).toBe(before);
  });

  test('asks a person for a change of protected files', async () => {
    const { push, tree, first } = await workerAtPullRequest();
    const next = commitIn(person, tree, '.github/workflows/ci.yml');
    expect(await push()).toMatchObject({ status: 1, err: expect.stringMatching(/ci\.yml.*--protected/s) });
    expect(tipOf(origin)).toBe(first);
    expect((await push('--protected')).status).toBe(0);
    expect(tipOf(origin)).toBe(next);
  });

  test('makes the branch that a person names', async () => {
    const { push, next } = await workerAtPullRequest();
    expect((await push('--to', 'proposal')).out).toContain('pushed to proposal of origin.');
    expect(tipOf(origin, 'proposal')).toBe(next);
  });
});

describe('an agent', () => {
  test('pushes nothing without a rule that allows it', async () => {
    const { asks } = await workerAtPullRequest();
    const before = refsOf(origin);
    for (const name of ['red-fox', 'queue', 'boss'])
      expect((await asks(name, 'mission_worker_push', { name: 'red-fox' })).status, name).toBe(403);
    expect(refsOf(origin)).toBe(before);
  });

  test('with one pushes to where the work belongs, and nowhere else', async () => {
    const { asks, next, tree } = await workerAtPullRequest({ rule: true });
    const before = refsOf(origin);
    for (const more of [{ to: 'proposal' }, { allowProtected: true }])
      expect((await asks('red-fox', 'mission_worker_push', { name: 'red-fox', ...more })).status).toBe(403);
    expect(refsOf(origin)).toBe(before);
    expect((await asks('red-fox', 'mission_worker_push', { name: 'red-fox' })).status).toBe(200);
    expect(tipOf(origin)).toBe(next);
    commitIn(person, tree, '.github/workflows/ci.yml');
    person.git(['push', '--quiet', 'origin', `${next}:refs/pull/7/head`]);
    expect((await asks('red-fox', 'mission_worker_push', { name: 'red-fox' })).body).toContain(
      'person has to agree',
    );
    expect(tipOf(origin)).toBe(next);
  });
});
