import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createBus } from '../../../actors/bus.ts';
import { createMergeRuns } from '../../../actors/merging/merge-runs.ts';
import { openDatabase } from '../../../db/open.ts';
import { createAgentLedger } from '../../../services/ledger/agent-ledger.ts';
import { createMergeLedger } from '../../../services/ledger/merge-ledger.ts';
import { createRepositoryLedger } from '../../../services/ledger/repository-ledger.ts';
import { createGh } from '../../../services/merging/gh.ts';
import { createGit } from '../../../services/worktrees/git.ts';
import { createRepositoryTurns } from '../../../services/worktrees/repository-turns.ts';
import { seedRepository } from '../../server/merging-team.ts';
import { createRealRepository } from '../../services/worktrees/real-repository.ts';

let person: ReturnType<typeof createRealRepository>;
beforeEach(() => {
  person = createRealRepository();
});
afterEach(() => person.close());

/** A merge that was about to land at a remote which does not answer before so many pauses have gone by. */
function stage({ answersAfter = Number.POSITIVE_INFINITY } = {}) {
  const database = openDatabase(':memory:');
  const { db } = database;
  const bare = path.join(person.directory, 'remote.git');
  person.git(['remote', 'add', 'origin', bare]);
  seedRepository(db, person, 'origin');
  const [repository] = createRepositoryLedger(db).list();
  if (repository === undefined) throw new Error('the repository was not stored');
  const ledger = createMergeLedger(db);
  const base = person.git(['rev-parse', 'trunk']);
  person.git(['switch', '--quiet', '-c', 'work/a']);
  person.write('a.txt', 'x\n');
  person.git(['add', '.']);
  person.git(['commit', '--quiet', '-m', 'a']);
  const head = person.git(['rev-parse', 'HEAD']);
  const { id } = ledger.insert({
    repository: repository.name,
    subject: 'work/a',
    branch: 'work/a',
    target: 'trunk',
    method: 'fast-forward',
    status: 'landing',
    requestedBy: 'slot:app.queue',
    allowProtected: false,
    head,
    base,
    result: head,
    rows: [],
    createdAt: 1,
  });
  const told: string[][] = [];
  const pauses: number[] = [];
  const bus = createBus(0, (error) => {
    throw error;
  });
  const stopping = new AbortController();
  const runs = createMergeRuns({
    core: { agents: createAgentLedger(db), bus, now: Date.now, repositories: createRepositoryLedger(db) },
    ledger,
    gate: {
      git: createGit(person.env),
      alone: createRepositoryTurns(),
      gh: createGh(person.env),
      runCommand: async () => {},
      checksFolder: path.join(person.directory, 'checks'),
      policy: () => ({}),
    },
    tell: (to, words) => told.push([to, words]) > 0,
    onError: (error) => {
      throw error;
    },
    signal: stopping.signal,
    async pause(ms) {
      pauses.push(ms);
      if (pauses.length !== answersAfter) return;
      person.git(['init', '--quiet', '--bare', '--initial-branch', 'trunk', bare], person.directory);
      person.git(['push', '--quiet', bare, 'trunk']);
    },
  });
  const ended = new Promise<void>((resolve) => {
    bus.subscribe(() => {
      if (ledger.get(id)?.endedAt !== null) resolve();
    });
  });
  runs.enqueue(id, repository);
  return { told, pauses, ended, row: () => ledger.get(id), close: () => database.close() };
}

test('a remote that answers late is asked again until it is known', async () => {
  const { told, pauses, ended, row, close } = stage({ answersAfter: 3 });
  await ended;
  expect(row()).toMatchObject({ status: 'merged', pushed: true, trouble: null });
  expect(pauses).toEqual([5_000, 10_000, 20_000]);
  expect(told).toEqual([]);
  close();
});

test('one that never does is given up: the person and who asked hear of it', async () => {
  const { told, pauses, ended, row, close } = stage();
  await ended;
  expect(pauses).toHaveLength(9);
  expect(row()).toMatchObject({
    status: 'failed',
    trouble: expect.stringContaining('not known whether it is merged'),
  });
  expect(told.map(([to]) => to)).toEqual(['person', 'slot:app.queue']);
  expect(told[0]?.[1]).toContain(`git branch --all --contains ${row()?.result}`);
  close();
});
