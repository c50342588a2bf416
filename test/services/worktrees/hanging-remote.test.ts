import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../../db/open.ts';
import { createAgentWorktrees } from '../../../services/agents/agent-worktrees.ts';
import { createRepositoryLedger } from '../../../services/ledger/repository-ledger.ts';
import { examine } from '../../../services/merging/examine.ts';
import { createGh } from '../../../services/merging/gh.ts';
import { land } from '../../../services/merging/land-merge.ts';
import { createRepositoryCare } from '../../../services/worktrees/create-repository-care.ts';
import { createWorktrees } from '../../../services/worktrees/create-worktrees.ts';
import { createGit } from '../../../services/worktrees/git.ts';
import { createRepositoryTurns } from '../../../services/worktrees/repository-turns.ts';
import { seedRepository } from '../../server/merging-team.ts';
import { createRealRepository } from './real-repository.ts';

/** In place of the minute or two that a remote has otherwise. */
const REMOTE_WITHIN_MS = 500;
const signal = AbortSignal.timeout(120_000);

let person: ReturnType<typeof createRealRepository>;
let server: Server;
let calls: { readonly socket: Socket; readonly closed: Promise<unknown> }[];
let gitFolder: string;
beforeEach(async () => {
  person = createRealRepository();
  gitFolder = path.join(person.folder, '.git');
  calls = [];
  // It takes every call, and never says a word.
  server = createServer((socket) => {
    socket.on('error', () => {}).resume();
    calls.push({ socket, closed: once(socket, 'close') });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it has no port');
  person.git(['remote', 'add', 'origin', `git://127.0.0.1:${address.port}/project.git`]);
  person.git(['update-ref', 'refs/remotes/origin/trunk', 'trunk']);
  person.git(['branch', 'work/a']);
});
afterEach(() => {
  for (const { socket } of calls) socket.destroy();
  server.close();
  person.close();
});

/** Nothing holds on to the remote, and the repository is free for others. */
async function isOver(asked = 1): Promise<void> {
  expect(calls.length).toBe(asked);
  await Promise.all(calls.map(({ closed }) => closed));
  await alone(gitFolder, async () => person.git(['update-ref', 'refs/heads/free', 'trunk']));
}

let alone: ReturnType<typeof createRepositoryTurns>;
function services() {
  alone = createRepositoryTurns();
  const git = createGit(person.env, { remoteWithinMs: REMOTE_WITHIN_MS });
  const root = path.join(person.directory, 'worktrees');
  const worktrees = createWorktrees({ root, env: person.env, alone });
  const { db, close } = openDatabase(':memory:');
  seedRepository(db, person, 'origin');
  const [repository] = createRepositoryLedger(db).list();
  close();
  if (repository === undefined) throw new Error('the repository was not stored');
  return {
    git,
    repository,
    care: createRepositoryCare({ root, env: person.env, alone, git }),
    agents: createAgentWorktrees({ root, env: person.env, alone, worktrees, git }),
  };
}
const start = { remote: 'origin', defaultBranch: 'trunk', usualBranch: 'work/b' };

test('an agent begins at what is known here, and it is said that the remote did not answer', async () => {
  const { agents } = services();
  const begun = await agents.start({ ...start, repositoryPath: person.folder }, gitFolder, signal);
  expect(begun).toMatchObject({
    base: person.head(),
    notes: [expect.stringMatching(/as it is known here.*did not end in time/)],
  });
  await isOver();
});

test('one for a pull request is refused', async () => {
  const { agents } = services();
  const wish = { ...start, repositoryPath: person.folder, pullRequest: 3 };
  await expect(agents.start(wish, gitFolder, signal)).rejects.toMatchObject({
    code: 'worktree_refused',
    message: expect.stringContaining('did not end in time'),
  });
  await isOver();
});

test('agents are refreshed to what is known, with a note', async () => {
  const { care, repository } = services();
  expect(await care.fetchDefault(repository, signal)).toContain('did not end in time');
  await isOver();
});

test('the gate says that it cannot tell, and what was to be landed is not known to be', async () => {
  const { git, repository } = services();
  const scratch = 'refs/missiond/merge/1';
  const gate = {
    git,
    alone,
    gh: createGh(person.env),
    runCommand: async () => {},
    checksFolder: path.join(person.directory, 'checks'),
    policy: () => ({}),
    reviewsOf: () => [],
    agentOf: () => null,
  };
  const wish = { subject: 'work/a', method: 'squash' as const, allowProtected: false, isOfPerson: true };
  const late = { code: 'worktree_failed', message: expect.stringContaining('did not end in time') };
  await expect(examine(gate, repository, wish, scratch, signal)).rejects.toMatchObject(late);
  await isOver();
  const [base, result] = [person.head(), person.head()];
  const landing = { target: 'trunk', base, result, remote: 'origin', scratch };
  await expect(
    land(git, { ...landing, turn: (act) => alone(gitFolder, act) }, { cwd: person.folder, signal }),
  ).rejects.toMatchObject(late);
  await isOver(2);
});

test('a cleanup asks it once, and leaves the rest to the next one', async () => {
  const { care, repository } = services();
  const tip = person.head();
  for (const branch of ['work/b', 'work/c']) {
    person.git(['update-ref', `refs/remotes/origin/${branch}`, tip]);
    await care.planRemoteDeletion(repository, { branch, tip }, signal);
  }
  const planned = () =>
    person.git(['for-each-ref', '--format=%(refname)', 'refs/missiond/cleanup']).split('\n');
  expect(await care.deletePlannedAtRemotes(repository, signal)).toEqual([
    expect.stringMatching(/^work\/b stays at origin: .*did not end in time.*next missiond cleanup/),
    expect.stringMatching(/^work\/c stays at origin: .*next missiond cleanup/),
  ]);
  expect(planned()).toHaveLength(2);
  await isOver();
});
