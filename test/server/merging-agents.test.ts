import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { merges } from '../../db/schema/merging.ts';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { runCli } from './cli/run-cli.ts';
import { commitIn, openTeam, type Person, repository, seedRepository } from './merging-team.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let person: Person;
let bare: string;
let doors: OpenDoors | undefined;
beforeEach(() => {
  person = createRealRepository();
  bare = path.join(person.directory, 'remote.git');
  person.git(['init', '--quiet', '--bare', '--initial-branch', 'trunk', bare], person.directory);
});
afterEach(async () => {
  await doors?.close();
  doors = undefined;
  person.close();
});

const commitOf = (ref: string, cwd?: string) => person.git(['rev-parse', ref], cwd);

describe('agents of a team', () => {
  async function team(check = 'true') {
    const world = await openTeam(person, { check });
    doors = world.open;
    return world;
  }

  test('the merge queue merges what a reviewer has approved, and nobody else does', async () => {
    const { asks, tree } = await team();
    const commit = commitIn(person, tree, 'a.txt');
    for (const name of ['red-fox', 'calm-owl', 'boss'])
      expect((await asks(name, 'mission_merge', { subject: 'red-fox' })).status, name).toBe(403);
    for (const name of ['red-fox', 'queue', 'boss'])
      expect((await asks(name, 'mission_review', { commit, verdict: 'approve' })).status, name).toBe(403);
    expect((await asks('queue', 'mission_merge', { subject: 'red-fox' })).body).toContain(
      'nobody has approved',
    );
    expect(
      (await asks('calm-owl', 'mission_review', { commit: 'work/red-fox', verdict: 'approve' })).status,
    ).toBe(400);
    expect((await asks('calm-owl', 'mission_review', { commit, verdict: 'approve' })).status).toBe(200);
    const merged = await asks('queue', 'mission_merge', { subject: 'red-fox' });
    expect(JSON.parse(merged.body)).toMatchObject({ ok: true, merge: { requestedBy: 'slot:app.queue' } });
    expect(person.git(['show', '-s', '--format=%B', 'trunk'])).toContain('Missiond-Worker: app.red-fox');
  });

  test('nobody approves their own work, whatever role they have', async () => {
    const { asks, open } = await team();
    const tree = path.join(person.directory, 'trees', 'calm-owl');
    const commit = commitIn(person, tree, 'mine.txt');
    await asks('calm-owl', 'mission_review', { commit, verdict: 'approve' });
    expect((await asks('queue', 'mission_merge', { subject: 'work/calm-owl' })).body).toContain(
      'nobody has approved',
    );
    expect(open.errors()).toEqual([]);
  });

  test('the queue is refused what fails its checks, and a person is told of files of the CI', async () => {
    const { asks, tree, open } = await team('test ! -f bad.txt || { echo bad; exit 1; }');
    const bad = commitIn(person, tree, 'bad.txt');
    await asks('calm-owl', 'mission_review', { commit: bad, verdict: 'approve' });
    const refused = await asks('queue', 'mission_merge', { subject: 'red-fox' });
    expect(JSON.parse(refused.body)).toMatchObject({ ok: false, output: expect.stringContaining('bad') });
    person.git(['rm', '--quiet', 'bad.txt'], tree);
    const ci = commitIn(person, tree, '.github/workflows/x.yml');
    await asks('calm-owl', 'mission_review', { commit: ci, verdict: 'approve' });
    const asked = await asks('queue', 'mission_merge', { subject: 'red-fox' });
    expect(asked.body).toContain('a person has to agree to .github/workflows/x.yml');
    expect((await asks('queue', 'mission_merge', { subject: 'red-fox', allowProtected: true })).status).toBe(
      403,
    );
    const { messages } = await open.client.messageList({ inbox: 'person' });
    expect(messages[0]?.body).toContain(
      'slot:app.queue wants to merge red-fox into app: a person has to agree',
    );
    const own = await runCli(['merge', 'red-fox', '--repo', 'app', '--protected', '--home', open.home]);
    expect(own.status).toBe(0);
  });

  test('what their roles forbid is refused them in the shell, too, and explained', async () => {
    const { open } = await team();
    const explained = async (name: string, call: string) =>
      open.client.permissionExplain({ slotId: `app.${name}`, call });
    for (const [name, call] of [
      ['red-fox', 'Bash(gh pr merge 3 --admin)'],
      ['queue', 'Bash(git push origin HEAD:trunk)'],
      ['queue', 'Bash(gh pr merge 3 --squash)'],
      ['boss', 'Edit(src/a.ts)'],
      ['calm-owl', 'Bash(echo x > src/a.ts)'],
    ] as const)
      expect(await explained(name, call), call).toMatchObject({
        decision: 'deny',
        rule: expect.stringMatching(/^definition of /),
      });
    for (const call of ['Edit(.github/workflows/x.yml)', 'Bash(git push origin HEAD:main)'])
      expect(await explained('red-fox', call), call).toMatchObject({ decision: 'confirm', personOnly: true });
    const { out } = await runCli([
      'permissions',
      'explain',
      'Edit(a.ts)',
      '--slot',
      'app.boss',
      '--home',
      open.home,
    ]);
    expect(out).toBe('deny: definition of supervisor (package).deny Edit\n');
  });
});

