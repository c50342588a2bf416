import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createPerson,
  hasSsh,
  PASSWORD,
  type SshMachine,
  startSshMachine,
} from '../services/discovery/ssh-machine.ts';
import { failureOf, type OpenDoors, openDoors } from './open-doors.ts';

let person: ReturnType<typeof createPerson>;
let machine: SshMachine;
let doors: OpenDoors;
beforeAll(async () => {
  person = createPerson();
  machine = await startSshMachine(person.publicKey);
  person.knows(machine.knownHost);
  doors = await openDoors({ path: person.env.PATH });
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
  await machine.close();
  person.remove();
});

const call = (token: string, input: object) =>
  doors.tcp({
    path: '/api/tools/mission_kb_discover',
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });

describe.skipIf(!hasSsh('mission_kb_discover'))('mission_kb_discover', () => {
  test('stores what it finds, and nothing of the password', async () => {
    const { port } = machine;
    const host = 'root@127.0.0.1';
    const key = `127.0.0.1:${port}`;
    const found = await doors.client.kbDiscover({ host, port, password: PASSWORD });
    expect(found).toMatchObject({ status: 'discovered', action: 'created', key });
    expect(found.summary).toContain(os.hostname());
    const entry = await doors.client.kbGet({ key });
    expect(entry).toMatchObject({ category: 'infra', source: 'discovery', summary: found.summary });
    expect(entry.detail).toEqual(found.detail);
    expect((await doors.client.kbSearch({ query: os.hostname() })).entries.map((one) => one.key)).toContain(
      key,
    );
    const everything = [
      JSON.stringify([
        found,
        entry,
        await doors.client.auditTrace({}),
        await doors.client.kbHistory({ key }),
      ]),
      ...readdirSync(doors.home, { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile())
        .map((file) => readFileSync(path.join(file.parentPath, file.name), 'latin1')),
      ...doors.errors(),
    ];
    expect(everything.filter((text) => text.includes(PASSWORD))).toEqual([]);
  });

  test("leaves a person's own words, and what they know beside", async () => {
    const { port } = machine;
    const key = `127.0.0.1:${port}`;
    await doors.client.kbForget({ key });
    const theirs = { category: 'infra', key, summary: 'the build machine', detail: { owner: 'Ada' } };
    await doors.client.kbRemember(theirs);
    const found = await doors.client.kbDiscover({ host: 'root@127.0.0.1', port });
    expect(found).toMatchObject({
      action: 'updated',
      summary: 'the build machine',
      detail: { owner: 'Ada', discovered: { hostname: os.hostname() } },
    });
  });

  test('serves nobody but the owner', async () => {
    const { port } = machine;
    const before = machine.asked.length;
    for (const role of ['viewer', 'orchestrator'] as const) {
      const { token } = doors.tokens.create(role, undefined);
      expect(failureOf(await call(token, { host: 'root@127.0.0.1', port })).code).toBe('not_permitted');
    }
    await doors.client.ptySpawn({ slotId: 'coder-1' });
    const agent = doors.doorOf('coder-1');
    expect(failureOf(await call(agent.token, { host: 'root@127.0.0.1', port })).code).toBe('not_permitted');
    expect(machine.asked).toHaveLength(before);
  });

  test.each([
    '-oProxyCommand=touch /tmp/missiond-owned',
    'root@-oProxyCommand=id',
    '-l@box',
    'box;id',
    'box id',
    '$(id)',
    '`id`',
    'box\nHost *',
    'a@b@c d',
    'ssh://box',
    'fe80::1%eth0',
    '[box]',
    '../box',
    ' ',
  ])('takes %j for no machine', async (host) => {
    const failure = failureOf(await call(doors.token, { host }));
    expect(failure.code).toBe('input_invalid');
  });
});
