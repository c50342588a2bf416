import { existsSync } from 'node:fs';
import os from 'node:os';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSshProbe, type ProbeRequest } from '../../../services/discovery/probe-over-ssh.ts';
import { processesOf } from '../../e2e/world.ts';
import {
  type Behaviour,
  createPerson,
  hasSsh,
  PASSWORD,
  type SshMachine,
  startSshMachine,
} from './ssh-machine.ts';

let person: ReturnType<typeof createPerson>;
let machine: SshMachine | undefined;
beforeEach(() => {
  person = createPerson();
});
afterEach(async () => {
  await machine?.close();
  machine = undefined;
  expect(processesOf(person.folder)).toEqual([]);
  person.remove();
});

async function start(behaviour?: Behaviour): Promise<SshMachine> {
  machine = await startSshMachine(person.publicKey, behaviour);
  return machine;
}
const look = (port: number, more: Partial<ProbeRequest> = {}) =>
  createSshProbe(person.env)({
    target: { user: 'root', host: '127.0.0.1', port },
    signal: new AbortController().signal,
    ...more,
  });

describe.skipIf(!hasSsh('looking at machines'))('a machine that is looked at with the real ssh', () => {
  test('tells what it is, to whom its key is known', async () => {
    const { port, knownHost } = await start();
    person.knows(knownHost);
    const { resolved, facts } = await look(port);
    expect(resolved).toEqual({ user: 'root', address: '127.0.0.1', port });
    expect(facts).toMatchObject({
      hostname: os.hostname(),
      architecture: 'x86_64',
      kernel: `Linux ${os.release()}`,
    });
    expect(facts.cpus).toBeGreaterThan(0);
    expect(facts.memoryMb).toBe(Math.round(os.totalmem() / 1024 / 1024));
  });

  test('by its name in ~/.ssh/config, whose dangerous settings do not hold', async () => {
    const { port, knownHost } = await start();
    person.knows(knownHost);
    person.configure(
      `Host box\nHostName 127.0.0.1\nPort ${port}\nUser root\nRemoteCommand touch ${person.folder}/remote\nRequestTTY force\nPermitLocalCommand yes\nLocalCommand touch ${person.folder}/local\nStrictHostKeyChecking no\n`,
    );
    const { resolved } = await look(port, { target: { host: 'box' } });
    expect(resolved).toEqual({ user: 'root', address: '127.0.0.1', port });
    expect([existsSync(`${person.folder}/local`), existsSync(`${person.folder}/remote`)]).toEqual([
      false,
      false,
    ]);
  });

  test('is refused with its fingerprint while its key is not known, and is told nothing', async () => {
    const { port, fingerprint, asked } = await start();
    const refusal = expect(look(port, { password: PASSWORD })).rejects;
    await refusal.toMatchObject({
      code: 'host_key_unknown',
      message: expect.stringContaining(`ssh-ed25519 ${fingerprint}`),
      remedy: expect.stringContaining(`ssh -p ${port} root@127.0.0.1`),
    });
    expect(asked).toEqual([]);
  });

  test('is refused when it shows another key than before', async () => {
    const { port, fingerprint, asked } = await start();
    const other = await startSshMachine(person.publicKey);
    person.knows(other.knownHost.replace(String(other.port), String(port)));
    await other.close();
    await expect(look(port)).rejects.toMatchObject({
      code: 'host_key_changed',
      message: expect.stringContaining(fingerprint),
      remedy: expect.stringContaining('known_hosts, line 1'),
    });
    expect(asked).toEqual([]);
  });

  test.each(['root', 'keyboard'])(
    'lets %s in with a password that no argument and no environment holds',
    async (user) => {
      const { port, knownHost, seen, asked } = await start();
      person.knows(knownHost);
      person.configure('PubkeyAuthentication no\n');
      const { facts } = await look(port, { target: { user, host: '127.0.0.1', port }, password: PASSWORD });
      expect(facts.hostname).toBe(os.hostname());
      expect(asked.at(-1)).toBe(user === 'root' ? 'password' : 'keyboard-interactive');
      expect(seen).toEqual([]);
    },
  );

  test('says why it let nobody in, without the password', async () => {
    const { port, knownHost } = await start();
    person.knows(knownHost);
    person.configure('PubkeyAuthentication no\n');
    const failure = await look(port, { password: 'not the right one' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'ssh_failed',
      message: expect.stringContaining('Permission denied'),
    });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('not the right one');
    await expect(look(port)).rejects.toMatchObject({ code: 'ssh_failed' });
  });

  test.each([
    ['answers without end', 'endless', 'more than'],
    ['has no shell', 'noShell', 'is not recognized'],
  ] as const)('that %s is given up', async (_, behaviour, why) => {
    const { port, knownHost } = await start(behaviour);
    person.knows(knownHost);
    await expect(look(port)).rejects.toMatchObject({
      code: 'ssh_failed',
      message: expect.stringContaining(why),
    });
  });

  test('that says nothing is left when the caller goes', async () => {
    const { port, knownHost, asked } = await start('silent');
    person.knows(knownHost);
    const leaving = new AbortController();
    const looked = expect(look(port, { signal: leaving.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    await vi.waitFor(() => expect(asked).toContain('publickey'), 10_000);
    leaving.abort();
    await looked;
  });

  test('that is not there is said to be so', async () => {
    // A port that was free a moment ago may be another test's by now; nobody listens on this one.
    await expect(look(1)).rejects.toMatchObject({
      code: 'ssh_failed',
      message: expect.stringContaining('Connection refused'),
    });
  });
});
