import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGit } from '../../../services/worktrees/git.ts';
import { halfDoneOn } from '../../../services/worktrees/half-done-on.ts';
import { createRealRepository } from './real-repository.ts';

let person: ReturnType<typeof createRealRepository>;
const signal = AbortSignal.timeout(120_000);
beforeEach(() => {
  person = createRealRepository();
  commit('work/a', 'app/main.txt', 'two\n');
  commit('work/b', 'app/main.txt', 'three\n');
});
afterEach(() => person.close());

/** Of a branch that begins at trunk, where there is none of that name. */
function commit(branch: string, file: string, text: string): void {
  person.git(['switch', '--quiet', '--force-create', branch, 'trunk']);
  person.write(file, text);
  person.git(['add', '.']);
  person.git(['commit', '--quiet', '-m', `${branch}: ${file}`]);
}
/** A call of git that stops in the middle. */
const stops = (...args: readonly string[]) => expect(() => person.git(args)).toThrow();
const asked = (branch: string, except?: string) =>
  halfDoneOn(createGit(person.env), branch, { cwd: person.folder, signal }, except);

describe('what a person has begun with a branch and not ended', () => {
  test.each<[string, () => void, string]>([
    ['a rebase', () => stops('rebase', '--quiet', 'work/a'), 'a rebase'],
    ['a rebase of the other backend', () => stops('rebase', '--quiet', '--apply', 'work/a'), 'a rebase'],
    ['a bisection', () => person.git(['bisect', 'start', 'HEAD', 'trunk']), 'a bisection'],
    ['a merge', () => stops('merge', '--quiet', 'work/a'), 'a merge'],
    [
      'a merge without a change',
      () => person.git(['merge', '--no-commit', '-s', 'ours', 'work/a']),
      'a merge',
    ],
    ['a cherry-pick', () => stops('cherry-pick', 'work/a'), 'a cherry-pick'],
    ['a revert', () => person.git(['revert', '--no-commit', 'HEAD']), 'a revert'],
  ])(
    '%s is seen, of that branch alone, and not in a working tree that does not count',
    async (_, begin, doing) => {
      expect(await asked('work/b')).toBeNull();
      begin();
      expect(await asked('work/b')).toEqual({ doing, place: person.folder });
      expect(await asked('work/a')).toBeNull();
      expect(await asked('work/b', person.folder)).toBeNull();
    },
  );

  test('in another working tree it is named by its place', async () => {
    const place = path.join(person.directory, 'tree');
    person.git(['switch', '--quiet', 'trunk']);
    person.git(['worktree', 'add', '--quiet', place, 'work/b']);
    expect(() => person.git(['rebase', '--quiet', 'work/a'], place)).toThrow();
    expect(await asked('work/b')).toEqual({ doing: 'a rebase', place });
    expect(await asked('work/b', place)).toBeNull();
  });

  test('a rebase that will move further branches is one of theirs as well', async () => {
    person.git(['branch', 'part', 'work/b']);
    person.write('more.txt', 'more\n');
    person.git(['add', '.']);
    person.git(['commit', '--quiet', '-m', 'more']);
    stops('rebase', '--quiet', '--update-refs', 'work/a');
    expect(await asked('part')).toEqual({ doing: 'a rebase', place: person.folder });
    expect(await asked('trunk')).toBeNull();
  });

  test('a note that cannot be read is not taken for none', async () => {
    const note = path.join(person.folder, '.git', 'BISECT_START');
    mkdirSync(note);
    await expect(asked('work/b')).rejects.toMatchObject({
      code: 'worktree_failed',
      message: expect.stringContaining(note),
    });
    rmSync(note, { recursive: true });
    expect(await asked('work/b')).toBeNull();
  });
});
