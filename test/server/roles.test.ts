import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { operations } from '../../server/tools/registry.ts';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { runCli } from './cli/run-cli.ts';
import { failureOf, type OpenDoors, openDoors } from './open-doors.ts';

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.close());
let person: ReturnType<typeof createRealRepository>;
beforeEach(async () => {
  person = createRealRepository();
  await doors.client.repoAdd({ source: person.folder, name: 'project' });
});
afterEach(async () => {
  await doors.client.repoRemove({ repository: 'project' });
  person.close();
});

const roles = (...argv: readonly string[]) =>
  runCli(['roles', ...argv, '--repo', 'project', '--home', doors.home]);

test('the roles of a repository are listed and shown, with what is wrong with some', async () => {
  person.write('.missiond/agents/tester.md', '---\ndescription: Tests\ntools: Read, Bash\n---\nTest it.\n');
  person.write('.missiond/agents/broken.md', '---\nworktre: true\n---\n');
  const { out } = await roles('list');
  expect(out).toMatch(/^merge-queue +package /m);
  expect(out).toMatch(/^tester +repository .* Tests$/m);
  expect(out).toContain('broken.md:2:1: unknown key "worktre". Did you mean "worktree"?');
  const shown = await roles('show', 'worker');
  expect(shown.out).toContain('deny mcp__missiond__mission_merge');
  expect(shown.out).toContain('You are a worker.');
  expect(await roles('show', 'nobody')).toMatchObject({
    status: 1,
    err: expect.stringContaining('There are memory, '),
  });
});

test('what a repository wants waits for a person who has seen it; programs trust nothing', async () => {
  person.write(
    '.missiond/agents/worker.md',
    '---\nextends: worker\npermissions: { allow: [Bash] }\n---\nOurs.\n',
  );
  expect((await roles('list')).out).toContain('waits for your trust: allow Bash');
  expect((await roles('trust', 'worker')).out).toContain('would be given: allow Bash');
  const before = await doors.client.roles({ repository: 'project' });
  const [waiting] = before.waiting;
  const reply = await doors.tcp({
    method: 'POST',
    path: '/api/tools/mission_role_trust',
    headers: { ...doors.owner, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'worker', digest: waiting?.digest, repository: 'project' }),
  });
  expect(failureOf(reply).code).toBe('person_only');
  expect((await roles('trust', 'worker', '--yes')).status).toBe(0);
  const { role } = await doors.client.role({ name: 'worker', repository: 'project' });
  expect(role.permissions.allow).toContain('Bash');
  expect((await roles('trust', 'worker', '--yes')).status).toBe(1);
});

test("a person's own is put aside only after it was shown, and kept", async () => {
  const folder = path.join(doors.home, 'agents');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'reviewer.md');
  writeFileSync(file, 'Mine.\n');
  expect((await roles('show', 'reviewer')).out).toContain('Mine.');
  expect((await roles('reset', 'reviewer')).out).toContain('Mine.');
  expect(existsSync(file)).toBe(true);
  expect((await roles('reset', 'reviewer', '--yes')).status).toBe(0);
  const [backup = ''] = readdirSync(folder).filter((name) => name.startsWith('reviewer.md.'));
  expect(readFileSync(path.join(folder, backup), 'utf8')).toBe('Mine.\n');
  expect((await roles('show', 'reviewer')).out).toContain('You review one change.');
  expect((await roles('reset', 'reviewer')).status).toBe(1);
});

test('what the roles that come with missiond are told to use is there', async () => {
  const there = new Set(operations.map(({ name }) => name));
  for (const { name } of (await doors.client.roles({})).roles) {
    const { prompt, role } = await doors.client.role({ name });
    const named = [...`${prompt} ${role.permissions.allow.join(' ')}`.matchAll(/mission_[a-z_]+/g)].map(
      ([tool]) => tool,
    );
    expect(named.filter((tool) => !there.has(tool))).toEqual([]);
  }
});

test('an agent of a role is made; of one that nobody defines none is', async () => {
  expect(await roles('spawn', 'nobody')).toMatchObject({
    status: 1,
    err: expect.stringContaining('There is no definition of a role'),
  });
  const { status, out } = await roles('spawn', 'researcher', '--name', 'calm-owl');
  expect({ status, out }).toMatchObject({
    status: 0,
    out: expect.stringMatching(
      /^project\/calm-owl is a researcher on work\/calm-owl\n.*no task.*missiond worker more calm-owl/s,
    ),
  });
  await doors.client.workerDiscard({ name: 'calm-owl', repository: 'project' });
  const { out: lasts } = await roles('spawn', 'supervisor', '--name', 'lead');
  expect(lasts).toMatch(
    /until something waits for it.*missiond message send project\/lead.*missiond restart project\.lead/s,
  );
  await doors.client.workerDiscard({ name: 'lead', repository: 'project' });
});
