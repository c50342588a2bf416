import { lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGit } from '../../../services/worktrees/git.ts';
import { createPortBlocks, portsInEnv } from '../../../services/worktrees/port-blocks.ts';
import { runSetUp } from '../../../services/worktrees/set-up-command.ts';
import { setUpFiles } from '../../../services/worktrees/set-up-files.ts';
import { createWorktreeSetUp } from '../../../services/worktrees/set-up-worktree.ts';
import { createRealRepository } from './real-repository.ts';

const signal = new AbortController().signal;
let person: ReturnType<typeof createRealRepository>;
let tree: string;
beforeEach(() => {
  person = createRealRepository();
  tree = path.join(person.directory, 'tree of;$(one)');
});
afterEach(() => person.close());

const setUp = (copy: readonly string[] = [], link: readonly string[] = []) => {
  person.git(['worktree', 'add', '--quiet', '-b', 'work/fox', tree]);
  return setUpFiles(createGit(person.env), { from: person.folder, to: tree, copy, link }, signal);
};
const read = (file: string) => readFileSync(path.join(tree, file), 'utf8');

test('what .worktreeinclude and the configuration name is there, and the tree stays clean', async () => {
  person.write('.gitignore', '.env*\nnode_modules/\nbuild/\n');
  person.write('.worktreeinclude', '.env*\n!.env.prod\n');
  person.git(['add', '.']);
  person.git(['commit', '-qm', 'ignores']);
  for (const file of ['.env', 'app/.env.local', '.env.prod', 'build/a b;$(c).txt', 'node_modules/x/index.js'])
    person.write(file, file);
  const { copied, linked, left } = await setUp(['build/'], ['node_modules/']);
  expect([copied.toSorted(), linked, left]).toEqual([
    ['.env', 'app/.env.local', 'build/a b;$(c).txt'],
    ['node_modules'],
    [],
  ]);
  expect([read('app/.env.local'), read('node_modules/x/index.js')]).toEqual([
    'app/.env.local',
    'node_modules/x/index.js',
  ]);
  expect(readlinkSync(path.join(tree, 'node_modules', 'x'))).toBe(
    path.join(person.folder, 'node_modules', 'x'),
  );
  expect(person.git(['status', '--porcelain'], tree)).toBe('');
});

test('nothing comes from outside, nothing goes outside, and what would be committed does not come', async () => {
  const outside = path.join(person.directory, 'outside');
  mkdirSync(outside);
  person.write('.gitignore', 'secret\nconfig/local\ndeps\n');
  person.git(['add', '.']);
  symlinkSync(outside, path.join(person.folder, 'config'));
  person.git(['add', '.']);
  person.git(['commit', '-qm', 'a folder that is a link']);
  person.git(['rm', '-q', '--cached', 'config']);
  person.git(['commit', '-qm', 'not any more']);
  person.git(['branch', 'work/link', 'HEAD~1']);
  person.git(['worktree', 'add', '--quiet', tree, 'work/link']);
  person.git(['clean', '-fdqx']);
  person.write('config/local', 'mine');
  person.write('notes.txt', 'not ignored');
  symlinkSync('/etc/passwd', path.join(person.folder, 'secret'));
  symlinkSync(outside, path.join(person.folder, 'deps'));
  const { copied, linked, left } = await setUpFiles(
    createGit(person.env),
    { from: person.folder, to: tree, copy: ['config/local', 'notes.txt', 'secret', '../*'], link: ['deps'] },
    signal,
  );
  expect([copied, linked]).toEqual([[], []]);
  expect(left.toSorted()).toEqual([
    'config/local: its folder is a link in the worktree',
    'deps: a link that leads out',
    'notes.txt: git does not ignore it, so it would be committed',
    'secret: a link that leads out',
  ]);
  expect(() => lstatSync(path.join(outside, 'local'))).toThrow();
});

test('what a branch has itself stays as it is', async () => {
  person.write('app/main.txt', 'changed, not committed\n');
  person.git(['rm', '-q', '--cached', 'app/main.txt']);
  const { copied } = await setUp(['app/main.txt']);
  expect([copied, read('app/main.txt')]).toEqual([[], 'one\n']);
});

test('the set-up command knows its ports, is bounded, and its words are told when it fails', async () => {
  const run = (command: string, withinMs = 60_000) =>
    runSetUp(
      {
        command,
        cwd: person.folder,
        env: person.env,
        variables: portsInEnv({ base: 20_010, size: 5 }),
        withinMs,
      },
      signal,
    );
  expect(await run('echo "$PORT $MISSIOND_PORT_BASE $MISSIOND_PORT_COUNT $(pwd)"')).toBe(
    `20010 20010 5 ${person.folder}\n`,
  );
  await expect(run('echo no network; exit 7')).rejects.toMatchObject({
    code: 'setup_failed',
    message: expect.stringMatching(/status 7.*\nno network/),
  });
  await expect(run('sleep 60', 50)).rejects.toThrow('did not end in time');
});

test('a worktree gets all that its repository says, and its set-up command knows its ports', async () => {
  const setUpAll = createWorktreeSetUp(person.env);
  person.git(['worktree', 'add', '--quiet', '-b', 'work/fox', tree]);
  person.write('build/out.txt', 'built');
  const wish = (setup: string) => ({
    from: person.folder,
    path: tree,
    ports: { base: 20_004, size: 4 },
    configuration: { copy: ['build/'], link: [], setup },
  });
  await expect(setUpAll(wish('exit 3'), signal)).rejects.toMatchObject({ code: 'setup_failed' });
  const done = await setUpAll(
    wish('cat build/out.txt; echo " $PORT $MISSIOND_PORT_BASE $MISSIOND_PORT_COUNT"'),
    signal,
  );
  expect(done.output).toBe('built 20004 20004 4\n');
});

test('blocks of ports do not meet, pass by what is in use, and come back', async () => {
  const rows = [{ base: 20_000, size: 10 }];
  const blocks = createPortBlocks(() => rows);
  const busy = createServer();
  const port = await new Promise<number>((resolve) => {
    const at = (next: number): void =>
      void busy.once('error', () => at(next + 10)).listen(next, '127.0.0.1', () => resolve(next));
    at(20_013);
  });
  try {
    const given = await Promise.all([blocks.take(10), blocks.take(10), blocks.take(3)]);
    const ports = [...rows, ...given].flatMap(({ base, size }) =>
      Array.from({ length: size }, (_, at) => base + at),
    );
    expect(new Set(ports).size).toBe(33);
    expect(ports).not.toContain(port);
    const [first] = given;
    if (first === undefined) throw new Error('none was given');
    blocks.giveBack(first);
    expect(await blocks.take(10)).toEqual(first);
    expect(portsInEnv(await blocks.take(0))).toEqual({});
    await expect(blocks.take(20_000)).rejects.toMatchObject({ code: 'setup_failed' });
  } finally {
    busy.close();
  }
});
