import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectMission, type MissionClient } from '../../server/client/connect-mission.ts';
import { createEmbeddedHome, type EmbeddedHome, type EmbeddedSlot } from '../../server/demo/embedded-home.ts';
import { ensureClaudeCode } from '../../services/claude/install.ts';
import {
  type ScriptedModel,
  startScriptedModel,
} from '../../services/scripted-model/start-scripted-model.ts';
import type { ReportedUsage } from '../../services/scripted-model/stream-reply.ts';

/** The built program: what a user runs. `npm test` builds before it tests. */
export const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
export const CLI = path.join(DIST, 'server', 'cli', 'missiond.js');

const POLICY = `default:
  allow: [Read(*)]
  deny: ["Bash(rm -rf*)"]
roles:
  coder:
    allow: [Write(*), "Bash(echo *)", "Bash(sleep *)"]
    confirm: ["Bash(touch*)"]
slots: {}
`;

export const SLOTS: readonly EmbeddedSlot[] = [
  { id: 'coder-1', role: 'coder', description: 'codes' },
  { id: 'researcher-1', role: 'researcher', description: 'reads' },
];

export interface Daemon {
  readonly pid: number;
  readonly port: number;
  readonly token: string;
  readonly client: MissionClient;
  /** SIGKILL, as a crash. */
  kill9(): Promise<void>;
}

export interface World extends EmbeddedHome {
  readonly model: ScriptedModel;
  readonly env: NodeJS.ProcessEnv;
  start(env?: Readonly<Record<string, string>>): Promise<Daemon>;
  /** Ends everything and says which processes of this world were still there. */
  close(): Promise<readonly string[]>;
}

/** Command lines of the living processes that mention a folder. */
export function processesOf(directory: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return command.includes(directory) || environment.includes(directory) ? [`${pid} ${command}`] : [];
      } catch {
        return [];
      }
    });
}

/** The host of terminals ends behind its daemon, on a busy machine a while behind it. Milliseconds. */
const ENDS_WITHIN_MS = 10_000;

/** Those that are still there when everything has had its time to end. */
async function leftBehind(directory: string): Promise<readonly string[]> {
  const until = Date.now() + ENDS_WITHIN_MS;
  for (;;) {
    const left = processesOf(directory);
    if (left.length === 0 || Date.now() > until) return left;
    await sleep(50);
  }
}

interface Ready {
  readonly pid: number;
  readonly port: number;
}

/** The first line of a daemon's output is its address; a daemon that ends before is an error with what it said. */
async function readReady(child: ChildProcess): Promise<Ready> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (data) => {
      said += String(data);
    });
    child.stdout?.on('data', (data) => {
      said += String(data);
      const line = said.split('\n').find((text) => text.startsWith('{"running"'));
      if (line !== undefined) resolve(JSON.parse(line));
    });
    child.once('exit', (code) => reject(new Error(`the daemon ended with ${code}: ${said}`)));
  });
}

/** A daemon of its own, with real Claude Code sessions against a scripted model, everything below one temporary folder. */
export async function createWorld(
  options: {
    readonly slots?: readonly EmbeddedSlot[];
    readonly permissionsYaml?: string;
    readonly claudeFile?: string;
    /** More of slots.yaml. */
    readonly settings?: Readonly<Record<string, unknown>>;
    /** What answers of the model are said to have used. */
    readonly usageOf?: (id: number, inputTokens: number) => ReportedUsage;
    /** What the model does before the words say so. */
    readonly script?: NonNullable<Parameters<typeof startScriptedModel>[0]>['script'];
  } = {},
): Promise<World> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-test-'));
  const { usageOf, script } = options;
  const model = await startScriptedModel({
    ...(usageOf === undefined ? {} : { usageOf }),
    ...(script === undefined ? {} : { script }),
  });
  const claudeFile = options.claudeFile ?? (await ensureClaudeCode()).file;
  const embedded = createEmbeddedHome({
    directory,
    claudeFile,
    modelUrl: model.url,
    slots: options.slots ?? SLOTS,
    permissionsYaml: options.permissionsYaml ?? POLICY,
    settings: options.settings ?? {},
  });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: path.join(directory, 'person'),
    LANG: 'C.UTF-8',
    MISSIOND_HOME: embedded.home,
    MISSION_WS_PORT: '0',
  };
  const children = new Set<ChildProcess>();
  return {
    ...embedded,
    model,
    env,
    async start(more = {}) {
      const child = spawn(process.execPath, [CLI, 'up', '--foreground', '--json', '--home', embedded.home], {
        env: { ...env, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      children.add(child);
      const { pid, port } = await readReady(child);
      const { token } = JSON.parse(readFileSync(path.join(embedded.home, 'daemon.json'), 'utf8'));
      return {
        pid,
        port,
        token,
        client: connectMission({ home: embedded.home }),
        async kill9() {
          const ended = once(child, 'exit');
          child.kill('SIGKILL');
          await ended;
        },
      };
    },
    async close() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
      await model.close();
      const left = await leftBehind(directory);
      for (const line of left) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
      rmSync(directory, { recursive: true, force: true });
      return left;
    },
  };
}

/** The first event that fits, from now on or after `since`. */
export async function eventOf<Found>(
  client: MissionClient,
  find: (
    event: Awaited<ReturnType<ReturnType<MissionClient['events']>['next']>>['value'],
  ) => Found | undefined,
  since = 0,
): Promise<Found> {
  const stop = new AbortController();
  try {
    for await (const event of client.events({ since, signal: stop.signal })) {
      const found = find(event);
      if (found !== undefined) return found;
    }
    throw new Error('the daemon went away before the event came');
  } finally {
    stop.abort();
  }
}

const OVER: readonly string[] = ['done', 'failed', 'cancelled'];

/** Resolves when Claude Code has taken the task's prompt; rejects when the task ends without that. */
export async function running(client: MissionClient, taskId: string): Promise<void> {
  const task = await eventOf(client, (event) =>
    event?.type === 'task_changed' &&
    event.task.id === taskId &&
    ['running', ...OVER].includes(event.task.status)
      ? event.task
      : undefined,
  );
  if (task.status !== 'running')
    throw new Error(`The task was never seen running: ${task.status} ${task.error}`);
}

/** The task once it has ended. */
export function ended(client: MissionClient, taskId: string) {
  return eventOf(client, (event) =>
    event?.type === 'task_changed' && event.task.id === taskId && OVER.includes(event.task.status)
      ? event.task
      : undefined,
  );
}
