import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RepositoryName } from '../../db/ids.ts';
import { merges } from '../../db/schema/merging.ts';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { runCli } from './cli/run-cli.ts';
import { commitIn, openTeam, type Person, seedRepository } from './merging-team.ts';
import type { OpenDoors } from './open-doors.ts';

let person: Person;
let doors: OpenDoors | undefined;
beforeEach(() => {
  person = createRealRepository();
});
afterEach(async () => {
  await doors?.close();
  doors = undefined;
  person.close();
});

async function team(options: Parameters<typeof openTeam>[1] = {}) {
  const world = await openTeam(person, options);
  doors = world.open;
  return {
    ...world,
    messagesTo: async (inbox: string) =>
      (await world.open.client.messageList({ inbox })).messages.map(({ body }) => body),
  };
}

describe('an agent that may not merge asks for it', () => {
  test('the merge queue is told once, merges it, and who asked hears of it', async () => {
    const { asks, tree, open, messagesTo } = await team();
    const commit = commitIn(person, tree, 'a.txt');
    const first = await asks('red-fox', 'mission_merge_request');
    expect(first.status).toBe(200);
    expect(JSON.parse(first.body).merge).toMatchObject({
      status: 'requested',
      branch: 'work/red-fox',
      requestedBy: 'slot:app.red-fox',
    });
    expect((await asks('red-fox', 'mission_merge_request')).body).toBe(first.body);
    const told = await messagesTo('slot:app.queue');
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('slot:app.red-fox asks for a merge of red-fox into app');
    expect(person.git(['rev-parse', 'trunk'])).not.toBe(commit);
    await asks('calm-owl', 'mission_review', { commit, verdict: 'approve' });
    await asks('queue', 'mission_merge', { subject: 'red-fox' });
    expect(person.git(['show', 'trunk:a.txt'])).toBe('x');
    expect((await messagesTo('slot:app.red-fox'))[0]).toContain(
      'Your branch work/red-fox was merged into trunk',
    );
    const { merges: all } = await open.client.mergeQueue({ repository: 'app' });
    expect(all.map(({ status }) => status)).toEqual(['merged', 'merged']);
  });

  test.each([
    ['of another repository whose branch is called as its own settles nothing', true, 'requested'],
    ['of its own branch settles it', false, 'refused'],
  ])('a pull request %s', async (_, isCrossRepository, status) => {
    const programs = path.join(person.directory, 'programs');
    mkdirSync(programs);
    const pull = {
      state: 'CLOSED',
      headRefOid: 'a'.repeat(40),
      headRefName: 'work/red-fox',
      baseRefName: 'trunk',
      isCrossRepository,
    };
    writeFileSync(path.join(programs, 'gh'), `#!/bin/sh\necho '${JSON.stringify(pull)}'\n`);
    chmodSync(path.join(programs, 'gh'), 0o755);
    const { asks, tree, open } = await team({ path: `${programs}:${process.env['PATH']}` });
    commitIn(person, tree, 'a.txt');
    await asks('red-fox', 'mission_merge_request');
    const merged = await asks('queue', 'mission_merge', { subject: '#12' });
    expect(merged.body).toContain('it is not open, or a draft');
    const { merges: all } = await open.client.mergeQueue({ repository: 'app' });
    expect(all.find(({ requestedBy }) => requestedBy === 'slot:app.red-fox')).toMatchObject({ status });
  });

  test('it hears why it was refused, and may ask again', async () => {
    const { asks, tree, messagesTo } = await team();
    commitIn(person, tree, 'a.txt');
    const first = JSON.parse((await asks('red-fox', 'mission_merge_request')).body).merge;
    await asks('queue', 'mission_merge', { subject: 'work/red-fox' });
    expect((await messagesTo('slot:app.red-fox'))[0]).toContain('was refused: review: nobody has approved');
    const again = JSON.parse((await asks('red-fox', 'mission_merge_request')).body).merge;
    expect(again).toMatchObject({ status: 'requested' });
    expect(again.id).not.toBe(first.id);
  });

  test('where nobody merges, the person is told what to say', async () => {
    const { asks, messagesTo } = await team({ without: ['merge-queue'] });
    await asks('red-fox', 'mission_merge_request');
    expect((await messagesTo('person'))[0]).toContain('missiond merge red-fox --repo app');
  });

  test('a person merges it by that, and it is settled', async () => {
    const { asks, tree, open, messagesTo } = await team({ without: ['merge-queue'] });
    const commit = commitIn(person, tree, 'a.txt');
    await asks('red-fox', 'mission_merge_request');
    await asks('calm-owl', 'mission_review', { commit, verdict: 'approve' });
    const { status } = await runCli(['merge', 'red-fox', '--repo', 'app', '--home', open.home]);
    expect(status).toBe(0);
    expect((await messagesTo('slot:app.red-fox'))[0]).toContain('was merged');
  });

  test('people and programs do not: a person merges', async () => {
    const { open } = await team();
    await expect(open.client.mergeRequest({})).rejects.toThrow('Only an agent');
  });
});

