import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createMergingStage } from './merging-stage.ts';

const stage = createMergingStage();
const { approve, added, commitOf, merge, remote, work } = stage;

test('it is pushed, and here and there are the same', async () => {
  const bare = remote();
  await added();
  await approve(work('work/a', 'a.txt'));
  const { status, out } = await merge('work/a');
  expect({ status, out }).toMatchObject({ status: 0, out: expect.stringContaining(', pushed') });
  expect(commitOf('refs/heads/trunk', bare)).toBe(commitOf('trunk'));
});

test('a remote that has nothing yet gets the branch', async () => {
  const bare = remote();
  stage.person.git(['update-ref', '-d', 'refs/heads/trunk'], bare);
  await added();
  await approve(work('work/a', 'a.txt'));
  expect((await merge('work/a')).status).toBe(0);
  expect(commitOf('refs/heads/trunk', bare)).toBe(commitOf('trunk'));
});

test('a push that is refused leaves everything as it was', async () => {
  const bare = remote();
  await added();
  await approve(work('work/a', 'a.txt'));
  const hook = path.join(bare, 'hooks', 'pre-receive');
  writeFileSync(hook, '#!/bin/sh\necho only on Mondays >&2\nexit 1\n');
  chmodSync(hook, 0o755);
  const before = commitOf('trunk');
  const { status, out } = await merge('work/a');
  expect({ status, out }).toMatchObject({ status: 1, out: expect.stringContaining('only on Mondays') });
  expect([commitOf('trunk'), commitOf('refs/heads/trunk', bare)]).toEqual([before, before]);
  rmSync(hook);
  expect((await merge('work/a')).status).toBe(0);
});

test('a branch that is set back at the remote while it is checked is not moved forward again', async () => {
  stage.person.write('secret.txt', 'pushed by mistake\n');
  stage.person.git(['add', '.']);
  stage.person.git(['commit', '--quiet', '-m', 'Mistake']);
  const bare = remote();
  await added({ check: `git -C '${bare}' update-ref refs/heads/trunk trunk^` });
  await approve(work('work/a', 'a.txt'));
  const { status, out } = await merge('work/a');
  expect({ status, out }).toMatchObject({ status: 1, out: expect.stringContaining('did not take it') });
  expect(commitOf('refs/heads/trunk', bare)).toBe(commitOf('trunk^'));
});

test('what others have pushed meanwhile is under it; a branch that they have moved is not merged', async () => {
  const bare = remote();
  await added();
  const other = path.join(stage.person.directory, 'other');
  stage.person.git(['clone', '--quiet', bare, other], stage.person.directory);
  stage.person.write('theirs.txt', '1\n', other);
  stage.person.git(['add', '.'], other);
  stage.person.git(['-c', 'user.name=o', '-c', 'user.email=o@o', 'commit', '--quiet', '-m', 'theirs'], other);
  stage.person.git(['push', '--quiet', 'origin', 'trunk'], other);
  await approve(work('work/a', 'a.txt'));
  expect((await merge('work/a')).status).toBe(0);
  expect(commitOf('trunk^')).toBe(commitOf('trunk', other));

  const head = work('work/b', 'b.txt');
  await approve(head);
  stage.person.git(['push', '--quiet', 'origin', 'elsewhere:work/b']);
  expect((await merge('work/b')).out).toContain('✗ pushed: origin has');
});
