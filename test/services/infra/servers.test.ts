import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { followServers, serversFile } from '../../../services/infra/follow-servers.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'missiond-servers-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));
const write = (text: string): void => writeFileSync(serversFile(home), text);
const one = (fields: string) => {
  write(`servers:\n  - { id: box, ${fields} }\n`);
  const { servers, problem } = followServers(home)();
  return { server: servers[0], problem };
};

test('a file as users of missiond have it is read', () => {
  write(`servers:
  - id: ecs-1
    name: Web
    provider: aliyun
    host: 203.0.113.7
    lan: 10.0.0.7
    location: Hangzhou
    roles: [web, db]
    tags: [prod]
    description: |
      LAN: ssh -p 2222 root@10.0.0.7 (password: hunter2!)
      WAN: ssh root@203.0.113.7
    healthEndpoint: https://web.example/health?token=t0ps3cret
    password: hunter2!
`);
  const { servers, problem } = followServers(home)();
  expect(problem).toBeNull();
  expect(servers).toHaveLength(1);
  expect(JSON.stringify(servers[0]?.shown)).not.toMatch(/hunter2|t0ps3cret/);
  expect(servers[0]?.healthEndpoint).toBe('https://web.example/health?token=t0ps3cret');
  expect(servers[0]?.shown).toMatchObject({
    id: 'ecs-1',
    roles: ['web', 'db'],
    ssh: [
      { user: 'root', host: '10.0.0.7', port: 2222 },
      { user: 'root', host: '203.0.113.7' },
    ],
    withheld: [
      'password: no field that missiond shows',
      'description: what looks like a secret was taken out',
      'healthEndpoint: what looks like a secret was taken out',
    ],
  });
});

test.each([
  ['host: box.example', [{ host: 'box.example' }]],
  ['host: box.example, ssh: false', []],
  ['host: box.example, ssh: deploy@other', [{ user: 'deploy', host: 'other' }]],
  [
    'ssh: [{ host: deploy@other, port: 2222 }, third]',
    [{ user: 'deploy', host: 'other', port: 2222 }, { host: 'third' }],
  ],
  ['description: "no way in"', []],
])('%s is reached by ssh at %j', (fields, targets) => {
  expect(one(fields).server?.shown.ssh).toEqual(targets);
});

test.each([
  ['host: -oProxyCommand=id', /servers\.yaml:2:\d+: .*host/],
  ['host: "a b"', /host/],
  ['ssh: "-oProxyCommand=id"', /ssh/],
  ['ssh: "root@$(id)"', /ssh/],
  ['healthEndpoint: "file:///etc/passwd"', /healthEndpoint/],
  ['ports: [70000]', /ports/],
])('%s is refused, and said where', (fields, message) => {
  const { server, problem } = one(fields);
  expect(server).toBeUndefined();
  expect(problem).toMatch(message);
});

test('it is read again when it changes; one that is wrong changes nothing, and says so', () => {
  const follow = followServers(home);
  expect(follow()).toEqual({ servers: [], problem: null });
  write('servers: [{ id: a }]');
  expect(follow().servers.map(({ shown }) => shown.id)).toEqual(['a']);
  write('servers: [{ id: a }, { id: a }]');
  expect(follow().servers.map(({ shown }) => shown.id)).toEqual(['a']);
  expect(follow().problem).toContain('"a" stands twice');
  write('servers: [{ id: b }, { id: c }]');
  expect(follow()).toMatchObject({
    problem: null,
    servers: [{ shown: { id: 'b' } }, { shown: { id: 'c' } }],
  });
  rmSync(serversFile(home));
  expect(follow()).toEqual({ servers: [], problem: null });
});

// Signs with which YAML means something else than their writer.
test.each(['*hunter2', '|hunter2', '>hunter2', '}hunter2'])(
  'what is wrong with the file is told without the password %j in it',
  (password) => {
    write(`servers:\n  - id: box\n    sudo: ${password}\n`);
    const { problem } = followServers(home)();
    expect(problem).toContain('servers.yaml:3:');
    expect(problem).not.toContain('hunter2');
  },
);
