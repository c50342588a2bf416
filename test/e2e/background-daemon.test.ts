import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freePort } from '../server/free-port.ts';
import { CLI, processesOf } from './world.ts';

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'missiond-up-'));
  env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    MISSIOND_HOME: path.join(folder, 'home'),
    MISSION_WS_PORT: '0',
  };
});
afterEach(async () => {
  try {
    // `down` waits for the home; the process ends a moment later.
    await vi.waitFor(() => expect(processesOf(folder)).toEqual([]), { timeout: 30_000 });
  } finally {
    for (const line of processesOf(folder)) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function missiond(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [CLI, ...args], { env: { ...env, ...more } }, (_, out, err) =>
      resolve({ status: child.exitCode, out, err }),
    );
  });
}
const home = (): string => path.join(folder, 'home');
const ADDRESS = /#token=(\S+)/;

test('a daemon in the background: no token in a log, nothing of its home for others', async () => {
  const { status, out } = await missiond(['up']);
  expect(status).toBe(0);
  const token = ADDRESS.exec(out)?.[1] ?? 'none';
  for (const log of readdirSync(path.join(home(), 'logs')))
    expect(readFileSync(path.join(home(), 'logs', log), 'utf8')).not.toContain(token);
  const open = readdirSync(home()).filter((name) => (statSync(path.join(home(), name)).mode & 0o077) !== 0);
  expect(open).toEqual([]);
  expect((await missiond(['down'])).status).toBe(0);
});

test('two that are started at once are one', async () => {
  const both = await Promise.all([missiond(['up']), missiond(['up'])]);
  expect(both.map(({ status, err }) => ({ status, err }))).toEqual([
    { status: 0, err: '' },
    { status: 0, err: '' },
  ]);
  expect(new Set(both.map(({ out }) => ADDRESS.exec(out)?.[1])).size).toBe(1);
  await missiond(['down']);
});

test('a failed start tells its own reason, and none of those before', async () => {
  const slotsFile = path.join(folder, 'slots.yaml');
  writeFileSync(slotsFile, 'slots:\n  - id: a\n    rolle: coder\n');
  const first = await missiond(['up'], { MISSION_SLOTS_CONFIG: slotsFile });
  expect(first).toMatchObject({ status: 1, out: '' });
  expect(first.err).toContain('slots.yaml:3:5');
  const port = await freePort();
  const other = net.createServer().listen(port, '127.0.0.1');
  const second = await missiond(['up'], { MISSION_WS_PORT: String(port) });
  other.close();
  expect(second.err).toMatch(
    new RegExp(
      `^missiond: The daemon did not start: Port ${port} on 127\\.0\\.0\\.1 is used[^\\n]*\\n {2}→ [^\\n]*MISSION_WS_PORT[^\\n]*\\n$`,
    ),
  );
});

test.each([
  ['a home that is a file', () => ({ MISSIOND_HOME: CLI }), 'Take away what stands in its place'],
  [
    'a slots.yaml that cannot be written',
    () => ({ MISSION_SLOTS_CONFIG: '/nope/slots.yaml' }),
    'Make its folder',
  ],
])('%s is told with what to do', async (_, more, remedy) => {
  const { status, err } = await missiond(['up'], more());
  expect(status).toBe(1);
  expect(err).toMatch(/^missiond: .*\n {2}→ .*\n$/);
  expect(err).toContain(remedy);
});

test('a daemon that does not answer is told, not waited for; when it wakes all is well', async () => {
  await missiond(['up']);
  const { pid } = JSON.parse(readFileSync(path.join(home(), 'daemon.json'), 'utf8'));
  process.kill(pid, 'SIGSTOP');
  const [up, status, doctor] = await Promise.all([
    missiond(['up']),
    missiond(['status']),
    missiond(['doctor', '--json']),
  ]);
  process.kill(pid, 'SIGCONT');
  for (const ran of [up, status]) {
    expect(ran).toMatchObject({ status: 1, out: '' });
    expect(ran.err).toContain(`(process ${pid}) does not answer`);
  }
  expect(JSON.parse(doctor.out).findings).toContainEqual(
    expect.objectContaining({ check: 'daemon', result: 'fail' }),
  );
  expect((await missiond(['down'])).status).toBe(0);
});
