import { chmodSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { agentsCommands } from '../../../server/cli/agents-commands.ts';
import { openHomePermissions } from '../../../server/home-permissions.ts';
import { choosePorts } from '../../../server/http/choose-ports.ts';
import { outsideDoorOf, outsideUrl } from '../../../server/http/outside-door.ts';
import { readEnvironment } from '../../../services/config/environment.ts';
import { ListenSchema } from '../../../services/config/listen.ts';
import { ProtectSchema } from '../../../services/config/protect.ts';
import { failureOf, type OpenDoors, openDoors } from '../open-doors.ts';
import { rawRequest } from '../raw-request.ts';
import { type SelfSigned, selfSigned } from '../self-signed.ts';

let signed: SelfSigned;
beforeAll(() => {
  signed = selfSigned();
});
afterAll(() => signed.remove());

const listening = (listen: object) => ListenSchema.parse(listen);

describe('who would listen for others than this machine', () => {
  test.each(['0.0.0.0', '::', '10.1.2.3', 'build.example.com', 'localhost.example.com', '2001:db8::1'])(
    'on %s without TLS is refused, and told what to do',
    (host) => {
      expect(() => outsideDoorOf(listening({ host }))).toThrow(
        expect.objectContaining({
          code: 'config_invalid',
          message: expect.stringContaining(host),
          remedy: expect.stringMatching(/listen.*tls.*ssh -L/),
        }),
      );
    },
  );

  test.each(['127.0.0.1', 'localhost', 'LOCALHOST', undefined])('on %s needs nothing', (host) => {
    expect(outsideDoorOf(listening({}), host)).toBeNull();
  });

  test.each(['::1', '127.0.0.2'])('on %s, which is this machine, needs no TLS', (host) => {
    expect(outsideDoorOf(listening({ host }))).toEqual({ host, tls: undefined });
  });

  test('is told by MISSION_HOST before the file', () => {
    const listen = listening({ host: '0.0.0.0', tls: signed.tls });
    expect(outsideDoorOf(listen, '127.0.0.1')).toBeNull();
    expect(outsideDoorOf(listen, '10.1.2.3')).toMatchObject({ host: '10.1.2.3' });
  });

  test.each([0o640, 0o604, 0o660, 0o620])('with a key of mode %o is refused', (mode) => {
    chmodSync(signed.tls.key, mode);
    try {
      expect(() => outsideDoorOf(listening({ host: '0.0.0.0', tls: signed.tls }))).toThrow(
        expect.objectContaining({ code: 'config_invalid', remedy: `Run \`chmod 600 ${signed.tls.key}\`.` }),
      );
    } finally {
      chmodSync(signed.tls.key, 0o600);
    }
  });

  test.each<[string, () => { readonly cert: string; readonly key: string }, RegExp]>([
    ['no certificate', () => ({ ...signed.tls, cert: '/nowhere/cert.pem' }), /nowhere\/cert\.pem.*ENOENT/],
    ['a folder for a key', () => ({ ...signed.tls, key: '/tmp' }), /EISDIR/],
    ['two keys', () => ({ cert: signed.tls.key, key: signed.tls.key }), /no certificate and its key/],
    ['two certificates', () => ({ cert: signed.tls.cert, key: privately() }), /no certificate and its key/],
  ])('with %s is refused', (_, files, words) => {
    expect(() => outsideDoorOf(listening({ host: '0.0.0.0', tls: files() }))).toThrow(words);
  });

  function privately(): string {
    const file = `${signed.tls.cert}.copy`;
    writeFileSync(file, signed.ca, { mode: 0o600 });
    return file;
  }

  test('keeps its key from every agent, whatever a rule allows', () => {
    const home = path.dirname(signed.tls.key);
    writeFileSync(path.join(home, 'permissions.yaml'), 'default: {allow: [Read(*), Bash(cat *)]}\n');
    const rules = openHomePermissions({
      home,
      databaseFile: path.join(home, 'mission.db'),
      slotsFile: path.join(home, 'slots.yaml'),
      file: { protect: ProtectSchema.parse({}), roles: {}, listen: listening({ tls: signed.tls }) },
      ownCommands: agentsCommands,
    });
    const decide = (tool: string, input: object) =>
      rules.judge({ role: 'coder', slotId: 'coder-1', cwd: home, tool, input }).decision;
    expect(decide('Read', { file_path: signed.tls.key })).toBe('deny');
    expect(decide('Bash', { command: `cat ${signed.tls.key}` })).toBe('deny');
    expect(decide('Read', { file_path: signed.tls.cert })).toBe('allow');
  });

  test.each(['0.0.0.0:9120', 'a b', 'https://build.example.com', '-x'])(
    'MISSION_HOST=%s is refused',
    (host) => {
      expect(() => readEnvironment({ MISSION_HOST: host }, '/home')).toThrow(/MISSION_HOST/);
    },
  );

  test.each([
    { host: '0.0.0.0:9120' },
    { host: 'https://build.example.com' },
    { host: '*' },
    { hosts: ['*.example.com'] },
    { hosts: ['build.example.com:9120'] },
    { origins: ['*'] },
    { origins: ['null'] },
    { origins: ['https://build.example.com/'] },
    { tls: { cert: 'c' } },
    { port: 1 },
  ])('%j is not understood', (listen) => {
    expect(ListenSchema.safeParse(listen).success).toBe(false);
  });

  test.each([
    [{ host: '10.1.2.3', tls: undefined }, [], 'http://10.1.2.3:9120'],
    [{ host: '0.0.0.0' }, [], 'https://127.0.0.1:9120'],
    [{ host: '0.0.0.0' }, ['build.example.com', 'b'], 'https://build.example.com:9120'],
    [{ host: '2001:db8::1' }, [], 'https://[2001:db8::1]:9120'],
  ])('%j with the names %j is addressed as %s', (door, hosts, url) => {
    expect(outsideUrl({ tls: { cert: signed.ca, key: signed.ca }, ...door }, 9120, hosts)).toBe(url);
  });

  test.each<[string, number, number | undefined, string | null, object]>([
    ['this machine alone', 9120, 5000, null, { port: 9120, isPreference: false }],
    ['any port: that of before', 0, 5000, null, { port: 5000, isPreference: true }],
    ['one address beside loopback', 9120, 5000, '10.1.2.3', { port: 9120, outsidePort: 9120 }],
    ['all addresses', 9120, undefined, '0.0.0.0', { port: 0, outsidePort: 9120, isPreference: true }],
    ['all addresses, again', 9120, 5000, '0.0.0.0', { port: 5000, outsidePort: 9120 }],
    ['all addresses, at the port of before', 9120, 9120, '::', { port: 0, outsidePort: 9120 }],
  ])('%s', (_, wanted, before, host, ports) => {
    expect(choosePorts(wanted, before, host === null ? null : { host, tls: undefined })).toMatchObject(ports);
  });
});

describe('over TLS', () => {
  let doors: OpenDoors;
  beforeAll(async () => {
    doors = await openDoors({
      listen: {
        host: '127.0.0.2',
        tls: signed.tls,
        hosts: ['build.example.com'],
        origins: ['https://board.example.com'],
      },
    });
  });
  afterAll(async () => {
    expect(doors.errors()).toEqual([]);
    await doors.close();
  });

  /** A request to the door for others, by any name, whose certificate is checked. */
  async function ask(
    address: string,
    headers: Readonly<Record<string, string>>,
    servername = 'build.example.com',
  ): Promise<{ readonly status: number; readonly body: string; readonly headers: object }> {
    const reply = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      https
        .get(
          {
            host: '127.0.0.2',
            port: doors.outsidePort,
            path: address,
            headers,
            servername,
            ca: signed.ca,
            agent: false,
          },
          resolve,
        )
        .once('error', reject);
    });
    return { status: reply.statusCode ?? 0, headers: reply.headers, body: await text(reply) };
  }
  const named = (host: string) => ({ ...doors.owner, host: host.replace('PORT', String(doors.outsidePort)) });

  test.each(['127.0.0.2:PORT', 'build.example.com:PORT', 'BUILD.example.com', 'localhost:PORT'])(
    'the owner comes in with the token, addressed as %s, and nobody without',
    async (host) => {
      expect((await ask('/api/slots', named(host))).status).toBe(200);
      const origin = `https://${named(host).host}`;
      expect((await ask('/api/slots', { ...named(host), origin })).status).toBe(200);
      for (const authorization of ['', 'Bearer x']) {
        const { status, headers } = await ask('/api/slots', { ...named(host), authorization });
        expect([status, headers]).toMatchObject([401, { 'content-security-policy': expect.any(String) }]);
      }
    },
  );

  test.each([
    'evil.example:PORT',
    '127.0.0.3:PORT',
    '10.0.0.1:PORT',
    'build.example.com.evil.example',
    '[::2]:PORT',
    '[build.example.com]:PORT',
  ])('a name that was bound to this address (%s) is not served', async (host) => {
    const reply = await ask('/health', named(host));
    expect([reply.status, reply.body]).toEqual([401, expect.stringContaining('listen.hosts')]);
  });

  test.each([
    ['http://build.example.com:PORT', 401],
    ['https://evil.example', 401],
    ['https://board.example.com.evil.example', 401],
    ['https://board.example.com', 200],
  ])('a page of %s gets %i', async (page, status) => {
    const headers = {
      ...named('build.example.com:PORT'),
      origin: page.replace('PORT', String(doors.outsidePort)),
    };
    expect((await ask('/api/slots', { ...headers, 'sec-fetch-site': 'cross-site' })).status).toBe(status);
  });

  test('a viewer follows what happens over wss, and the names hold on loopback as well', async () => {
    const { token } = doors.tokens.create('viewer', undefined);
    const socket = new WebSocket(`wss://127.0.0.2:${doors.outsidePort}/tasks`, {
      ca: signed.ca,
      headers: { authorization: `Bearer ${token}` },
    });
    const first = await new Promise((resolve, reject) => {
      socket.once('message', (data) => resolve(JSON.parse(String(data))));
      socket.once('error', reject);
    });
    expect(first).toMatchObject({ type: 'snapshot' });
    socket.terminate();
    expect((await doors.tcp({ path: '/api/slots', headers: named('build.example.com') })).status).toBe(200);
  });

  test('nothing is said without TLS, nor to who speaks an old one', async () => {
    await expect(
      rawRequest({ host: '127.0.0.2', port: doors.outsidePort ?? 0, path: '/health', headers: doors.owner }),
    ).rejects.toThrow(/ECONNRESET|socket hang up/);
    const old = tls.connect({
      host: '127.0.0.2',
      port: doors.outsidePort,
      ca: signed.ca,
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
      servername: 'build.example.com',
    });
    const outcome = await new Promise((resolve) => {
      old.once('secureConnect', () => resolve('let in'));
      old.once('error', (error) => resolve(error.message));
    });
    expect(outcome).toMatch(/alert|version|handshake/i);
  });

  test('on this machine there is the door without TLS as before', async () => {
    expect((await doors.tcp({ path: '/api/slots', headers: doors.owner })).status).toBe(200);
    expect((await rawRequest({ socketPath: doors.socketFile, path: '/api/slots' })).status).toBe(200);
  });

  test('a wrong token over TLS says so in the shape of every error', async () => {
    const reply = await ask('/api/slots', { host: `127.0.0.2:${doors.outsidePort}` });
    expect(failureOf({ ...reply, headers: {} }).code).toBe('not_authorised');
  });
});
