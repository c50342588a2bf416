import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { connectPtyHost } from '../../../services/pty/connect-pty-host.ts';
import { isAlive, markOf, processTree } from '../../../services/pty/process-tree.ts';
import type { PtyHostEvent } from '../../../services/pty/pty-host.ts';
import { programSpec, shell, watch } from '../../services/pty/terminal-fixture.ts';
import { type HostHome, hostCommand, openHostHome } from './started-host.ts';

let hosts: HostHome;
beforeEach(() => {
  hosts = openHostHome();
});
afterEach(() => hosts.close());

/** The process that holds a terminal, found as the parent of its program. */
function hostPid(programPid: number): number {
  return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(programPid)], { encoding: 'utf8' }));
}

async function pidOf(spawned: Promise<{ ok: boolean; pid?: number }>): Promise<number> {
  const { pid } = await spawned;
  if (pid === undefined) throw new Error('not started');
  return pid;
}

test('a terminal is used through the process: write, read, text, resize, attach, exit, forget', async () => {
  const host = await hosts.connect();
  const events: PtyHostEvent[] = [];
  host.subscribe((event) => events.push(event));
  const spec = shell('stty -echo; while read -r word; do echo "you said $word"; done; exit 5');
  expect(await host.spawn(spec)).toMatchObject({ ok: true });
  const watcher = await watch(host, spec.epoch);
  await host.write(spec.epoch, 'hello\r');
  await watcher.until('you said hello');
  expect(await host.text(spec.epoch)).toContain('you said hello');
  await host.resize(spec.epoch, 100, 30);
  expect(await host.read(spec.epoch)).toMatchObject({ columns: 100, rows: 30 });
  await host.write(spec.epoch, '\x04');
  expect(await watcher.exited).toMatchObject({ code: 5 });
  expect(events.map(({ type }) => type)).toContain('reading');
  expect(events.at(-1)).toMatchObject({ type: 'exit', epoch: spec.epoch });
  await host.forget(spec.epoch);
  expect(await host.list()).toEqual([]);
});

test('only the person may reach the host, and programs do not inherit its mask', async () => {
  const host = await hosts.connect();
  expect(statSync(hosts.home).mode & 0o777).toBe(0o700);
  expect(statSync(path.join(hosts.home, 'pty-host.sock')).mode & 0o777).toBe(0o600);
  expect(statSync(path.join(hosts.home, 'logs', 'pty-host.log')).mode & 0o777).toBe(0o600);
  const spec = shell('umask');
  await host.spawn(spec);
  const watcher = await watch(host, spec.epoch);
  await watcher.exited;
  const ours = execFileSync('/bin/bash', ['-c', 'umask'], { encoding: 'utf8' }).trim();
  expect(watcher.seen()).toContain(ours);
});

test('the host does not pass on the environment of whoever started it', async () => {
  process.env['CLAUDECODE'] = '1';
  const host = await hosts.connect().finally(() => delete process.env['CLAUDECODE']);
  const spec = shell('echo "pid $PPID."; read -r _');
  await host.spawn(spec);
  const seen = await (await watch(host, spec.epoch)).until(/pid \d+\./);
  const environment = readFileSync(`/proc/${/pid (\d+)/.exec(seen)?.[1]}/environ`, 'utf8');
  expect(environment).not.toContain('CLAUDECODE');
  expect(environment).not.toContain('VITEST');
});

test('terminals outlive a daemon that is killed, and the next one finds them with their screen', async () => {
  // The daemon is a process of its own, so that it can be killed.
  const daemon = path.join(hosts.home, 'daemon.mts');
  const spec = shell('echo still here; read -r word; echo "heard $word"; read -r _');
  const source = fileURLToPath(new URL('../../../services/pty/connect-pty-host.ts', import.meta.url));
  writeFileSync(
    daemon,
    `import { connectPtyHost } from ${JSON.stringify(source)};
    const host = await connectPtyHost(${JSON.stringify({ home: hosts.home, hostCommand })});
    host.subscribe((event) => console.log(event.type));
    console.log(JSON.stringify(await host.spawn(${JSON.stringify(spec)})));
    setInterval(() => {}, 1e6);`,
  );
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), daemon], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  for await (const data of child.stdout) {
    said += String(data);
    if (said.includes('reading')) break;
  }
  child.kill('SIGKILL');
  const host = await hosts.connect();
  expect((await host.list()).map(({ epoch, exit }) => ({ epoch, exit }))).toEqual([
    { epoch: spec.epoch, exit: null },
  ]);
  const watcher = await watch(host, spec.epoch);
  expect(watcher.seen()).toContain('still here');
  await host.write(spec.epoch, 'you\r');
  await watcher.until('heard you');
});

