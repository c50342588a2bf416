import { readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createMergingStage } from './merging-stage.ts';

const stage = createMergingStage();
const { approve, added, commitOf, merge, work } = stage;

test('where the target is checked out, its clean tree goes with it, and a changed one is left alone', async () => {
  await added();
  await approve(work('work/a', 'a.txt'));
  stage.person.git(['switch', '--quiet', 'trunk']);
  stage.person.write('app/main.txt', 'the person types\n');
  const refused = await merge('work/a');
  expect(refused.out).toContain('with changes (app/main.txt); commit them or switch to another branch there');
  expect(readFileSync(path.join(stage.person.folder, 'app/main.txt'), 'utf8')).toBe('the person types\n');
  stage.person.git(['restore', '.']);
  expect((await merge('work/a')).status).toBe(0);
  expect(readFileSync(path.join(stage.person.folder, 'a.txt'), 'utf8')).toBe('work/a\n');
  expect(stage.person.git(['status', '--porcelain'])).toBe('');
});

test('a branch that the person is bisecting is not moved, and their work there goes on', async () => {
  await added();
  await approve(work('work/a', 'a.txt'));
  stage.person.git(['switch', '--quiet', 'trunk']);
  stage.person.git(['bisect', 'start']);
  stage.person.git(['switch', '--quiet', '--detach']);
  const before = commitOf('trunk');
  const { status, out } = await merge('work/a');
  expect({ status, out }).toMatchObject({
    status: 1,
    out: expect.stringContaining(
      `✗ working tree: a bisection of trunk is half done in ${stage.person.folder};`,
    ),
  });
  expect(commitOf('trunk')).toBe(before);
  stage.person.git(['bisect', 'reset']);
  stage.person.git(['switch', '--quiet', 'elsewhere']);
  expect((await merge('work/a')).status).toBe(0);
});

test('a file of the person that git does not track is never overwritten', async () => {
  await added();
  await approve(work('work/a', 'a.txt'));
  stage.person.git(['switch', '--quiet', 'trunk']);
  stage.person.write('a.txt', 'mine\n');
  const before = commitOf('trunk');
  expect((await merge('work/a')).status).toBe(1);
  expect(readFileSync(path.join(stage.person.folder, 'a.txt'), 'utf8')).toBe('mine\n');
  expect(commitOf('trunk')).toBe(before);
});

test('nor one that git ignores', async () => {
  stage.person.write('.gitignore', 'notes.local\n');
  stage.person.git(['add', '.']);
  stage.person.git(['commit', '--quiet', '-m', 'ignore']);
  await added();
  stage.person.git(['switch', '--quiet', '-c', 'work/a', 'trunk']);
  stage.person.write('notes.local', 'theirs\n');
  stage.person.git(['add', '--force', 'notes.local']);
  stage.person.git(['commit', '--quiet', '-m', 'Write notes']);
  await approve(commitOf('work/a'));
  stage.person.git(['switch', '--quiet', 'trunk']);
  stage.person.write('notes.local', 'mine\n');
  const before = commitOf('trunk');
  expect((await merge('work/a')).out).toContain('would be overwritten');
  expect(readFileSync(path.join(stage.person.folder, 'notes.local'), 'utf8')).toBe('mine\n');
  expect(commitOf('trunk')).toBe(before);
});

test('a worktree of the person whose disk is away is still one when it comes back', async () => {
  await added();
  const [place, away] = [
    path.join(stage.person.directory, 'disk'),
    path.join(stage.person.directory, 'away'),
  ];
  stage.person.git(['worktree', 'add', '--quiet', '--detach', place, 'trunk']);
  renameSync(place, away);
  await approve(work('work/a', 'a.txt'));
  expect((await merge('work/a')).status).toBe(0);
  renameSync(away, place);
  expect(commitOf('HEAD', place)).toBe(commitOf('elsewhere'));
});
