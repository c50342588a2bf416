import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { openTeam, type Person } from './merging-team.ts';

let person: Person;
let team: Awaited<ReturnType<typeof openTeam>>;
beforeEach(async () => {
  person = createRealRepository();
  team = await openTeam(person);
});
afterEach(async () => {
  await team.open.close();
  person.close();
});

const made = async () =>
  (await team.open.client.workers({ repository: 'app' })).workers.map(({ role }) => role);

test.each([{ role: 'merge-queue' }, { role: 'supervisor' }, { role: 'workspace' }, { kind: 'workspace' }])(
  'a supervisor that makes %o is refused over REST',
  async (wish) => {
    const before = await made();
    const { status, body } = await team.asks('boss', 'mission_worker_create', wish);
    expect({ status, body }).toEqual({
      status: 403,
      body: expect.stringContaining('It may make: worker, reviewer'),
    });
    expect(await made()).toEqual(before);
  },
);

test('over MCP, too, and it makes workers and reviewers', async () => {
  await team.asks('boss', 'mission_whoami');
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${team.open.port}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${team.open.doorOf('app.boss').token}` } },
    }),
  );
  const create = (role: string) =>
    client.callTool({ name: 'mission_worker_create', arguments: { role, name: `new-${role}` } });
  expect(await create('merge-queue')).toMatchObject({ isError: true });
  for (const role of ['worker', 'reviewer']) expect((await create(role)).isError).toBeUndefined();
  expect((await made()).toSorted()).toEqual([
    'merge-queue',
    'reviewer',
    'reviewer',
    'supervisor',
    'worker',
    'worker',
  ]);
  await client.close();
});

test("a definition of the person's may name others; one of a repository that nobody trusts gives nothing", async () => {
  const define = (folder: string) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      path.join(folder, 'supervisor.md'),
      '---\nname: supervisor\nextends: supervisor\ncreates: [worker, researcher]\n---\nMore.\n',
    );
  };
  define(path.join(person.folder, '.missiond', 'agents'));
  await team.open.client.roles({ repository: 'app' });
  expect((await team.asks('boss', 'mission_worker_create', { role: 'researcher' })).status).toBe(403);
  define(path.join(team.open.home, 'agents'));
  await expect
    .poll(async () => (await team.asks('boss', 'mission_worker_create', { role: 'researcher' })).status, {
      timeout: 20_000,
    })
    .toBe(200);
});

test('an agent whose rules deny that it makes agents hands over to none', async () => {
  await team.open.client.permissionSetRole({
    role: 'worker',
    rule: { deny: ['mcp__missiond__mission_worker_create'] },
  });
  const handOver = await team.asks('red-fox', 'mission_hand_over', { note: 'go on', role: 'reviewer' });
  expect(handOver).toEqual({
    status: 403,
    body: expect.stringContaining('A rule denies that you make agents'),
  });
  expect(await made()).toHaveLength(4);
});

test('a person makes any', async () => {
  const second = { repository: 'app', role: 'merge-queue' };
  await expect(team.open.client.workerCreate(second)).rejects.toMatchObject({ code: 'agent_refused' });
  const { worker } = await team.open.client.workerCreate({ ...second, name: 'second-queue' });
  expect(worker.role).toBe('merge-queue');
});
