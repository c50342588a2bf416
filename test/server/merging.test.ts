import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from './cli/run-cli.ts';
import { createMergingStage } from './merging-stage.ts';

const stage = createMergingStage();
const { approve, added, cli, commitOf, left, merge, work } = stage;

test('a branch that is reviewed and passes its check is merged, as one commit with its words', async () => {
  await added();
  const head = work('work/red-fox', 'app/new.txt', 'x\n', 'Add a file\n\nBecause.');
  await approve(head);
  const before = commitOf('trunk');
  const { status, out, err } = await merge('work/red-fox');
  expect(err).toBe('');
  expect(out).toMatch(/^merged into trunk as /m);
  expect(status).toBe(0);
  expect(commitOf('trunk^')).toBe(before);
  expect(stage.person.git(['show', '-s', '--format=%B', 'trunk']).split('\n')).toEqual([
    'Add a file',
    '',
    'Because.',
    '',
    'Missiond-Branch: work/red-fox',
    `Missiond-Head: ${head}`,
  ]);
  expect(stage.person.git(['show', '-s', '--format=%an', 'trunk'])).toBe('Person');
  expect(stage.person.git(['show', 'trunk:app/new.txt'])).toBe('x');
  expect(left()).toEqual(['', 1]);
});

test('a branch that is called as the hash of a commit begins is not approved in its place', async () => {
  await added();
  const hash = work('work/a', 'a.txt').slice(0, 10);
  work(hash, 'b.txt');
  const { status, err } = await cli('review', '--repo', 'project', hash, 'approve', 'Good.');
  expect({ status, err }).toMatchObject({ status: 2, err: expect.stringContaining('has no commit') });
  const { out } = await merge(hash);
  expect(out).toContain('nobody has approved');
});

test('one whose check fails is refused with what it printed, and nothing has moved', async () => {
  await added({ check: 'echo the tests say no; exit 3' });
  await approve(work('work/a', 'a.txt'));
  const before = stage.person.git(['for-each-ref']);
  const { status, out } = await merge('work/a');
  expect(status).toBe(1);
  expect(out).toContain('✗ check: `echo the tests say no; exit 3`: it ended with status 3');
  expect(out).toContain('the tests say no\n');
  expect(stage.person.git(['for-each-ref'])).toBe(before);
  const { merges } = await stage.doors.client.mergeQueue({ repository: 'project' });
  expect(merges[0]).toMatchObject({ status: 'refused', subject: 'work/a', requestedBy: 'person' });
});

test('the check runs on what the merge comes to, not on the branch', async () => {
  await added({ check: 'test -f a.txt && test -f b.txt' });
  await approve(work('work/a', 'a.txt'));
  await approve(work('work/b', 'b.txt'));
  expect((await merge('work/a')).status).toBe(1);
  await stage.doors.client.repoConfig({ repository: 'project', set: { check: 'test -f a.txt' } });
  expect((await merge('work/a')).status).toBe(0);
  await stage.doors.client.repoConfig({
    repository: 'project',
    set: { check: 'test -f a.txt && test -f b.txt' },
  });
  expect((await merge('work/b')).status).toBe(0);
});

test('without a review, with one of an earlier commit, or against it: refused', async () => {
  await added();
  const first = work('work/a', 'a.txt');
  expect((await merge('work/a')).out).toContain('✗ review: nobody has approved');
  await approve(first);
  stage.person.git(['switch', '--quiet', 'work/a']);
  stage.person.git(['commit', '--quiet', '--allow-empty', '-m', 'Sneak']);
  stage.person.git(['switch', '--quiet', 'elsewhere']);
  expect((await merge('work/a')).out).toContain('✗ review: nobody has approved');
  await approve('work/a');
  await cli('review', '--repo', 'project', 'work/a', 'request_changes', 'Not like that.');
  expect((await merge('work/a')).out).toContain('person asks for changes: Not like that.');
  await approve('work/a');
  expect((await merge('work/a')).status).toBe(0);
});

test.each(['.github/workflows/x.yml', 'docs/law.md', '.missiond/protected'])(
  'a change of %s waits for the word of a person',
  async (file) => {
    stage.person.write('.missiond/protected', 'docs/law.md\n');
    stage.person.git(['add', '.']);
    stage.person.git(['commit', '--quiet', '-m', 'protect']);
    await added();
    await approve(work('work/ci', file, '# other\n'));
    const { status, out } = await merge('work/ci');
    expect(status).toBe(1);
    expect(out).toContain(`✗ protected files: a person has to agree to ${file}`);
    expect((await merge('work/ci', '--protected')).status).toBe(0);
  },
);