describe('a daemon that was killed in the middle', () => {
  /** A merge that was about to land, as the row says it. */
  function prepared(remote: string | null) {
    if (remote !== null) {
      person.git(['remote', 'add', 'origin', bare]);
      person.git(['push', '--quiet', 'origin', 'trunk']);
    }
    const base = commitOf('trunk');
    const tree = path.join(person.directory, 'tree');
    person.git(['worktree', 'add', '--quiet', '-b', 'work/a', tree, 'trunk']);
    const head = commitIn(person, tree, 'a.txt');
    const result = person.git(['commit-tree', `${head}^{tree}`, '-p', base, '-m', 'Merged']);
    person.git(['update-ref', 'refs/missiond/merge/1/result', result]);
    person.git(['switch', '--quiet', '--detach']);
    const start = async (status: 'queued' | 'checking' | 'landing') => {
      doors = await openDoors({
        seed(db) {
          seedRepository(db, person, remote);
          db.insert(merges)
            .values({
              id: 1,
              repository,
              subject: 'work/a',
              branch: 'work/a',
              target: 'trunk',
              method: 'squash',
              status,
              requestedBy: 'person',
              allowProtected: false,
              createdAt: 1,
              ...(status === 'landing' ? { head, base, result, rows: [] } : {}),
            })
            .run();
        },
      });
      const { client } = doors;
      await expect
        .poll(async () => (await client.mergeQueue({})).merges[0]?.endedAt, { timeout: 30_000 })
        .toBeTypeOf('number');
      const [row] = (await client.mergeQueue({})).merges;
      expect(person.git(['for-each-ref', 'refs/missiond/merge'])).toBe('');
      return row;
    };
    return { base, result, head, start };
  }

  test.each(['before anything', 'behind the move'])('without a remote: %s', async (when) => {
    const { result, base, start } = prepared(null);
    if (when === 'behind the move') person.git(['update-ref', 'refs/heads/trunk', result, base]);
    expect(await start('landing')).toMatchObject({ status: 'merged', pushed: false });
    expect(commitOf('trunk')).toBe(result);
  });

  test.each(['before anything', 'behind the push', 'behind all'])('with a remote: %s', async (when) => {
    const { result, base, start } = prepared('origin');
    if (when !== 'before anything') person.git(['push', '--quiet', 'origin', `${result}:trunk`]);
    if (when === 'behind all') person.git(['update-ref', 'refs/heads/trunk', result, base]);
    expect(await start('landing')).toMatchObject({ status: 'merged', pushed: true });
    expect([commitOf('trunk'), commitOf('trunk', bare)]).toEqual([result, result]);
  });

  test('behind the push, and others went on there: merged once, and here is what is there', async () => {
    const { result, start } = prepared('origin');
    const next = execFileSync('git', ['commit-tree', `${result}^{tree}`, '-p', result, '-m', 'next'], {
      cwd: person.folder,
      env: {
        ...person.env,
        GIT_AUTHOR_NAME: 'o',
        GIT_AUTHOR_EMAIL: 'o@o',
        GIT_COMMITTER_NAME: 'o',
        GIT_COMMITTER_EMAIL: 'o@o',
      },
      encoding: 'utf8',
    }).trim();
    person.git(['push', '--quiet', 'origin', `${next}:trunk`]);
    expect(await start('landing')).toMatchObject({ status: 'merged', pushed: true });
    expect(commitOf('trunk', bare)).toBe(next);
    expect(person.git(['rev-list', '--count', `${result}..${next}`])).toBe('1');
  });

  test('the target has moved before it was: refused, nothing is lost', async () => {
    const { base, start } = prepared(null);
    const other = person.git(['commit-tree', `${base}^{tree}`, '-p', base, '-m', 'other']);
    person.git(['update-ref', 'refs/heads/trunk', other, base]);
    expect(await start('landing')).toMatchObject({ status: 'refused' });
    expect(commitOf('trunk')).toBe(other);
  });

  test.each(['queued', 'checking'] as const)('%s: it is looked at anew', async (status) => {
    const { base, start } = prepared(null);
    expect(await start(status)).toMatchObject({
      status: 'refused',
      rows: expect.arrayContaining([expect.objectContaining({ check: 'review', ok: false })]),
    });
    expect(commitOf('trunk')).toBe(base);
  });
});
