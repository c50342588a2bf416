import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWorktrees, type PlacedWorktree } from '../../../services/worktrees/create-worktrees.ts';
import { createRealRepository } from './real-repository.ts';

const REAL_GIT = execFileSync('/bin/sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();

let person: ReturnType<typeof createRealRepository>;
let worktrees: ReturnType<typeof createWorktrees>;
const signal = AbortSignal.timeout(240_000);
beforeEach(() => {
  person = createRealRepository();
  const bin = path.join(person.directory, 'bin');
  mkdirSync(bin);
  onCall('nothing that git is ever called with', 'true');
  worktrees = createWorktrees({
    root: path.join(person.directory, 'worktrees'),
    env: { ...person.env, PATH: `${bin}:${person.env.PATH}` },
  });
});
afterEach(() => person.close());

/** What happens in the next call of git by the service that has these words. */
function onCall(words: string, act: string): void {
  const once = path.join(person.directory, 'once');
  rmSync(once, { recursive: true, force: true });
  const text = `#!/bin/sh\ncase "$*" in *'${words}'*) if mkdir ${once} 2>/dev/null; then ${act}; fi;; esac\nexec ${REAL_GIT} "$@"\n`;
  const program = path.join(person.directory, 'bin', 'git');
  // A program that runs now cannot be written over.
  writeFileSync(`${program}.new`, text, { mode: 0o755 });
  renameSync(`${program}.new`, program);
}
const KILLED = 'kill -9 $$';
const FAILS = 'echo "fatal: cannot fork: Resource temporarily unavailable" >&2; exit 128';

const make = (name: string, branch?: string): Promise<PlacedWorktree> =>
  worktrees.make({ cwd: person.folder, name, usualBranch: `work/${name}`, branch, planned() {} }, signal);
/** What the next daemon finds when one was killed before git had begun. */
async function plannedOnly(name: string, branch: string): Promise<PlacedWorktree> {
  const found: PlacedWorktree[] = [];
  const wish = {
    cwd: person.folder,
    name,
    usualBranch: branch,
    planned(worktree: PlacedWorktree): void {
      found.push(worktree);
      throw new Error('killed');
    },
  };
  await worktrees.make(wish, signal).catch(() => {});
  const [planned] = found;
  if (planned === undefined) throw new Error('nothing was planned');
  return planned;
}
async function remove(worktree: PlacedWorktree, before: string | null = null): Promise<string | null> {
  let ref: string | null = null;
  const saved = (told: string): void => {
    ref = told;
  };
  await worktrees.remove(worktree, { before, saved }, signal);
  return ref;
}
const branches = (): readonly string[] =>
  person.git(['branch', '--format', '%(refname:short)']).split('\n').sort();
const commitIn = (cwd: string, file: string, text: string): void => {
  person.write(file, text, cwd);
  person.git(['add', '--', file], cwd);
  person.git(['-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '--quiet', '-m', file], cwd);
};
const failed = { code: 'worktree_failed' };

describe('a git that has not answered has not said no', () => {
  const doors = {
    'the look after a task': (made: PlacedWorktree) => worktrees.removeEmpty(made, signal),
    'the next attempt': (made: PlacedWorktree) => worktrees.again(made, false, signal),
    'a removal': (made: PlacedWorktree) => remove(made),
  };
  test.each(
    Object.entries(doors).flatMap(([name, door]) => [KILLED, FAILS].map((act) => [name, act, door] as const)),
  )('%s, %s', async (_, act, door) => {
    const made = await make('one');
    person.write('readme.md', 'a night of work', made.path);
    person.write('loose.txt', 'loose', made.path);
    onCall('--show-toplevel', act);
    await expect(door(made)).rejects.toMatchObject(failed);
    expect(readFileSync(path.join(made.path, 'readme.md'), 'utf8')).toBe('a night of work');
    expect(existsSync(path.join(made.path, 'loose.txt'))).toBe(true);
    expect(await worktrees.contents(made, signal)).toMatchObject({ isThere: true, uncommitted: 2 });
  });

  test.each([
    ['HEAD', 'rev-parse --verify --quiet HEAD', KILLED],
    ['HEAD that cannot be read', 'rev-parse --verify --quiet HEAD', 'exit 1'],
    ['the branch', 'show-ref', KILLED],
  ])('when it is asked for %s', async (_, words, act) => {
    const made = await make('one');
    const [onBranch, detached] = [words === 'show-ref', words !== 'show-ref'];
    if (detached) person.git(['checkout', '--quiet', '--detach'], made.path);
    commitIn(made.path, 'new.txt', 'new');
    const commit = person.git(['rev-parse', 'HEAD'], made.path);
    if (onBranch) person.git(['checkout', '--quiet', '--detach', made.base], made.path);
    onCall(words, act);
    await expect(worktrees.removeEmpty(made, signal)).rejects.toMatchObject(failed);
    expect(existsSync(made.path)).toBe(true);
    expect(await worktrees.contents(made, signal)).toMatchObject({ commits: 1, tips: [commit] });
  });

  test('a folder that is away with everything around it may come back', async () => {
    const made = await make('one');
    person.write('loose.txt', 'loose', made.path);
    const disk = path.dirname(made.path);
    renameSync(disk, `${disk}-away`);
    for (const door of Object.values(doors)) await expect(door(made)).rejects.toMatchObject(failed);
    renameSync(`${disk}-away`, disk);
    expect(await worktrees.contents(made, signal)).toMatchObject({ isThere: true, uncommitted: 1 });
  });

  test('one that somebody has locked is not forgotten, although its folder is gone', async () => {
    const made = await make('one');
    person.git(['worktree', 'lock', '--reason', 'on a disk that is away', made.path]);
    rmSync(made.path, { recursive: true });
    await expect(worktrees.removeEmpty(made, signal)).rejects.toMatchObject(failed);
    expect(person.git(['worktree', 'list'])).toContain('work/one');
  });
});

describe('what was only planned is not taken for ours', () => {
  test('a branch that a person has made meanwhile, and stands on', async () => {
    const planned = await plannedOnly('one', 'feature');
    person.git(['switch', '--quiet', '--create', 'feature']);
    const before = person.own();
    await expect(worktrees.again(planned, true, signal)).rejects.toMatchObject({ code: 'worktree_in_use' });
    await worktrees.undo(planned, signal);
    expect(person.own()).toEqual(before);
    expect(branches()).toEqual(['feature', 'trunk']);
  });

  test.each([0, 1])('a branch that a person has made, with %i commits', async (commits) => {
    const planned = await plannedOnly('one', 'feature');
    person.git(['switch', '--quiet', '--create', 'feature']);
    if (commits > 0) commitIn(person.folder, 'mine.txt', 'mine');
    person.git(['switch', '--quiet', 'trunk']);
    await expect(worktrees.again(planned, true, signal)).rejects.toMatchObject({ code: 'worktree_refused' });
    expect(existsSync(planned.path)).toBe(false);
    await worktrees.undo(planned, signal);
    expect(branches()).toEqual(['feature', 'trunk']);
  });

  test('a branch that another task was given', async () => {
    const planned = await plannedOnly('one', 'feature');
    const other = await make('two', 'feature');
    await expect(worktrees.again(planned, true, signal)).rejects.toMatchObject({ code: 'worktree_in_use' });
    await worktrees.undo(planned, signal);
    expect(person.git(['status', '--porcelain', '--branch'], other.path)).toBe('## feature');
  });

  test('but what was begun for it is: its branch goes, or is worked on', async () => {
    onCall('worktree add', KILLED);
    const gone: PlacedWorktree[] = [];
    const begin = (name: string) =>
      worktrees.make(
        { cwd: person.folder, name, usualBranch: `work/${name}`, planned: (made) => gone.push(made) },
        signal,
      );
    await expect(begin('one')).rejects.toMatchObject(failed);
    onCall('worktree add', KILLED);
    await expect(begin('two')).rejects.toMatchObject(failed);
    expect(branches()).toEqual(['trunk', 'work/one', 'work/two']);
    for (const made of gone.slice(0, 1)) await worktrees.undo(made, signal);
    for (const made of gone.slice(1)) await worktrees.again(made, true, signal);
    expect(branches()).toEqual(['trunk', 'work/two']);
  });

  test('the folder of another task whose id begins alike', async () => {
    const made = await make('one');
    person.write('loose.txt', 'loose', made.path);
    await expect(make('one', 'other')).rejects.toMatchObject(failed);
    expect(existsSync(path.join(made.path, 'loose.txt'))).toBe(true);
  });
});

describe('submodules', () => {
  async function withSubmodule(ignore: string): Promise<{ made: PlacedWorktree; sub: string }> {
    const library = path.join(person.directory, 'library');
    person.git(['init', '--quiet', '--initial-branch', 'trunk', library], person.directory);
    commitIn(library, 'a.txt', 'a');
    const allow = ['-c', 'protocol.file.allow=always', 'submodule', '--quiet'];
    person.git([...allow, 'add', library, 'sub']);
    person.git(['config', '--file', '.gitmodules', 'submodule.sub.ignore', ignore]);
    person.git(['add', '.']);
    person.git(['commit', '--quiet', '-m', 'sub']);
    const made = await make('one');
    person.git([...allow, 'update', '--init'], made.path);
    return { made, sub: path.join(made.path, 'sub') };
  }
  const isRefused = async (made: PlacedWorktree): Promise<void> => {
    await expect(remove(made)).rejects.toMatchObject({
      ...failed,
      message: expect.stringContaining('work that is nowhere else'),
    });
  };

  test('with edits that its repository tells git to leave out count, and stay', async () => {
    const { made, sub } = await withSubmodule('all');
    person.write('a.txt', 'work', sub);
    expect(await worktrees.contents(made, signal)).toMatchObject({ uncommitted: 1, changedFiles: 1 });
    await isRefused(made);
    expect(readFileSync(path.join(sub, 'a.txt'), 'utf8')).toBe('work');
  });

  test('with commits that are not checked out stay, also those that were put away, also without a folder', async () => {
    const { made, sub } = await withSubmodule('none');
    person.git(['switch', '--quiet', '--create', 'work'], sub);
    commitIn(sub, 'b.txt', 'b');
    const commit = person.git(['rev-parse', 'HEAD'], sub);
    person.git(['switch', '--quiet', '--detach', 'HEAD~1'], sub);
    await isRefused(made);
    person.git(['submodule', '--quiet', 'deinit', '--force', 'sub'], made.path);
    await isRefused(made);
    rmSync(made.path, { recursive: true });
    await isRefused(made);
    const kept = path.join(person.folder, '.git', 'worktrees', 'one', 'modules', 'sub');
    expect(person.git(['--git-dir', kept, '--work-tree', '.', 'cat-file', '-t', commit])).toBe('commit');
  });

  test('with nothing of their own are no reason to stay', async () => {
    const { made } = await withSubmodule('none');
    expect(await remove(made)).toBe(null);
    expect(existsSync(made.path)).toBe(false);
  });
});

describe('a removal that is broken off', () => {
  const RESCUED = 'refs/missiond/rescue/one';

  test('before its ref is written down: nothing is removed', async () => {
    const made = await make('one');
    person.write('loose.txt', 'loose', made.path);
    const saving = {
      before: null,
      saved() {
        throw new Error('disk full');
      },
    };
    await expect(worktrees.remove(made, saving, signal)).rejects.toThrow('disk full');
    expect(existsSync(path.join(made.path, 'loose.txt'))).toBe(true);
    expect(branches()).toContain('work/one');
  });

  test('before the branch was deleted: the first ref holds everything, and is told again', async () => {
    const made = await make('one');
    commitIn(made.path, 'new.txt', 'new');
    person.write('loose.txt', 'loose', made.path);
    onCall('update-ref -d', KILLED);
    await expect(remove(made)).rejects.toMatchObject(failed);
    expect(existsSync(made.path)).toBe(false);
    expect(await remove(made, RESCUED)).toBe(RESCUED);
    expect(person.git(['show', `${RESCUED}:loose.txt`])).toBe('loose');
    expect(branches()).toEqual(['trunk']);
    expect(await remove(made, RESCUED)).toBe(null);
  });

  test('among the files: what is saved next has the first in its history', async () => {
    const made = await make('one');
    person.write('loose.txt', 'loose', made.path);
    person.write('left.txt', 'left', made.path);
    onCall('worktree remove', `rm ${path.join(made.path, 'loose.txt')}; ${KILLED}`);
    await expect(remove(made)).rejects.toMatchObject(failed);
    const ref = await remove(made, RESCUED);
    expect(ref).toBe(`${RESCUED}-2`);
    expect(person.git(['log', '--format=%H', ref ?? ''])).toContain(person.git(['rev-parse', RESCUED]));
  });
});

test('a commit that was made after the look stays on its branch', async () => {
  const made = await make('one');
  onCall(
    'worktree remove',
    `${REAL_GIT} -C ${made.path} -c user.name=A -c user.email=a@b commit --quiet --allow-empty -m between`,
  );
  await expect(worktrees.removeEmpty(made, signal)).rejects.toMatchObject(failed);
  expect(person.git(['log', '-1', '--format=%s', 'work/one'])).toBe('between');
});
