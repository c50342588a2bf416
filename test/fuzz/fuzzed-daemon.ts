import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { connectMission, type MissionClient } from '../../server/client/connect-mission.ts';
import { footprintOf, processesOfRun, sendSignal } from '../chaos/processes.ts';
import { CLI } from '../e2e/world.ts';
import { type RawReply, type RawRequest, rawRequest } from '../server/raw-request.ts';
import { type InspectedProcess, inspectProcess } from './memory-of.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/line-program.mjs', import.meta.url));
const POLICY =
  'default:\n  allow: [Read(*)]\n  confirm: ["Bash(touch*)"]\n  deny: ["Bash(rm -rf*)"]\nroles: {}\nslots: {}\n';
const Ready = z.object({ pid: z.number(), port: z.number() });
const Door = z.object({ hookUrl: z.string(), statusLineUrl: z.string(), token: z.string() });
/** Nobody works the queue off. */
const MOST_QUEUED = 50;

/** What the processes of a daemon hold once everything has settled. */
export interface Held {
  /** Of the heap of the daemon, garbage collected. */
  readonly megabytes: number;
  readonly descriptors: number;
  readonly hostMegabytes: number;
  readonly hostDescriptors: number;
}

/** The built daemon in a process of its own; its slots `coder-1`, `coder-2`, `researcher-1` run a small program. */
export interface FuzzedDaemon {
  readonly directory: string;
  readonly home: string;
  readonly port: number;
  readonly token: string;
  readonly socketFile: string;
  readonly client: MissionClient;
  readonly env: NodeJS.ProcessEnv;
  readonly owner: Readonly<Record<string, string>>;
  /** A request over TCP with exactly these headers. */
  tcp(request: RawRequest): Promise<RawReply>;
  /** How the program of a slot reaches the daemon. */
  doorOf(slotId: string): z.infer<typeof Door>;
  held(): Promise<Held>;
  /** What the daemon and its host have written down as their own errors. */
  errors(): readonly string[];
  /** Ends it; it is an error when it has ended before. */
  close(): Promise<void>;
}

function createHome(hooks: readonly object[]): { readonly directory: string; readonly home: string } {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-fuzz-'));
  const home = path.join(directory, 'home');
  mkdirSync(home, { mode: 0o700 });
  const slots = ['coder-1', 'coder-2', 'researcher-1'].map((id) => ({
    id,
    role: id.split('-')[0],
    cwd: directory,
    command: PROGRAM,
  }));
  writeFileSync(path.join(home, 'slots.yaml'), stringify({ slots, hooks, maxQueued: MOST_QUEUED }));
  writeFileSync(path.join(home, 'permissions.yaml'), POLICY);
  return { directory, home };
}

/** The first line that fits of what a program says. */
async function lineOf(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    const hear = (data: unknown): void => {
      said += String(data);
      const found = pattern.exec(said)?.[0];
      if (found !== undefined) resolve(found);
    };
    stream.on('data', hear);
    stream.once('end', () => reject(new Error(`it has ended: ${said}`)));
  });
}

const Logged = z.looseObject({ level: z.number() });
const LEVEL_ERROR = 50;

/** Of the lines that no logger wrote, those of a failure count: xterm says there that a busy machine kept it waiting. */
function isError(line: string): boolean {
  try {
    return Logged.parse(JSON.parse(line)).level >= LEVEL_ERROR;
  } catch {
    return /Error|^\s+at /.test(line);
  }
}

/** @param hooks `hooks:` of slots.yaml */
export async function startFuzzedDaemon(hooks: readonly object[] = []): Promise<FuzzedDaemon> {
  const { directory, home } = createHome(hooks);
  const env = { PATH: process.env['PATH'] ?? '', HOME: directory, LANG: 'C.UTF-8', MISSION_WS_PORT: '0' };
  const child = spawn(
    process.execPath,
    ['--inspect=127.0.0.1:0', CLI, 'up', '--foreground', '--json', '--home', home],
    { env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [ready, inspector] = await Promise.all([
    lineOf(child.stdout, /\{"running".*\}(?=\n)/),
    lineOf(child.stderr, /ws:\/\/\S+(?=\n)/),
  ]);
  const { pid, port } = Ready.parse(JSON.parse(ready));
  const inspected: InspectedProcess = await inspectProcess(inspector);
  const { token } = JSON.parse(readFileSync(path.join(home, 'daemon.json'), 'utf8'));
  const client = connectMission({ home });
  const host = () => processesOfRun(directory).filter(({ kind }) => kind === 'host');
  const [firstHost] = host();

  const errorsIn = (file: string): readonly string[] =>
    readFileSync(path.join(home, 'logs', file), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && isError(line));

  return {
    directory,
    home,
    port,
    token,
    socketFile: path.join(home, 'missiond.sock'),
    client,
    env,
    owner: { authorization: `Bearer ${token}` },
    tcp: (request) => rawRequest({ port, ...request }),
    doorOf: (slotId) =>
      Door.parse(JSON.parse(readFileSync(path.join(home, 'agents', slotId, 'door.json'), 'utf8'))),
    async held() {
      const megabytes = await inspected.heldMegabytes();
      expect(child.exitCode, 'the daemon lives').toBeNull();
      const [hostNow] = host();
      expect(hostNow?.pid, 'the pty host lives').toBe(firstHost?.pid);
      const [ofDaemon, ofHost] = [footprintOf(pid), footprintOf(hostNow?.pid ?? 0)];
      return {
        megabytes: Math.round(megabytes),
        descriptors: ofDaemon?.descriptors ?? 0,
        hostMegabytes: ofHost?.residentMegabytes ?? 0,
        hostDescriptors: ofHost?.descriptors ?? 0,
      };
    },
    // A hook that cannot be read is written down, too; it is the fault of whoever sent it.
    errors: () =>
      [...errorsIn('missiond.log'), ...errorsIn('pty-host.log')].filter(
        (line) => !line.includes('a hook failed'),
      ),
    async close() {
      inspected.close();
      expect(child.exitCode, 'the daemon has not ended before').toBeNull();
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      for (const left of processesOfRun(directory)) sendSignal(left.pid, 'SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
