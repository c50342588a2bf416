import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorktrees, type PlacedWorktree } from '../../../services/worktrees/create-worktrees.ts';
import { createRealRepository } from './real-repository.ts';

let person: ReturnType<typeof createRealRepository>;
let root: string;
let worktrees: ReturnType<typeof createWorktrees>;
const signal = AbortSignal.timeout(120_000);
beforeEach(() => {
  person = createRealRepository();
  root = path.join(person.directory, 'worktrees');
  worktrees = createWorktrees({ root, env: person.env });
});
afterEach(() => person.close());

const make = (name: string, more: { branch?: string; base?: string; cwd?: string } = {}) =>
  worktrees.make({ cwd: person.folder, name, usualBranch: `work/${name}`, planned() {}, ...more }, signal);
/** @returns the ref under which it was saved; null when there was nothing */
async function remove(worktree: PlacedWorktree, before: string | null = null): Promise<string | null> {
  let ref: string | null = null;
  const saved = (told: string): void => {
    ref = told;
  };
  await worktrees.remove(worktree, { before, saved }, signal);
  return ref;
}
const branches = (): string => person.git(['branch', '--format', '%(refname:short)']);
const commitIn = ({ path: cwd }: PlacedWorktree, file: string, text: string): void => {
  person.write(file, text, cwd);
  person.git(['add', '--', file], cwd);
  person.git(['commit', '--quiet', '-m', file], cwd);
};

test('a worktree stands at the HEAD of the folder, on a branch of its own, and nothing else has changed', async () => {
  person.git(['switch', '--quiet', '--create', 'feature']);
  person.write('readme.md', 'a draft\n');
  const before = person.own();
  const made = await make('one');
  expect(made).toMatchObject({ branch: 'work/one', base: person.head(), folder: made.path });
  expect(path.relative(root, made.path)).toMatch(/^project-[0-9a-f]{6}\/one$/);
  expect(person.git(['rev-parse', '--abbrev-ref', 'HEAD'], made.path)).toBe('work/one');
  expect(readFileSync(path.join(made.path, 'readme.md'), 'utf8')).toBe('hello\n');
  expect(person.own()).toEqual(before);
});

test('from a folder below the top it is the same folder in the worktree; a base is what is named', async () => {
  const first = person.head();
  person.write('app/main.txt', 'two\n');
  person.git(['commit', '--quiet', '--all', '-m', 'second']);
  const made = await make('one', {
    cwd: path.join(person.folder, 'app'),
    base: 'trunk~1',
    branch: 'old/app',
  });
  expect(made).toMatchObject({ base: first, branch: 'old/app' });
  expect(readFileSync(path.join(made.folder, 'main.txt'), 'utf8')).toBe('one\n');
});

test('many at once in one repository are all made', async () => {
  const made = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => make(name)));
  expect(made.every(({ path: top }) => existsSync(path.join(top, 'readme.md')))).toBe(true);
  expect(branches().split('\n')).toHaveLength(7);
});