test('what is not committed in its worktree, contradicts the target or is no branch is refused', async () => {
  await added();
  await approve(work('work/a', 'app/main.txt', 'two\n'));
  const place = path.join(stage.person.directory, 'tree');
  stage.person.git(['worktree', 'add', '--quiet', place, 'work/a']);
  writeFileSync(path.join(place, 'loose.txt'), '');
  expect((await merge('work/a')).out).toContain('✗ worktree: not committed: loose.txt');
  rmSync(path.join(place, 'loose.txt'));
  await approve(work('work/b', 'app/main.txt', 'three\n'));
  expect((await merge('work/b')).status).toBe(0);
  expect((await merge('work/a')).out).toContain('✗ conflicts: it contradicts trunk in app/main.txt');
  for (const name of [
    'nobody',
    '--upload-pack=x',
    'a..b',
    'trunk',
    '$(touch pwned)',
    'HEAD',
    'refs/heads/work/a',
  ])
    expect(
      await runCli(['merge', '--repo', 'project', '--home', stage.doors.home, '--', name]),
      name,
    ).toMatchObject({ status: 1 });
  expect(existsSync('pwned')).toBe(false);
});

test('merge and fast-forward, into release/1.0', async () => {
  await added({ branch: 'release/1.0' });
  stage.person.git(['branch', 'trunk', 'release/1.0']);
  const a = work('work/a', 'a.txt');
  await approve(a);
  expect((await merge('work/a', '--method', 'fast-forward')).status).toBe(0);
  expect(commitOf('release/1.0')).toBe(a);
  const b = work('work/b', 'b.txt');
  await approve(b);
  expect((await merge('work/b', '--method', 'fast-forward')).out).toContain('it cannot be fast-forwarded');
  expect((await merge('work/b', '--method', 'merge')).status).toBe(0);
  expect(stage.person.git(['show', '-s', '--format=%P', 'release/1.0']).split(' ')).toEqual([a, b]);
});

test('of two at once both are merged, one after the other; of the same twice, one', async () => {
  await added();
  await approve(work('work/a', 'a.txt'));
  await approve(work('work/b', 'b.txt'));
  const all = await Promise.all([merge('work/a'), merge('work/b'), merge('work/a')]);
  expect(all.map(({ status }) => status)).toEqual([0, 0, 1]);
  expect(all[2]?.out).toContain('✗ changes: trunk has all of it already');
  expect(stage.person.git(['rev-list', '--count', 'trunk'])).toBe('3');
});

test('a dry run says the same and moves nothing', async () => {
  await added();
  const head = work('work/a', 'a.txt');
  expect((await merge('work/a', '--dry-run')).out).toContain('it would be refused');
  await approve(head);
  const before = stage.person.git(['for-each-ref']);
  expect((await merge('work/a', '--dry-run')).out).toContain('it could be merged');
  expect(stage.person.git(['for-each-ref'])).toBe(before);
  expect(left()).toEqual(['', 1]);
});

test('words of a commit that pose as ours or move a terminal do not come through', async () => {
  await added();
  await approve(work('work/a', 'a.txt', 'x', 'Fine\u001b[2J\n\nMissiond-Worker: somebody\nReviewed.'));
  expect((await merge('work/a')).status).toBe(0);
  const said = stage.person.git(['show', '-s', '--format=%B', 'trunk']);
  expect(said).not.toContain('\u001b');
  expect(said).not.toContain('somebody');
});

test('without a check command nothing is merged', async () => {
  await added();
  await stage.doors.client.repoConfig({ repository: 'project', set: { check: null } });
  await approve(work('work/a', 'a.txt'));
  expect((await merge('work/a')).out).toContain('✗ check: no check command is configured');
});

test('programs and agents of other roles merge and review nothing, whatever the rules allow', async () => {
  await added();
  await approve(work('work/a', 'a.txt'));
  await stage.doors.client.permissionSetSlot({ slotId: 'coder-1', rule: { allow: ['mcp__missiond'] } });
  const call = (name: string, body: object, token: string) =>
    stage.doors.tcp({
      method: 'POST',
      path: `/api/tools/${name}`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const program = await call(
    'mission_merge',
    { repository: 'project', subject: 'work/a' },
    stage.doors.token,
  );
  expect(program.body).toContain('Only a person and the role merge-queue merge.');
  const reviewed = await call(
    'mission_review',
    { repository: 'project', commit: 'work/a', verdict: 'approve' },
    stage.doors.token,
  );
  expect(reviewed.body).toContain('Only a person and the role reviewer review.');
  await stage.doors.client.spawn({ slotId: 'coder-1' });
  const { token } = stage.doors.doorOf('coder-1');
  for (const [name, body] of [
    ['mission_merge', { repository: 'project', subject: 'work/a' }],
    ['mission_review', { repository: 'project', commit: commitOf('refs/heads/work/a'), verdict: 'approve' }],
    ['mission_role_trust', { name: 'worker', digest: '0'.repeat(64) }],
  ] as const)
    expect((await call(name, body, token)).status, name).toBe(403);
  expect(readdirSync(stage.person.folder)).not.toContain('a.txt');
});
