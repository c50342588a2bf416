import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSshRunner } from '../../../services/discovery/run-over-ssh.ts';
import { createReachabilityCheck } from '../../../services/infra/reachability/check-reachability.ts';
import { pingCommand } from '../../../services/infra/reachability/ping.ts';
import type { Channel } from '../../../services/infra/reachability/way.ts';
import type { ReachTarget } from '../../../services/infra/reachability/ways-of.ts';
import { processesOf } from '../../e2e/world.ts';
import { selfSigned } from '../../server/self-signed.ts';
import { createPerson, hasSsh, startSshMachine } from '../discovery/ssh-machine.ts';

let person: ReturnType<typeof createPerson>;
const closing: (() => unknown)[] = [];
beforeEach(() => {
  person = createPerson();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  expect(processesOf(person.folder)).toEqual([]);
  person.remove();
});

/** A program that the person has, in place of the real one. */
function program(name: string, script: string): void {
  const file = path.join(person.folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

async function listening(server: net.Server | http.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

const box: ReachTarget = { id: 'box', name: 'Box', ssh: [], ports: [] };
async function reach(
  target: Partial<ReachTarget>,
  {
    channels,
    env = person.env,
    signal = new AbortController().signal,
  }: {
    channels?: readonly Channel[];
    env?: NodeJS.ProcessEnv;
    signal?: AbortSignal;
  } = {},
) {
  const check = createReachabilityCheck({ env, ssh: createSshRunner(env) });
  const [reached] = await check({ targets: [{ ...box, ...target }], channels, signal });
  if (reached === undefined) throw new Error('nothing came back');
  return reached;
}
const resultsOf = ({ channels }: Awaited<ReturnType<typeof reach>>) =>
  channels.map(({ channel, result, why }) => [channel, result, why].filter((one) => one !== undefined));

describe('ping', () => {
  test.each([
    ['exit 0', ['lan_ping', 'reachable']],
    ['exit 1', ['lan_ping', 'unreachable', 'no answer to 2 packets']],
    [
      'echo "ping: box: Name or service not known" >&2; exit 2',
      ['lan_ping', 'unreachable', 'the name is not known'],
    ],
    [
      'echo "ping: socket: Operation not permitted" >&2; exit 2',
      ['lan_ping', 'unknown', 'the ping program may not send packets here'],
    ],
  ])('a program that says %j', async (script, expected) => {
    program('ping', `echo "$@" > ${person.folder}/words; ${script}`);
    expect(resultsOf(await reach({ lan: '10.0.0.7' }))).toEqual([expected]);
    expect(readFileSync(path.join(person.folder, 'words'), 'utf8')).toMatch(/^-c 2 -W \d+ -- 10\.0\.0\.7\n$/);
  });

  test('one that is not there says nothing of the machine', async () => {
    const reached = await reach(
      { host: '10.0.0.7' },
      { env: { PATH: '/nowhere' }, channels: ['public_ping'] },
    );
    expect(resultsOf(reached)[0]?.slice(0, 2)).toEqual(['public_ping', expect.stringMatching(/unknown/)]);
    expect(reached).toMatchObject({
      severity: 'yellow',
      summary: '0/0 channels reachable, 1 could not be tried',
    });
  });

  test.each([
    ['linux', '10.0.0.7', ['ping', '-c', '2', '-W', '2', '--', '10.0.0.7']],
    ['darwin', '10.0.0.7', ['ping', '-c', '2', '-W', '2000', '--', '10.0.0.7']],
    ['darwin', 'fd00::1', ['ping6', '-c', '2', '--', 'fd00::1']],
  ] as const)('its words on %s for %s', (platform, host, words) => {
    expect(pingCommand(platform, host)).toEqual(words);
  });
});

test('a port that listens is reached, one that does not is named, and the machine is yellow', async () => {
  const open = await listening(net.createServer());
  const closed = await listening(net.createServer());
  await closing.pop()?.();
  const reached = await reach({ host: '127.0.0.1', ports: [open, closed] }, { channels: ['tcp'] });
  expect(resultsOf(reached)).toEqual([
    ['tcp', 'reachable'],
    ['tcp', 'unreachable', 'the connection was refused'],
  ]);
  expect(reached).toMatchObject({ severity: 'yellow', summary: '1/2 channels reachable' });
});

describe('a health endpoint', () => {
  test.each([
    [200, ['deploy_agent', 'reachable']],
    [204, ['deploy_agent', 'reachable']],
    [302, ['deploy_agent', 'unreachable', 'it answers with status 302']],
    [503, ['deploy_agent', 'unreachable', 'it answers with status 503']],
  ])('that answers %i', async (status, expected) => {
    const port = await listening(
      http.createServer((_, reply) => reply.writeHead(status, { location: 'http://127.0.0.1:1/' }).end('x')),
    );
    expect(resultsOf(await reach({ healthEndpoint: `http://127.0.0.1:${port}/` }))).toEqual([expected]);
  });

  test('over TLS with a certificate that nobody trusts is not reached, whatever the environment says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    closing.push(() => vi.unstubAllEnvs());
    const { tls, remove } = selfSigned();
    closing.push(remove);
    let asked = 0;
    const port = await listening(
      https.createServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, (_, reply) => {
        asked += 1;
        reply.end();
      }),
    );
    const reached = await reach({ healthEndpoint: `https://localhost:${port}/?token=hunter2` });
    expect(resultsOf(reached)).toEqual([
      ['deploy_agent', 'unreachable', expect.stringMatching(/certificate is not trusted/)],
    ]);
    expect(asked).toBe(0);
    expect(JSON.stringify(reached)).not.toContain('hunter2');
  });

  test('that never answers ends with the call', async () => {
    const calling = new AbortController();
    const port = await listening(http.createServer(() => calling.abort()));
    await expect(
      reach({ healthEndpoint: `http://127.0.0.1:${port}/` }, { signal: calling.signal }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });
});

test('many who ask at once do not look by more ways at once than one', async () => {
  let within = 0;
  let most = 0;
  const check = createReachabilityCheck({
    env: person.env,
    async ssh({ target }) {
      within += 1;
      most = Math.max(most, within);
      await new Promise(setImmediate);
      within -= 1;
      return { resolved: { user: 'me', address: target.host, port: 22 }, answer: '' };
    },
  });
  const targets = Array.from({ length: 10 }, (_, at) => ({
    ...box,
    id: `box-${at}`,
    ssh: [{ host: 'box' }],
  }));
  const request = { targets, channels: ['ssh'] as const, signal: new AbortController().signal };
  const all = await Promise.all([check(request), check(request), check(request)]);
  expect(all.flat().map(({ severity }) => severity)).toEqual(Array.from({ length: 30 }, () => 'green'));
  expect(most).toBe(8);
});

describe.skipIf(!hasSsh('reaching machines over ssh'))("the person's ssh", () => {
  const channels: readonly Channel[] = ['ssh'];
  test('is let in where the key is known, and nowhere else', async () => {
    const machine = await startSshMachine(person.publicKey);
    closing.push(() => machine.close());
    const ssh = [{ user: 'root', host: '127.0.0.1', port: machine.port }];
    expect(resultsOf(await reach({ ssh }, { channels }))).toEqual([
      ['ssh', 'unreachable', expect.stringContaining(machine.fingerprint)],
    ]);
    person.knows(machine.knownHost);
    const reached = await reach({ ssh }, { channels });
    expect(reached).toMatchObject({
      severity: 'green',
      channels: [{ address: `root@127.0.0.1:${machine.port}`, result: 'reachable' }],
    });
  });

  test('of a machine that is not there says so', async () => {
    const closed = await listening(net.createServer());
    await closing.pop()?.();
    const ssh = [{ host: '127.0.0.1', port: closed }];
    expect(resultsOf(await reach({ ssh }, { channels }))).toEqual([
      ['ssh', 'unreachable', expect.stringMatching(/refused/)],
    ]);
  });
});

describe('a machine of a tailnet', () => {
  const channels: readonly Channel[] = ['tailscale'];
  const status = (peer: object) =>
    program(
      'tailscale',
      `test "$*" = "status --json" && cat <<'END'\n${JSON.stringify({ BackendState: 'Running', Self: { HostName: 'me' }, Peer: { a: peer } })}\nEND`,
    );
  test.each([
    [{ TailscaleIPs: ['100.64.0.9'], Online: true }, ['tailscale', 'reachable']],
    [
      { TailscaleIPs: ['100.64.0.9'], Online: false },
      ['tailscale', 'unreachable', 'the tailnet says that it is offline'],
    ],
    [{ TailscaleIPs: ['100.64.0.8'] }, ['tailscale', 'unreachable', 'the tailnet has no such machine']],
  ])('as its program tells of %j', async (peer, expected) => {
    status(peer);
    expect(resultsOf(await reach({ host: '100.64.0.9' }, { channels }))).toEqual([expected]);
  });

  test('cannot be looked for without the program', async () => {
    expect(resultsOf(await reach({ host: '100.64.0.9' }, { channels }))).toEqual([
      ['tailscale', 'unknown', 'there is no tailscale program here'],
    ]);
  });

  test('no other machine is looked for there', async () => {
    expect(resultsOf(await reach({ host: '10.0.0.9' }, { channels }))).toEqual([]);
  });
});