describe('a request that nobody needs any more is closed by itself', () => {
  const closed = (open: OpenDoors) =>
    expect.poll(async () => (await open.client.mergeQueue({ repository: 'app' })).merges[0], {
      timeout: 60_000,
    });

  test('when its agent is removed', async () => {
    const { asks, open, tree } = await team();
    commitIn(person, tree, 'a.txt');
    await asks('red-fox', 'mission_merge_request');
    await open.client.workerDiscard({ repository: 'app', name: 'red-fox' });
    await closed(open).toMatchObject({
      status: 'cancelled',
      trouble: 'app.red-fox, who asked for it, was removed.',
    });
  });

  test('when somebody has landed its branch by hand, and who asked hears of it; another waits on', async () => {
    const { asks, open, tree, messagesTo } = await team();
    await asks('calm-owl', 'mission_merge_request');
    commitIn(person, tree, 'a.txt');
    await asks('red-fox', 'mission_merge_request');
    person.git(['switch', '--quiet', 'trunk']);
    person.git(['merge', '--quiet', '--squash', 'work/red-fox']);
    person.git(['commit', '--quiet', '-m', 'by hand']);
    await closed(open).toMatchObject({ branch: 'work/red-fox', status: 'cancelled' });
    expect((await messagesTo('slot:app.red-fox'))[0]).toContain(
      'closed: trunk has all that work/red-fox holds; somebody has brought it there by hand.',
    );
    const { merges: all } = await open.client.mergeQueue({ repository: 'app' });
    expect(all[1]).toMatchObject({ branch: 'work/calm-owl', status: 'requested' });
  });
});

describe('a repository whose merge queue is switched off', () => {
  const off = { mergeQueue: { enabled: false } };

  test('merges nothing for an agent, and says how that is changed', async () => {
    const { asks, tree, open } = await team(off);
    const commit = commitIn(person, tree, 'a.txt');
    await asks('calm-owl', 'mission_review', { commit, verdict: 'approve' });
    const refused = await asks('queue', 'mission_merge', { subject: 'red-fox' });
    expect(JSON.parse(refused.body)).toMatchObject({ ok: false });
    expect(refused.body).toContain('missiond repo config app mergeQueue.enabled=true');
    expect((await asks('queue', 'mission_merge', { subject: 'red-fox', dryRun: true })).body).toContain(
      'switched off',
    );
    const asked = await asks('red-fox', 'mission_merge_request');
    expect(asked).toMatchObject({ status: 403, body: expect.stringContaining('switched off') });
    expect((await open.client.mergeQueue({ repository: 'app' })).merges).toHaveLength(1);
  });

  test('merges what a person says', async () => {
    const { asks, tree, open } = await team(off);
    const commit = commitIn(person, tree, 'a.txt');
    await asks('calm-owl', 'mission_review', { commit, verdict: 'approve' });
    const own = await runCli(['merge', 'red-fox', '--repo', 'app', '--home', open.home]);
    expect(own).toMatchObject({ status: 0, out: expect.stringContaining('merged into trunk') });
  });
});

describe('what waits', () => {
  /** A merge of this repository that nobody has begun. */
  async function withRequests() {
    const other = createRealRepository();
    const of = (repository: string) => ({
      repository: RepositoryName.parse(repository),
      subject: 'work/a',
      branch: 'work/a',
      method: 'squash' as const,
      status: 'requested' as const,
      requestedBy: 'slot:app.red-fox',
      allowProtected: false,
      createdAt: 1,
    });
    const world = await team({
      seed(db) {
        seedRepository(db, other, null, {}, RepositoryName.parse('other'));
        db.insert(merges)
          .values([of('app'), of('other')])
          .run();
      },
    });
    await world.open.client.permissionSetRole({
      role: 'merge-queue',
      rule: { allow: ['mcp__missiond__mission_merge_cancel'] },
    });
    other.close();
    return world;
  }

  test('an agent takes out what waits in its own repository, and nothing elsewhere', async () => {
    const { asks, open } = await withRequests();
    const elsewhere = await asks('queue', 'mission_merge_cancel', { id: 2 });
    expect(elsewhere).toMatchObject({ status: 400, body: expect.stringContaining('does not wait') });
    expect((await asks('queue', 'mission_merge_cancel', { id: 1 })).status).toBe(200);
    const { merges: all } = await open.client.mergeQueue({});
    expect(all.map(({ id, status }) => [id, status])).toEqual([
      [2, 'requested'],
      [1, 'cancelled'],
    ]);
  });

  test('a person takes out any', async () => {
    const { open } = await withRequests();
    const { status } = await runCli(['merge', '--cancel', '2', '--home', open.home]);
    expect(status).toBe(0);
  });
});
