import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { branchStateOf } from '../../../services/worktrees/branch-state.ts';
import { fetchBranch } from '../../../services/worktrees/fetch-branch.ts';
import { createGit } from '../../../services/worktrees/git.ts';
import { refresh } from '../../../services/worktrees/refresh.ts';
import { conflictsBetween } from '../../../services/worktrees/trial-merge.ts';
import { createRealRepository } from './real-repository.ts';

const signal = new AbortController().signal;
let person: ReturnType<typeof createRealRepository>;
let git: ReturnType<typeof createGit>;
const call = () => ({ cwd: person.folder, signal });
beforeEach(() => {
  person = createRealRepository();
  git = createGit(person.env);
});
afterEach(() => person.close());

function commit(file: string, text: string): void {
  person.write(file, text);
  person.git(['add', '.']);
  person.git(['commit', '--quiet', '-m', `${file}: ${text.slice(0, 10)}`]);
}

/** `work/fox` with two commits, then one of somebody else on trunk, which is checked out. */
function fork(): void {
  person.git(['switch', '--quiet', '-c', 'work/fox']);
  commit('app/main.txt', 'one\ntwo\n');
  commit('app/more.txt', 'three\n');
  person.git(['switch', '--quiet', 'trunk']);
  commit('readme.md', 'hello\nthere\n');
}
const objects = (): readonly string[] =>
  readdirSync(path.join(person.folder, '.git'), { recursive: true }).map(String).toSorted();
async function state() {
  const before = objects();
  const answer = await branchStateOf(git, person.git(['rev-parse', 'work/fox']), 'trunk', call());
  expect(objects()).toEqual(before);
  return answer;
}

test('a branch with work of its own is not merged, and what no remote has is not pushed', async () => {
  fork();
  expect(await state()).toMatchObject({ ahead: 2, behind: 1, unpushed: 2, merged: 'no' });
  person.git(['clone', '--quiet', '--bare', '.', path.join(person.directory, 'remote.git')]);
  person.git(['remote', 'add', 'origin', path.join(person.directory, 'remote.git')]);
  person.git(['fetch', '--quiet', 'origin']);
  expect((await state()).unpushed).toBe(0);
});

test.each([
  ['merged', () => person.git(['merge', '--quiet', '--no-ff', 'work/fox'])],
  ['rebased', () => person.git(['cherry-pick', 'work/fox~1', 'work/fox'])],
  [
    'squashed',
    () => [person.git(['merge', '--squash', '--quiet', 'work/fox']), person.git(['commit', '-qm', 's'])],
  ],
  [
    'squashed',
    () => {
      // Somebody else's line is in the very commit.
      person.git(['merge', '--squash', '--quiet', 'work/fox']);
      commit('app/other.txt', 'beside it\n');
    },
  ],
  [
    'squashed',
    () => {
      person.git(['merge', '--squash', '--quiet', 'work/fox']);
      person.git(['commit', '-qm', 's']);
      commit('app/main.txt', 'changed since\n');
    },
  ],
  ['no', () => person.git(['cherry-pick', 'work/fox~1'])],
  ['no', () => commit('app/more.txt', 'three, but otherwise\n')],
])('work that came into trunk is %s (%#)', async (merged, land) => {
  fork();
  land();
  expect((await state()).merged).toBe(merged);
});

test('commits that come to nothing are nothing, and no common history is no merge', async () => {
  person.git(['switch', '--quiet', '-c', 'work/fox']);
  commit('app/main.txt', 'two\n');
  commit('app/main.txt', 'one\n');
  expect((await state()).merged).toBe('nothing');
  person.git(['switch', '--quiet', '--orphan', 'elsewhere']);
  commit('other.txt', 'other\n');
  person.git(['branch', '--force', 'work/fox']);
  expect((await state()).merged).toBe('no');
});

test('a trial merge names what would conflict, and writes nothing', async () => {
  fork();
  const before = objects();
  expect(await conflictsBetween(git, 'trunk', 'work/fox', call())).toEqual([]);
  person.git(['switch', '--quiet', '-c', 'work/owl', 'trunk']);
  commit('app/main.txt', 'one\nzwei\n');
  const since = objects();
  expect(await conflictsBetween(git, 'work/owl', 'work/fox', call())).toEqual(['app/main.txt']);
  expect(objects()).toEqual(since);
  expect(since.length).toBeGreaterThan(before.length);
});

const mayMove = { mergeOnly: false, before: () => null };

test.each(['rebase', 'merge'] as const)('a %s brings a clean branch up to date', async (how) => {
  fork();
  person.git(['switch', '--quiet', 'work/fox']);
  expect(await refresh(git, { onto: 'trunk', ...mayMove, mergeOnly: how === 'merge' }, call())).toMatchObject(
    { status: 'refreshed' },
  );
  expect(await refresh(git, { onto: 'trunk', ...mayMove, mergeOnly: how === 'merge' }, call())).toEqual({
    status: 'fresh',
  });
  expect(person.git(['show', 'HEAD:readme.md'])).toBe('hello\nthere');
});

test.each(['rebase', 'merge'] as const)('a %s that conflicts is taken back whole', async (how) => {
  fork();
  commit('app/main.txt', 'one\nzwei\n');
  person.git(['switch', '--quiet', 'work/fox']);
  const before = person.own();
  expect(await refresh(git, { onto: 'trunk', ...mayMove, mergeOnly: how === 'merge' }, call())).toMatchObject(
    {
      status: 'conflict',
      files: ['app/main.txt'],
    },
  );
  expect(person.own()).toEqual(before);
  expect(person.git(['status'])).not.toMatch(/rebas|merg/);
});

test('what is not committed, half done or detached is left alone, and the stash is not used', async () => {
  fork();
  person.git(['switch', '--quiet', 'work/fox']);
  person.write('new.txt', 'new\n');
  const left = { status: 'left' };
  expect(await refresh(git, { onto: 'trunk', ...mayMove }, call())).toEqual({
    ...left,
    why: '1 files are not committed',
  });
  person.git(['clean', '-qf']);
  person.git(['switch', '--quiet', '--detach']);
  expect(await refresh(git, { onto: 'trunk', ...mayMove }, call())).toEqual({
    ...left,
    why: 'no branch is checked out there',
  });
  person.git(['switch', '--quiet', 'trunk']);
  commit('app/main.txt', 'one\nzwei\n');
  expect(() => person.git(['merge', 'work/fox'])).toThrow();
  const during = person.own();
  expect(await refresh(git, { onto: 'work/fox', ...mayMove }, call())).toEqual({
    ...left,
    why: 'a merge is under way there',
  });
  expect([person.own(), during.stash]).toEqual([during, '']);
});

test('a branch with a slash is fetched, and a remote that is away is told of', async () => {
  const remote = path.join(person.directory, 'remote.git');
  person.git(['clone', '--quiet', '--bare', '.', remote]);
  person.git(['branch', 'release/1.0', 'trunk'], remote);
  person.git(['remote', 'add', 'origin', remote]);
  expect(await fetchBranch(git, 'origin', 'release/1.0', call())).toBeNull();
  expect(person.git(['rev-parse', 'origin/release/1.0'])).toBe(person.head());
  person.git(['remote', 'set-url', 'origin', `${remote}-away`]);
  expect(await fetchBranch(git, 'origin', 'release/1.0', call())).toContain(
    'does not appear to be a git repository',
  );
  expect(existsSync(path.join(person.folder, '.git', 'FETCH_HEAD'))).toBe(false);
});
