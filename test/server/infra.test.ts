import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serversFile } from '../../services/infra/follow-servers.ts';
import { runCli } from './cli/run-cli.ts';
import { failureOf, type OpenDoors, openDoors } from './open-doors.ts';

const SERVERS = `servers:
  - { id: web-1, provider: aliyun, roles: [web], tags: [prod], host: 127.0.0.1, password: hunter2 }
  - { id: db-1, name: Database, provider: gcp, roles: [db], tags: [prod], description: "root password hunter2" }
`;

let doors: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
  writeFileSync(serversFile(doors.home), SERVERS);
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

const idsOf = async (filter: object) => (await doors.client.infraList(filter)).servers.map(({ id }) => id);

describe('the machines of servers.yaml', () => {
  test('are listed by role, provider and tag, and shown without secrets', async () => {
    expect(await idsOf({})).toEqual(['web-1', 'db-1']);
    expect(await idsOf({ role: 'WEB' })).toEqual(['web-1']);
    expect(await idsOf({ provider: 'gcp', tag: 'prod' })).toEqual(['db-1']);
    expect(await idsOf({ provider: 'gcp', role: 'web' })).toEqual([]);
    const shown = [await doors.client.infraList({}), await doors.client.infraGet({ id: 'web-1' })];
    expect(JSON.stringify(shown)).not.toContain('hunter2');
    expect((await doors.client.infraGet({ id: 'db-1' })).withheld).toEqual([
      'description: what looks like a secret was taken out',
    ]);
  });

  test('by the command line, too', async () => {
    const cli = (...argv: string[]) => runCli(['infra', ...argv, '--home', doors.home]);
    expect((await cli('list', '--tag', 'prod')).out).toMatch(/web-1.*\n.*db-1/);
    const one = await cli('get', 'web-1');
    expect([one.status, one.out]).toEqual([0, expect.stringMatching(/withheld\s+password: no field/)]);
    expect(one.out).not.toContain('hunter2');
    expect((await cli('get', 'web-9')).err).toContain('It has: web-1, db-1');
    expect((await cli('get')).status).toBe(2);
  });

  test('one that is not there is an error that names those that are', async () => {
    const reply = await doors.tcp({
      path: '/api/tools/mission_infra_get',
      method: 'POST',
      headers: { ...doors.owner, 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'constructor' }),
    });
    expect([reply.status, failureOf(reply)]).toEqual([
      404,
      expect.objectContaining({ code: 'server_unknown', remedy: 'It has: web-1, db-1.' }),
    ]);
  });

  test('are looked for by whom they may be: others than those of the file by the owner alone', async () => {
    const all = await doors.client.reachability({ channels: ['deploy_agent'] });
    expect(all.targets.map(({ target, severity }) => [target, severity])).toEqual([
      ['web-1', 'yellow'],
      ['db-1', 'yellow'],
    ]);
    const reach = (token: string, target: string) =>
      doors.tcp({
        path: '/api/tools/mission_reachability',
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ target, channels: ['deploy_agent'] }),
      });
    const { token } = doors.tokens.create('orchestrator', undefined);
    expect((await reach(token, 'web-1')).status).toBe(200);
    expect(failureOf(await reach(token, 'root@127.0.0.1')).code).toBe('server_unknown');
    expect((await reach(doors.token, 'root@127.0.0.1')).status).toBe(200);
    expect(failureOf(await reach(doors.token, '-oProxyCommand=id')).code).toBe('server_unknown');
    const viewer = doors.tokens.create('viewer', undefined);
    expect(failureOf(await reach(viewer.token, 'web-1')).code).toBe('not_permitted');
  });

  test('a file that is wrong is told of, and what was read last is in force', async () => {
    writeFileSync(serversFile(doors.home), 'servers: [{ id: [] }]');
    const { servers, problem } = await doors.client.infraList({});
    expect(servers).toHaveLength(2);
    expect(problem).toMatch(/servers\.yaml:1:/);
    writeFileSync(serversFile(doors.home), SERVERS);
    expect((await doors.client.infraList({})).problem).toBeUndefined();
  });
});
