import { expect, test } from 'vitest';
import { RepositoryName } from '../../../db/ids.ts';
import { openDatabase } from '../../../db/open.ts';
import { RepositoryConfiguration } from '../../../db/repository-configuration.ts';
import { createRepositoryLedger } from '../../../services/ledger/repository-ledger.ts';

const row = (name: string, gitFolder = `/srv/${name}/.git`) => ({
  name: RepositoryName.parse(name),
  path: `/srv/${name}`,
  gitFolder,
  isOurs: false,
  url: null,
  remote: null,
  defaultBranch: 'release/1.0',
  defaultBranchFrom: 'head' as const,
  isFork: false,
  upstreamUrl: null,
  configuration: RepositoryConfiguration.parse({}),
  createdAt: 1,
});

test('names that are prefixes of each other are told apart, and one at most is current', () => {
  const database = openDatabase(':memory:');
  const ledger = createRepositoryLedger(database.db);
  ledger.insert(row('foo'));
  ledger.insert(row('foo.bar'));
  ledger.use(RepositoryName.parse('foo'));
  ledger.use(RepositoryName.parse('foo.bar'));
  expect(ledger.current()?.name).toBe('foo.bar');
  expect(ledger.byGitFolder('/srv/foo/.git')?.name).toBe('foo');
  ledger.remove(RepositoryName.parse('foo.bar'), 2);
  expect([ledger.current(), ledger.list().map(({ name }) => name)]).toEqual([undefined, ['foo']]);
  ledger.insert(row('foo.bar', '/mnt/.git'));
  expect(ledger.get(RepositoryName.parse('foo.bar'))).toMatchObject({
    gitFolder: '/mnt/.git',
    removedAt: null,
  });
  database.close();
});

test.each(['', '.hidden', '-option', 'a/b', 'a b', 'x'.repeat(33), '..'])(
  '%j names no repository',
  (name) => {
    expect(RepositoryName.safeParse(name).success).toBe(false);
  },
);