test('hooks of the person do not run when a worktree is made', async () => {
  const ran = path.join(person.directory, 'ran');
  const hook = path.join(person.folder, '.git', 'hooks', 'post-checkout');
  writeFileSync(hook, `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 });
  await make('one');
  expect(existsSync(ran)).toBe(false);
});

test.each([
  [{ branch: 'trunk' }, 'worktree_refused', 'is there already'],
  [{ branch: 'a..b' }, 'worktree_refused', 'no name of a branch'],
  [{ branch: '@{-1}' }, 'worktree_refused', 'no name of a branch'],
  [{ base: 'nowhere' }, 'worktree_refused', 'no commit "nowhere"'],
])('%j is refused', async (wish, code, message) => {
  const refusal = { code, message: expect.stringContaining(message) };
  await expect(worktrees.check(person.folder, wish, signal)).rejects.toMatchObject(refusal);
  await expect(make('one', wish)).rejects.toMatchObject(refusal);
  expect(branches()).toBe('trunk');
});

test('a folder in no repository, an empty repository and one that is not there are told apart from failures', async () => {
  const refused = (cwd: string) => expect(worktrees.check(cwd, {}, signal)).rejects;
  await refused(person.directory).toMatchObject({ code: 'no_repository' });
  await refused(path.join(person.directory, 'gone')).toMatchObject({ code: 'no_repository' });
  await refused(path.join(person.folder, '.git')).toMatchObject({ code: 'no_repository' });
  person.git(['init', '--quiet', 'empty'], person.directory);
  await refused(path.join(person.directory, 'empty')).toMatchObject({
    code: 'worktree_refused',
    message: expect.stringContaining('no commit yet'),
  });
});

test('git that is not there is no word about the folder', async () => {
  const without = createWorktrees({ root, env: { ...person.env, PATH: '/nowhere' } });
  await expect(without.check(person.folder, {}, signal)).rejects.toMatchObject({ code: 'worktree_failed' });
});

test('a git directory in the environment of the daemon means nothing', async () => {
  const misled = createWorktrees({ root, env: { ...person.env, GIT_DIR: '/nowhere' } });
  await misled.check(person.folder, {}, signal);
});

test('what is in it is counted: commits, files that differ, files that are not committed', async () => {
  const made = await make('one');
  expect(await worktrees.contents(made, signal)).toMatchObject({
    commits: 0,
    changedFiles: 0,
    uncommitted: 0,
  });
  commitIn(made, 'new.txt', 'new');
  person.write('readme.md', 'changed', made.path);
  person.write('notes/loose.txt', 'loose', made.path);
  person.write('build/out.txt', 'ignored', made.path);
  expect(await worktrees.contents(made, signal)).toMatchObject({
    isThere: true,
    commits: 1,
    changedFiles: 3,
    uncommitted: 2,
  });
});

test('an empty one is removed with its branch; one with a loose file or a commit stays as it is', async () => {
  const [empty, loose, committed] = [await make('empty'), await make('loose'), await make('committed')];
  person.write('loose.txt', 'loose', loose.path);
  commitIn(committed, 'new.txt', 'new');
  expect(await worktrees.removeEmpty(empty, signal)).toMatchObject({ commits: 0, uncommitted: 0 });
  expect(await worktrees.removeEmpty(loose, signal)).toMatchObject({ uncommitted: 1 });
  expect(await worktrees.removeEmpty(committed, signal)).toMatchObject({ commits: 1 });
  expect([empty, loose, committed].map(({ path: top }) => existsSync(top))).toEqual([false, true, true]);
  expect(branches().split('\n').sort()).toEqual(['trunk', 'work/committed', 'work/loose']);
});

test('commits on the branch count although something else is checked out there', async () => {
  const made = await make('one');
  commitIn(made, 'new.txt', 'new');
  person.git(['checkout', '--quiet', '--detach', made.base], made.path);
  expect(await worktrees.removeEmpty(made, signal)).toMatchObject({ commits: 1 });
  const ref = await remove(made);
  expect(person.git(['show', `${ref}:new.txt`])).toBe('new');
});

test('before anything is removed all of it is saved: commits, what is staged, changes, new files, bytes that are no text', async () => {
  const made = await make('one');
  person.git(['stash', 'list']);
  const before = person.own();
  commitIn(made, 'committed.txt', 'committed');
  person.write('readme.md', 'staged', made.path);
  person.git(['add', 'readme.md'], made.path);
  person.write('readme.md', 'changed', made.path);
  person.write('loose.txt', 'loose', made.path);
  writeFileSync(path.join(made.path, 'loose.bin'), Buffer.from([0, 255, 10, 13, 0, 128]));
  const bytes = person.git(['hash-object', 'loose.bin'], made.path);
  const ref = await remove(made);
  expect(person.git(['rev-parse', `${ref}:loose.bin`])).toBe(bytes);
  expect(ref).toBe('refs/missiond/rescue/one');
  expect(existsSync(made.path)).toBe(false);
  expect(branches()).toBe('trunk');
  const saved = (file: string, commit = ref): string => person.git(['show', `${commit}:${file}`]);
  expect([saved('committed.txt'), saved('readme.md'), saved('loose.txt')]).toEqual([
    'committed',
    'changed',
    'loose',
  ]);
  expect(saved('readme.md', `${ref}^2`)).toBe('staged');
  expect(person.own()).toEqual(before);
});

test('in the middle of a merge it is saved, too', async () => {
  const made = await make('one');
  person.write('readme.md', 'theirs\n');
  person.git(['commit', '--quiet', '--all', '-m', 'theirs']);
  commitIn(made, 'readme.md', 'ours\n');
  expect(() => person.git(['merge', 'trunk'], made.path)).toThrow();
  const ref = await remove(made);
  expect(person.git(['show', `${ref}:readme.md`])).toContain('<<<<<<<');
});

test('a repository inside it cannot be saved, so nothing is removed', async () => {
  const made = await make('one');
  person.git(['init', '--quiet', 'inner'], made.path);
  const inner = path.join(made.path, 'inner');
  for (const [key, value] of [
    ['user.name', 'A'],
    ['user.email', 'a@example.org'],
  ] as const)
    person.git(['config', key, value], inner);
  commitIn({ ...made, path: inner }, 'precious.txt', 'precious');
  await expect(remove(made)).rejects.toMatchObject({
    code: 'worktree_failed',
    message: expect.stringContaining('inner'),
  });
  expect(existsSync(path.join(inner, 'precious.txt'))).toBe(true);
});

test('a branch that is checked out elsewhere is not removed', async () => {
  const made = await make('one');
  person.git(['checkout', '--quiet', '--detach'], made.path);
  person.git(['switch', '--quiet', 'work/one']);
  await expect(remove(made)).rejects.toMatchObject({ code: 'worktree_in_use' });
  expect(existsSync(made.path)).toBe(true);
});

test('a folder that somebody deleted: its commits are saved, and another repository around it is not touched', async () => {
  person.git(['init', '--quiet'], person.directory);
  const made = await make('one');
  commitIn(made, 'new.txt', 'new');
  rmSync(made.path, { recursive: true });
  expect(await worktrees.contents(made, signal)).toMatchObject({ isThere: false, commits: 1 });
  await worktrees.again(made, false, signal);
  expect(readFileSync(path.join(made.path, 'new.txt'), 'utf8')).toBe('new');
  // What lies in its place may be somebody's: it stays, and is said to be there.
  rmSync(path.join(made.path, '.git'));
  await expect(remove(made)).rejects.toMatchObject({ code: 'worktree_failed' });
  expect(existsSync(path.join(made.path, 'new.txt'))).toBe(true);
  rmSync(made.path, { recursive: true });
  const ref = await remove(made);
  expect(person.git(['show', `${ref}:new.txt`])).toBe('new');
  expect(existsSync(path.join(person.directory, 'project'))).toBe(true);
});

test('again, it is as it was left; one whose making was broken off is made whole', async () => {
  const made = await make('one');
  person.write('loose.txt', 'loose', made.path);
  await worktrees.again(made, false, signal);
  expect(existsSync(path.join(made.path, 'loose.txt'))).toBe(true);
  const half = await make('half');
  rmSync(path.join(half.path, 'readme.md'));
  rmSync(path.join(half.path, '.git'));
  await worktrees.again(half, true, signal);
  expect(person.git(['status', '--porcelain'], half.path)).toBe('');
});

test('a branch that a person bisects stays, with its worktree, until they have come to the end', async () => {
  const made = await make('one');
  commitIn(made, 'one.txt', 'one\n');
  person.git(['switch', '--quiet', '--detach'], made.path);
  person.git(['switch', '--quiet', 'work/one']);
  person.git(['bisect', 'start']);
  person.git(['switch', '--quiet', '--detach']);
  await expect(remove(made)).rejects.toMatchObject({
    code: 'worktree_in_use',
    message: expect.stringContaining(`a bisection of work/one is half done in ${person.folder}`),
  });
  expect(existsSync(made.path)).toBe(true);
  person.git(['bisect', 'reset']);
  person.git(['switch', '--quiet', 'trunk']);
  await remove(made);
  expect(branches()).toBe('trunk');
});

test('nor does taking back what was begun delete it; what its own worktree has half done holds nothing up', async () => {
  const [one, two] = [await make('one'), await make('two')];
  person.git(['switch', '--quiet', '--detach'], one.path);
  person.git(['switch', '--quiet', 'work/one']);
  person.git(['bisect', 'start']);
  person.git(['switch', '--quiet', '--detach']);
  await worktrees.undo(one, signal);
  commitIn(two, 'two.txt', 'two\n');
  person.git(['bisect', 'start', 'HEAD', 'trunk'], two.path);
  await remove(two);
  expect(branches().split('\n')).toContain('work/one');
  expect(branches()).not.toContain('work/two');
});