test('Ctrl+C and a closed terminal are not for the host', async () => {
  const host = await hosts.connect();
  const spec = programSpec('/bin/cat', []);
  const pid = hostPid(await pidOf(host.spawn(spec)));
  process.kill(pid, 'SIGINT');
  process.kill(pid, 'SIGHUP');
  await host.write(spec.epoch, 'alive\r');
  await (await watch(host, spec.epoch)).until('alive');
});

test('SIGTERM ends the terminals, the host and its socket', async () => {
  const host = await hosts.connect();
  const events: PtyHostEvent[] = [];
  const gone = new Promise<void>((resolve) => {
    host.subscribe((event) => {
      events.push(event);
      if (event.type === 'disconnected') resolve();
    });
  });
  const spec = programSpec('/bin/sleep', ['1000']);
  const program = await pidOf(host.spawn(spec));
  const mark = markOf(program);
  process.kill(hostPid(program), 'SIGTERM');
  await gone;
  expect(events.map(({ type }) => type)).toContain('exit');
  expect(mark !== undefined && isAlive(mark)).toBe(false);
  expect(existsSync(path.join(hosts.home, 'pty-host.sock'))).toBe(false);
  await expect(host.list()).rejects.toMatchObject({ code: 'pty_host_unreachable' });
});

test('two daemons that start together get one host', async () => {
  const both = await Promise.all([hosts.connect(), hosts.connect(), hosts.connect()]);
  const spec = programSpec('/bin/cat', []);
  await both[0]?.spawn(spec);
  for (const host of both) expect((await host.list()).map(({ epoch }) => epoch)).toEqual([spec.epoch]);
});

test('a host that was killed leaves a socket file, and the next one takes its place', async () => {
  const host = await hosts.connect();
  const lost = new Promise<PtyHostEvent>((resolve) => {
    host.subscribe((event) => {
      if (event.type === 'disconnected') resolve(event);
    });
  });
  const program = await pidOf(host.spawn(programSpec('/bin/cat', [])));
  process.kill(hostPid(program), 'SIGKILL');
  await lost;
  await expect(host.list()).rejects.toMatchObject({ code: 'pty_host_unreachable' });
  expect(existsSync(path.join(hosts.home, 'pty-host.sock'))).toBe(true);
  const again = await Promise.all([hosts.connect(), hosts.connect()]);
  expect(await again[0]?.list()).toEqual([]);
  const spec = programSpec('/bin/cat', []);
  await again[0]?.spawn(spec);
  expect((await again[1]?.list())?.map(({ epoch }) => epoch)).toEqual([spec.epoch]);
});

test('garbage does not end the host, nor disturb another client', async () => {
  const host = await hosts.connect();
  const spec = programSpec('/bin/cat', []);
  await host.spawn(spec);
  const socketFile = path.join(hosts.home, 'pty-host.sock');
  const rude = new WebSocket(`ws+unix://${socketFile}:/`);
  await once(rude, 'open');
  rude.send('not json');
  rude.send('[1, 2]');
  rude.send('null');
  rude.send(Buffer.from([0xff, 0x00, 0xfe]));
  rude.send(JSON.stringify({ id: 7, method: 'spawn', spec: { file: 5 } }));
  const [answer] = await once(rude, 'message');
  expect(JSON.parse(String(answer))).toMatchObject({ type: 'refusal', id: 7, code: 'input_invalid' });
  rude.send('x'.repeat(9 * 1024 * 1024));
  // Too big: the connection is closed, sometimes before the reason could be read.
  await once(rude, 'close');
  const status = await new Promise((resolve, reject) => {
    http
      .get({ socketPath: socketFile, path: '/' }, (response) => resolve(response.resume().statusCode))
      .once('error', reject);
  });
  expect(status).toBe(426);
  await host.write(spec.epoch, 'fine\r');
  await (await watch(host, spec.epoch)).until('fine');
});

