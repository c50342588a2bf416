import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { RepositoryName } from '../../db/ids.ts';
import type { MissionDatabase } from '../../db/open.ts';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let doors: OpenDoors;
let seeded: MissionDatabase;
let bin: string;
beforeAll(async () => {
  const tools = createRealRepository();
  bin = path.join(tools.directory, 'bin');
  mkdirSync(bin);
  doors = await openDoors({
    path: `${bin}:${process.env['PATH']}`,
    seed(db) {
      seeded = db;
    },
  });
});
afterAll(async () => {
  await doors.close();
});

let person: ReturnType<typeof createRealRepository>;
beforeEach(() => {
  person = createRealRepository();
});
afterEach(async () => {
  for (const { name } of (await doors.client.repoList({})).repositories)
    await doors.client.repoRemove({ repository: name });
  person.close();
});

const cli = (...argv: readonly string[]) => runCli(['repo', ...argv, '--home', doors.home]);
const clones = () => readdirSync(path.join(doors.home, 'repositories'));
const begun = () => readdirSync(path.join(doors.home, 'repositories', '.cloning'));

/** A bare remote of the person's repository with a default branch of its own. */
function remoteOf(branch: string, name = 'remote.git'): string {
  const bare = path.join(person.directory, name);
  person.git(['clone', '--quiet', '--bare', person.folder, bare], person.directory);
  if (branch !== 'trunk') person.git(['branch', branch, 'trunk'], bare);
  person.git(['symbolic-ref', 'HEAD', `refs/heads/${branch}`], bare);
  return bare;
}

test.each(['master', 'release/1.0', 'trunk'])(
  'a folder is added as it is, its remote says %s',
  async (branch) => {
    person.git(['remote', 'add', 'origin', remoteOf(branch)]);
    const before = [person.own(), readdirSync(person.folder), readdirSync(path.join(person.folder, '.git'))];
    mkdirSync(path.join(person.folder, 'build'));
    const { status, out } = await cli('add', path.join(person.folder, 'app'));
    expect({ status, out }).toEqual({
      status: 0,
      out: `project is added: ${person.folder} (${branch})\n`,
    });
    expect([
      person.own(),
      readdirSync(person.folder).filter((name) => name !== 'build'),
      readdirSync(path.join(person.folder, '.git')),
    ]).toEqual(before);
    const { repositories } = await doors.client.repoList({});
    expect(repositories).toMatchObject([
      { name: 'project', isOurs: false, isCurrent: true, remote: 'origin', defaultBranchFrom: 'remote' },
    ]);
    expect((await cli('add', person.folder)).out).toContain('is there already');
  },
);

test('an address is cloned, and what cannot be cloned leaves nothing and can be tried again', async () => {
  const bare = remoteOf('release/1.0', 'my remote;$(touch pwned).git');
  const url = `file://${encodeURI(bare)}`;
  const broken = await cli('add', `file://${person.directory}/nothing`, 'again');
  expect(broken).toMatchObject({ status: 1, err: expect.stringContaining('could not be cloned') });
  expect([clones(), begun()]).toEqual([['.cloning'], []]);
  const { repository } = await doors.client.repoAdd({ source: url, name: RepositoryName.parse('again') });
  expect(repository).toMatchObject({ isOurs: true, defaultBranch: 'release/1.0', url });
  expect(repository.path).toBe(path.join(doors.home, 'repositories', 'again'));
  expect(existsSync(path.join(repository.path, 'readme.md'))).toBe(true);
  const taken = await cli('add', url, 'again');
  expect(taken).toMatchObject({ status: 1, err: expect.stringContaining('is the name of') });
});

