import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AgentName, RepositoryName, Role, SlotId } from '../../db/ids.ts';
import { openDatabase } from '../../db/open.ts';
import { createSlotSecrets } from '../../server/slot-secrets.ts';
import { createSlotBook } from '../../services/agents/slot-book.ts';
import { loadSlots } from '../../services/config/slots-file.ts';
import { createAgentLedger } from '../../services/ledger/agent-ledger.ts';
import { createRepositoryLedger } from '../../services/ledger/repository-ledger.ts';
import { createRoleStore } from '../../services/roles/role-store.ts';
import { bookOfFile } from './book-of-file.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-secrets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const slotsFile = path.join(folder, 'slots.yaml');
writeFileSync(
  slotsFile,
  `slots:
  - { id: keeper, role: coder, description: x, cwd: /tmp, env: { KEY: "Bearer \${env:VAULT}", PLAIN: visible } }
  - { id: lost, role: coder, description: x, cwd: /tmp, env: { KEY: "\${env:NOT_THERE}" } }
  - { id: open, role: coder, description: x, cwd: /tmp, env: { PLAIN: visible } }
`,
);
const env = { VAULT: 'correct-horse-battery' };
const never = new AbortController().signal;
const TEXT = 'curl -H "Bearer correct-horse-battery" visible';

describe('what the daemon shows of a slot that has secrets', () => {
  it('takes a secret out of a screen, too, where it goes on in the next row', async () => {
    const secrets = createSlotSecrets(bookOfFile(slotsFile), {}, env);
    const screen = 'the words before it: correct-\n  horse-battery, and others';
    expect(secrets.redactScreen('keeper', screen, 30)).toContain('withheld');
    await secrets.resolve('keeper', never);
    expect(secrets.redactScreen('keeper', screen, 30)).toBe('the words before it: [secret]\n  , and others');
    expect(secrets.redactScreen('keeper', TEXT, 30)).not.toContain('horse');
    const key = 'the words before it: ghp_a1B2c3\n  a1B2c3a1B2c3a1B2c3, and others';
    expect(secrets.redactScreen('keeper', key, 30)).toBe(
      'the words before it: ••••••••••\n  ••••••••••••••••••, and others',
    );
  });

  it('is shown without them once they are resolved', async () => {
    const secrets = createSlotSecrets(bookOfFile(slotsFile), {}, env);
    expect(await secrets.resolve('keeper', never)).toMatchObject({ KEY: 'Bearer correct-horse-battery' });
    expect(secrets.redact('keeper', TEXT)).toBe('curl -H "Bearer [secret]" visible');
    expect(secrets.redact('keeper', 'a correct-hor\n  se-battery b')).toBe('a [secret]\n   b');
  });

  it('is withheld after a restart, until they are learnt again', async () => {
    const secrets = createSlotSecrets(bookOfFile(slotsFile), {}, env);
    expect(secrets.redact('keeper', TEXT)).not.toContain('horse');
    await secrets.learn('keeper', never);
    expect(secrets.redact('keeper', TEXT)).toBe('curl -H "Bearer [secret]" visible');
  });

  it('stays withheld when their source has gone, and nothing else is', async () => {
    const secrets = createSlotSecrets(bookOfFile(slotsFile), {}, env);
    await secrets.learn('lost', never);
    expect(secrets.redact('lost', TEXT)).toContain('withheld');
    expect(secrets.redact('open', TEXT)).toBe(TEXT);
  });

  it('is told to those who take it out themselves, with the slots of which nothing may be stored yet', async () => {
    const secrets = createSlotSecrets(bookOfFile(slotsFile), {}, env);
    expect(secrets.known()).toEqual({ secrets: [], withheldSlots: ['keeper', 'lost'] });
    const told: unknown[] = [];
    const unwatch = secrets.watch((known) => told.push(known));
    await secrets.resolve('keeper', never);
    unwatch();
    await secrets.resolve('keeper', never);
    expect(told).toEqual([{ secrets: ['correct-horse-battery'], withheldSlots: ['lost'] }]);
  });
});

describe('an agent that is gone', () => {
  const database = openDatabase(':memory:');
  afterAll(() => database.close());
  const repository = RepositoryName.parse('shop');
  const agents = createAgentLedger(database.db);
  for (const [name, status] of [
    ['gone-fox', 'removed'],
    ['calm-owl', 'active'],
  ] as const)
    agents.insert({
      slotId: SlotId.parse(`shop.${name}`),
      repository,
      name: AgentName.parse(name),
      role: Role.parse('worker'),
      kind: 'worker',
      status,
      branch: `work/${name}`,
      ownsBranch: true,
      base: 'HEAD',
      gitFolder: folder,
      worktree: folder,
      createdBy: 'cli',
      createdAt: 0,
    });
  writeFileSync(path.join(folder, 'agents.yaml'), `slots: []\nagents: { env: { KEY: "\${env:VAULT}" } }\n`);

  it('leaves nothing to be read of it before the values of all agents are known again; then it is read without them', async () => {
    const book = createSlotBook(
      loadSlots(path.join(folder, 'agents.yaml')),
      agents,
      createRepositoryLedger(database.db),
      createRoleStore(folder),
    );
    const secrets = createSlotSecrets(book, {}, env);
    expect(secrets.known().withheldSlots).toEqual(['shop.calm-owl', 'shop.gone-fox']);
    expect(secrets.redact('shop.gone-fox', TEXT)).not.toContain('horse');
    await secrets.resolve('shop.calm-owl', never);
    expect(secrets.known()).toEqual({ secrets: ['correct-horse-battery'], withheldSlots: [] });
    expect(secrets.redact('shop.gone-fox', TEXT)).toBe('curl -H "Bearer [secret]" visible');
    expect(secrets.redact('shop.never-was', TEXT)).toBe(TEXT);
  });
});

it('a value that was replaced is taken out as well: it may still be said', async () => {
  const changing = { VAULT: 'correct-horse-battery' };
  const secrets = createSlotSecrets(bookOfFile(slotsFile), {}, changing);
  await secrets.resolve('keeper', never);
  changing.VAULT = 'another-horse-entirely';
  await secrets.resolve('keeper', never);
  expect(secrets.redact('keeper', TEXT)).toBe('curl -H "Bearer [secret]" visible');
});
