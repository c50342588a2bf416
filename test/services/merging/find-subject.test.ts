import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../db/open.ts';
import { createRepositoryLedger } from '../../../services/ledger/repository-ledger.ts';
import { findSubject } from '../../../services/merging/find-subject.ts';
import type { Gh, PullRequest } from '../../../services/merging/gh.ts';
import { createGit } from '../../../services/worktrees/git.ts';
import { createRepositoryTurns } from '../../../services/worktrees/repository-turns.ts';
import { seedRepository } from '../../server/merging-team.ts';
import { createRealRepository } from '../worktrees/real-repository.ts';

let person: ReturnType<typeof createRealRepository>;
beforeEach(() => {
  person = createRealRepository();
});
afterEach(() => person.close());

const PULL: PullRequest = {
  isMerged: false,
  isOpen: true,
  head: 'a'.repeat(40),
  branch: 'work/a',
  base: 'trunk',
  author: 'me',
  assignees: ['you'],
  review: 'APPROVED',
  unresolved: 0,
  checks: [],
};

/** What stands of the merge queue in the rows of a pull request. */
async function queueRow(track: string, whoami: Gh['whoami'], { isOfPerson = false, there = true } = {}) {
  const { db, close } = openDatabase(':memory:');
  seedRepository(db, person, null, { mergeQueue: { track } });
  const [repository] = createRepositoryLedger(db).list();
  close();
  if (repository === undefined) throw new Error('the repository was not stored');
  const gh: Gh = {
    whoami,
    async pullRequest() {
      if (there) return PULL;
      throw new Error('gh could not be started');
    },
    async merge() {},
    forkedFrom: async () => null,
    openPullRequest: async () => null,
    pullRequestOrigin: () => Promise.reject(new Error('nothing is pushed here')),
    propose: async () => 1,
  };
  const wish = { subject: '#12', method: 'squash' as const, allowProtected: false, isOfPerson };
  const { rows } = await findSubject(
    { git: createGit(person.env), alone: createRepositoryTurns(), gh, agentOf: () => null },
    {
      repository,
      pushRemote: null,
      isProposal: false,
      target: 'trunk',
      wish,
      scratch: 'refs/missiond/merge/1',
    },
    AbortSignal.timeout(30_000),
  );
  return rows.find(({ check }) => check === 'merge queue');
}

describe('which pull requests the merge queue of a repository looks after', () => {
  const me = async () => 'me';
  const you = async () => 'you';
  test.each([
    ['author', 'me', me, true],
    ['author', 'you', you, false],
    ['assigned', 'me', me, false],
    ['assigned', 'you', you, true],
  ] as const)('track %s, signed in as %s', async (track, _, whoami, ok) => {
    expect(await queueRow(track, whoami)).toMatchObject({ ok });
  });

  test('all of them, where nothing else is said, and nobody is asked who is signed in', async () => {
    expect(await queueRow('all', () => Promise.reject(new Error('asked')))).toBeUndefined();
  });

  test('a person merges any', async () => {
    expect(await queueRow('author', you, { isOfPerson: true })).toBeUndefined();
  });

  test('none of which it cannot be told whose it is', async () => {
    expect(await queueRow('author', me, { there: false })).toMatchObject({ ok: false });
    expect(await queueRow('author', () => Promise.reject(new Error('not signed in')))).toMatchObject({
      ok: false,
      message: expect.stringContaining('not signed in'),
    });
  });
});
