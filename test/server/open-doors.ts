import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type MissionDatabase, openDatabase } from '../../db/open.ts';
import { createStatelyBridge } from '../../inspector/stately.ts';
import { openTokenStore, type TokenStore } from '../../server/auth/token-store.ts';
import { connectMission, type MissionClient } from '../../server/client/connect-mission.ts';
import { composeMission } from '../../server/compose-mission.ts';
import { newToken } from '../../server/daemon-file.ts';
import { buildServer } from '../../server/http/build-server.ts';
import { createConnections } from '../../server/http/connections.ts';
import type { LocalConnections } from '../../server/http/guard.ts';
import { LIMITS, type Limits } from '../../server/http/limits.ts';
import { listen } from '../../server/http/listen.ts';
import { outsideDoorOf } from '../../server/http/outside-door.ts';
import { ensureHome } from '../../services/config/home.ts';
import { GatesSchema } from '../../services/config/protect.ts';
import { loadSlots } from '../../services/config/slots-file.ts';
import { createPermissionStore } from '../../services/permissions/permission-store.ts';
import { createRepositoryProtection } from '../../services/permissions/repository-protection.ts';
import { createInProcessPtyHost } from '../../services/pty/in-process-pty-host.ts';
import { startIngestHere } from './ingest-here.ts';
import { type RawReply, type RawRequest, rawRequest } from './raw-request.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/line-program.mjs', import.meta.url));
const POLICY = 'default:\n  allow: [Read(*)]\n  deny: ["Bash(rm -rf*)"]\nroles: {}\nslots: {}\n';
const Failure = z.object({
  error: z.object({ code: z.string(), message: z.string().min(1), remedy: z.string().min(1).optional() }),
});
const Door = z.object({ hookUrl: z.string(), statusLineUrl: z.string(), token: z.string() });

export interface OpenDoors {
  readonly app: FastifyInstance;
  readonly port: number;
  /** Of the door for others than this machine. */
  readonly outsidePort: number | undefined;
  readonly token: string;
  /** Of others than the owner. */
  readonly tokens: TokenStore;
  readonly home: string;
  readonly socketFile: string;
  readonly client: MissionClient;
  /** How often `POST /api/down` was obeyed. */
  readonly downs: () => number;
  /** What the daemon wrote down as its own errors. */
  readonly errors: () => readonly string[];
  /** The header that the owner sends. */
  readonly owner: Readonly<Record<string, string>>;
  /** A request over TCP with exactly these headers. */
  tcp(request: RawRequest): Promise<RawReply>;
  /** How the program of a slot reaches the daemon. */
  doorOf(slotId: string): z.infer<typeof Door>;
  close(): Promise<void>;
}

/**
 * The doors of a daemon with a real mission behind them, in this process: what is not foreseen fails the test run.
 * The slots `coder-1`, `coder-2` and `researcher-1` run a small program instead of Claude Code.
 */
export async function openDoors(
  options: {
    /** Rows that are there before the mission starts. */
    readonly seed?: (db: MissionDatabase) => void;
    /** `hooks:` of slots.yaml. */
    readonly hooks?: readonly object[];
    /** `listen:` of slots.yaml. */
    readonly listen?: object;
    /** Instead of the usual ones. */
    readonly limits?: Partial<Limits>;
    /** `agents:` of slots.yaml; they run the same small program. */
    readonly agents?: object;
    /** Instead of our own. */
    readonly path?: string;
    /** Further slots, whose roles their names begin with. */
    readonly slots?: readonly string[];
    /** What a person alone may change is protected, as the daemon has it. */
    readonly protects?: boolean;
  } = {},
): Promise<OpenDoors> {
  const database = openDatabase(':memory:');
  options.seed?.(database.db);
  const directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-doors-'));
  const home = path.join(directory, 'home');
  ensureHome(home);
  const slotsFile = path.join(home, 'slots.yaml');
  const slots = ['coder-1', 'coder-2', 'researcher-1', ...(options.slots ?? [])].map((id) => ({
    id,
    role: id.split('-')[0],
    cwd: directory,
    command: PROGRAM,
  }));
  writeFileSync(
    slotsFile,
    stringify({
      slots,
      agents: { command: PROGRAM, ...options.agents },
      hooks: options.hooks ?? [],
      listen: options.listen ?? {},
    }),
  );
  writeFileSync(path.join(home, 'permissions.yaml'), POLICY);
  const file = loadSlots(slotsFile);
  const outside = outsideDoorOf(file.listen);
  const written: string[] = [];
  const logger = pino({ level: 'error' }, { write: (line: string) => void written.push(line) });
  const stately = createStatelyBridge((error) => logger.error({ error: String(error) }, 'inspector'));
  const token = newToken();
  const tokens = openTokenStore(home);
  const socketFile = path.join(home, 'missiond.sock');
  const local: LocalConnections = new WeakSet();
  let port = 0;
  let downs = 0;
  const mission = await composeMission({
    home,
    env: { PATH: options.path ?? process.env['PATH'], HOME: directory, LANG: 'C.UTF-8' },
    file,
    permissions: createPermissionStore(path.join(home, 'permissions.yaml'), {
      ...(options.protects === true
        ? {
            protect: { ...file.protect, gatesOf: () => GatesSchema.parse({}) },
            repository: createRepositoryProtection(),
          }
        : {}),
    }),
    database,
    logger,
    connectHost: async () => createInProcessPtyHost(),
    port: () => port,
    inspect: stately.inspect,
    startIngest: startIngestHere(database.db, directory),
  });
  const limits = { ...LIMITS, ...options.limits };
  const connections = createConnections(limits);
  const app = await buildServer({
    mission,
    token,
    tokens,
    port: () => port,
    local,
    hosts: file.listen.hosts,
    origins: file.listen.origins,
    connections,
    limits,
    version: '0.0.0',
    logger,
    stately,
    onDown: () => {
      downs += 1;
    },
  });
  const doors = await listen(app, {
    port: 0,
    outside: outside === null ? undefined : { ...outside, port: 0 },
    formerPorts: [],
    socketFile,
    local,
    connections,
  });
  port = doors.port;
  await mission.start();
  return {
    app,
    port,
    outsidePort: doors.outsidePort,
    token,
    tokens,
    home,
    socketFile,
    client: connectMission({ url: `http://127.0.0.1:${port}`, token }),
    downs: () => downs,
    errors: () => written,
    owner: { authorization: `Bearer ${token}` },
    tcp: (request) => rawRequest({ port, ...request }),
    doorOf: (slotId) =>
      Door.parse(JSON.parse(readFileSync(path.join(home, 'agents', slotId, 'door.json'), 'utf8'))),
    async close() {
      await doors.close();
      await mission.close({ endAgents: true });
      stately.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The error of a reply; throws when the reply has not the one shape that every error has. */
export function failureOf(reply: RawReply): z.infer<typeof Failure>['error'] {
  return Failure.parse(JSON.parse(reply.body)).error;
}