test('unknown epochs are refused in every method', async () => {
  const host = await hosts.connect();
  const { epoch } = programSpec('/bin/cat', []);
  const refused = { code: 'slot_not_running' };
  await expect(host.write(epoch, 'x')).rejects.toMatchObject(refused);
  await expect(host.resize(epoch, 80, 24)).rejects.toMatchObject(refused);
  await expect(host.signal(epoch, 'SIGINT')).rejects.toMatchObject(refused);
  await expect(host.terminate(epoch, 0)).rejects.toMatchObject(refused);
  await expect(host.read(epoch)).rejects.toMatchObject(refused);
  await expect(host.text(epoch)).rejects.toMatchObject(refused);
  await expect(host.forget(epoch)).rejects.toMatchObject(refused);
  await expect(watch(host, epoch)).rejects.toMatchObject(refused);
});

test('a viewer that takes nothing does not make the host grow', async () => {
  const host = await hosts.connect();
  const spec = shell('head -c 60000000 /dev/zero | tr "\\0" "x"; echo; echo THE END; read -r _');
  const pid = hostPid(await pidOf(host.spawn(spec)));
  const slow = await watch(host, spec.epoch, { acknowledge: false });
  const quick = await watch(host, spec.epoch);
  await quick.until('THE END');
  const resident = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  // The host itself needs about 100 MB when it runs from source.
  expect(resident).toBeLessThan(250_000);
  slow.attachment.acknowledge(slow.chunks.at(-1)?.sequence ?? 0);
  await slow.untilSnapshots(2);
  expect(slow.snapshots.at(-1)?.data).toContain('THE END');
});

test('a daemon that an agent started is not ended with the agent', async () => {
  const host = await hosts.connect();
  const spec = shell('sleep 1000 & echo "child $!."; wait');
  const program = await pidOf(host.spawn(spec));
  const seen = await (await watch(host, spec.epoch)).until(/child \d+\./);
  const child = Number(/child (\d+)/.exec(seen)?.[1]);
  const root = { leader: program, mark: markOf(program), entry: `MISSIOND_EPOCH=${spec.epoch}` };
  const pids = (spare: readonly number[]): number[] =>
    processTree({ ...root, spare: new Set(spare) }).map(({ pid }) => pid);
  expect(new Set(pids([]))).toEqual(new Set([program, child]));
  expect(pids([child])).toEqual([program]);
});

test('when nothing answers and nothing may be started, it is said', async () => {
  await expect(connectPtyHost({ home: hosts.home })).rejects.toMatchObject({
    code: 'pty_host_unreachable',
    remedy: expect.stringContaining('daemon'),
  });
  await expect(connectPtyHost({ home: `/tmp/${'x'.repeat(120)}` })).rejects.toMatchObject({
    code: 'config_invalid',
  });
  await expect(connectPtyHost({ home: hosts.home, hostCommand: ['/bin/false'] })).rejects.toMatchObject({
    code: 'pty_host_unreachable',
    remedy: expect.stringContaining('pty-host.log'),
  });
  const given = AbortSignal.abort();
  await expect(
    connectPtyHost({ home: hosts.home, hostCommand: ['/bin/false'], signal: given }),
  ).rejects.toMatchObject({ code: 'cancelled' });
});

test('shutdown ends everything and is not told as a lost connection', async () => {
  const host = await hosts.connect();
  const events: PtyHostEvent[] = [];
  host.subscribe((event) => events.push(event));
  const mark = markOf(await pidOf(host.spawn(programSpec('/bin/sleep', ['1000']))));
  await host.shutdown(100);
  expect(mark !== undefined && isAlive(mark)).toBe(false);
  expect(events.map(({ type }) => type)).not.toContain('disconnected');
  const next = await hosts.connect();
  expect(await next.list()).toEqual([]);
});