test('a remote that hangs holds up nobody, and a clone of it is called off without a trace', async () => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    const stop = new AbortController();
    const cloning = doors.client.repoAdd(
      { source: `git://127.0.0.1:${port}/a.git` },
      { signal: stop.signal },
    );
    const gone = expect(cloning).rejects.toThrow();
    const second = async (): Promise<string> =>
      doors.client.repoAdd({ source: `git://127.0.0.1:${port}/a.git`, timeoutMs: 1 }).then(
        () => 'added',
        (error: Error) => error.message,
      );
    await expect.poll(second).toBe('a is being added now.');
    expect((await doors.client.repoList({})).repositories).toEqual([]);
    stop.abort();
    await gone;
    await expect.poll(second, { timeout: 10_000 }).toMatch(/could not be cloned.*did not end in time/);
    expect([clones().includes('a'), begun()]).toEqual([false, []]);
  } finally {
    silent.close();
  }
});

test.each([
  ['https://user:secret-word@host.invalid/a.git', 'holds a name or a password'],
  ['ext::sh -c touch% pwned', 'neither'],
  ['ext://sh -c touch% pwned', 'not allowed'],
  ['--upload-pack=touch', 'neither'],
  ['relative/folder', 'neither'],
])('%s is refused, and no secret is said again', async (source, why) => {
  const refused = await doors.client.repoAdd({ source }).catch((error: Error) => String(error));
  expect(refused).toContain(why);
  expect(JSON.stringify([refused, doors.errors()])).not.toContain('secret-word');
});

test('a bare repository, a plain folder and one without commits are told apart', async () => {
  const bare = remoteOf('master');
  expect((await cli('add', bare)).err).toContain(`missiond repo add file://${bare}`);
  expect((await cli('add', person.directory)).err).toContain('is no git repository');
  const empty = path.join(person.directory, 'empty');
  person.git(['init', '--quiet', '--initial-branch', 'main', empty], person.directory);
  expect((await cli('add', empty)).out).toMatch(/\(main\)\n.*It has no remote.*\n.*It has no commit yet/);
});

test('a detached HEAD without a remote has no default branch until a person names one', async () => {
  person.git(['switch', '--quiet', '--detach']);
  expect((await cli('add', person.folder)).out).toContain('repo config defaultBranch=NAME');
  expect((await cli('config', 'project', 'defaultBranch=nowhere')).err).toContain('no branch "nowhere"');
  expect(
    (await cli('config', 'project', 'defaultBranch=trunk', 'ports=3', 'copy=.env,.envrc', 'setup=npm ci'))
      .status,
  ).toBe(0);
  expect((await cli('config', 'project', 'mergeQueue.enabled=false')).status).toBe(0);
  expect(await doors.client.repoGet({ repository: 'project' })).toMatchObject({
    defaultBranch: 'trunk',
    defaultBranchFrom: 'person',
    configuration: {
      ports: 3,
      copy: ['.env', '.envrc'],
      setup: 'npm ci',
      mergeQueue: { enabled: false, track: 'all' },
    },
  });
  expect(await cli('config', 'project', 'ports=many')).toMatchObject({ status: 2 });
  expect((await cli('config', 'project', 'colour=red')).err).toContain('protectedBranches');
});

test('which repository is meant: by name, by folder, by worktree and link, else the current one', async () => {
  const other = path.join(person.directory, 'project.two');
  person.git(['clone', '--quiet', person.folder, other], person.directory);
  await cli('add', person.folder);
  await cli('add', other);
  await cli('use', 'project');
  const tree = path.join(person.directory, 'tree of;$(two)');
  person.git(['worktree', 'add', '--quiet', '-b', 'two', tree], other);
  const link = path.join(person.directory, 'link');
  execFileSync('ln', ['-s', path.join(tree, 'app'), link]);
  const meant = async (cwd: string) => (await doors.client.repoGet({ cwd })).name;
  expect(
    await Promise.all([other, tree, link, path.join(other, 'app'), person.directory].map(meant)),
  ).toEqual(['project.two', 'project.two', 'project.two', 'project.two', 'project']);
  expect((await doors.client.repoGet({ cwd: other, repository: 'project' })).name).toBe('project');
  await cli('unset');
  await expect(doors.client.repoGet({ cwd: person.directory })).rejects.toMatchObject({
    code: 'repository_unknown',
    remedy: expect.stringContaining('project, project.two'),
  });
  await expect(doors.client.repoGet({ repository: 'proj' })).rejects.toMatchObject({
    code: 'repository_unknown',
  });
});

test('a submodule is its own repository or that of its parent, and a fork is known by its upstream', async () => {
  const inner = remoteOf('master', 'inner.git');
  person.git(['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'lib']);
  person.git(['remote', 'add', 'origin', remoteOf('trunk', 'fork.git')]);
  person.git(['remote', 'add', 'upstream', remoteOf('release/1.0', 'theirs.git')]);
  await cli('add', person.folder);
  expect(await doors.client.repoGet({ cwd: path.join(person.folder, 'lib') })).toMatchObject({
    name: 'project',
    isFork: true,
    remote: 'upstream',
    defaultBranch: 'release/1.0',
    upstreamUrl: expect.stringMatching(/theirs\.git$/),
  });
  await cli('add', path.join(person.folder, 'lib'));
  expect((await doors.client.repoGet({ cwd: path.join(person.folder, 'lib') })).name).toBe('lib');
});

test('gh says of what it is a fork, where there is one that answers', async () => {
  person.git(['remote', 'add', 'origin', 'http://127.0.0.1:1/me/project.git']);
  const gh = path.join(bin, 'gh');
  writeFileSync(
    gh,
    '#!/bin/sh\necho \'{"isFork":true,"parent":{"name":"project","owner":{"login":"them"}}}\'\n',
  );
  chmodSync(gh, 0o700);
  try {
    expect((await doors.client.repoAdd({ source: person.folder })).repository).toMatchObject({
      isFork: true,
      upstreamUrl: 'https://127.0.0.1/them/project',
      remote: 'origin',
      defaultBranch: 'trunk',
      defaultBranchFrom: 'head',
    });
  } finally {
    writeFileSync(gh, '#!/bin/sh\nexit 1\n');
  }
});

test('a disk that is away is said, and a folder that comes back is there again', async () => {
  await cli('add', person.folder);
  renameSync(person.folder, `${person.folder}-away`);
  expect((await cli('list')).out).toContain('Bring its disk back');
  expect((await cli('config', 'project', 'defaultBranch=')).err).toContain('is not there');
  renameSync(`${person.folder}-away`, person.folder);
  expect((await cli('list')).out).not.toContain('disk');
});

test('a clone that cannot be looked at where it was is not deleted where it is now', async () => {
  const { repository } = await doors.client.repoAdd({ source: `file://${remoteOf('master')}` });
  person.write('work.txt', 'work\n', repository.path);
  seeded.run(sql`update repositories set path = ${`${repository.path}-before-the-home-was-moved`}`);
  const { deleted } = await doors.client.repoRemove({ repository: repository.name, deleteClone: true });
  expect(deleted).toBe(false);
  expect(existsSync(path.join(repository.path, 'work.txt'))).toBe(true);
  rmSync(repository.path, { recursive: true });
});

test('removing leaves the folder; a clone of ours is deleted only when nothing is only there', async () => {
  const source = `file://${remoteOf('master')}`;
  const { repository } = await doors.client.repoAdd({ source });
  expect(repository.name).toBe('remote');
  person.write('work.txt', 'work\n', repository.path);
  expect((await cli('remove', 'remote', '--delete-clone')).err).toContain('1 files that are not committed');
  person.git(['add', '.'], repository.path);
  person.git(
    ['-c', 'user.name=P', '-c', 'user.email=p@example.org', 'commit', '--quiet', '-m', 'w'],
    repository.path,
  );
  expect((await cli('remove', 'remote', '--delete-clone')).err).toContain(
    'commits of master that no remote has',
  );
  person.git(['push', '--quiet', 'origin', 'master'], repository.path);
  expect(await cli('remove', 'remote')).toMatchObject({
    status: 0,
    out: expect.stringContaining('stays as it is'),
  });
  expect((await cli('add', repository.path)).out).toContain('remote is added');
  expect((await doors.client.repoRemove({ repository: repository.name, deleteClone: true })).deleted).toBe(
    false,
  );
  expect(existsSync(repository.path)).toBe(true);
});
