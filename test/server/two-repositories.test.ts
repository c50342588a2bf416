import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { RunningMission } from '../../actors/mission/create-mission.ts';
import { AgentName, RepositoryName } from '../../db/ids.ts';
import { openDatabase } from '../../db/open.ts';
import { composeMission } from '../../server/compose-mission.ts';
import { ensureHome } from '../../services/config/home.ts';
import { loadSlots } from '../../services/config/slots-file.ts';
import { createPermissionStore } from '../../services/permissions/permission-store.ts';
import { createInProcessPtyHost } from '../../services/pty/in-process-pty-host.ts';
import type { PtySpec } from '../../services/pty/pty-host.ts';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { startIngestHere } from './ingest-here.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../fixtures/line-program.mjs');
const never: AbortSignal = new AbortController().signal;
/** Names that are beginnings of each other, as repositories of a person are. */
const NAMES = ['shop', 'shop-2', 'shop.2'] as const;
const FOX = AgentName.parse('fox');

let home: string;
let running: RunningMission | undefined;
/** How the program of each slot was started last. */
const started = new Map<string, PtySpec>();
const repositories = new Map<string, ReturnType<typeof createRealRepository>>();

/** Another daemon over the same home. */
async function daemon(): Promise<RunningMission> {
  await running?.close({ endAgents: true });
  started.clear();
  const database = openDatabase(path.join(home, 'mission.db'));
  const host = createInProcessPtyHost();
  running = await composeMission({
    home,
    env: { PATH: process.env['PATH'], HOME: home, LANG: 'C.UTF-8' },
    file: loadSlots(path.join(home, 'slots.yaml')),
    permissions: createPermissionStore(path.join(home, 'permissions.yaml')),
    database,
    logger: pino({ level: 'silent' }),
    connectHost: async () => ({
      ...host,
      spawn(spec) {
        started.set(spec.slotId, spec);
        return host.spawn(spec);
      },
    }),
    port: () => 9,
    inspect: () => {},
    startIngest: startIngestHere(database.db, home),
  });
  await running.start();
  return running;
}

beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'missiond-two-'));
  ensureHome(home);
  writeFileSync(path.join(home, 'slots.yaml'), stringify({ slots: [], agents: { command: PROGRAM } }));
  writeFileSync(path.join(home, 'permissions.yaml'), 'default: {}\nroles: {}\nslots: {}\n');
  for (const name of NAMES) repositories.set(name, createRealRepository());
});
afterEach(async () => {
  await running?.close({ endAgents: true });
  running = undefined;
  for (const repository of repositories.values()) repository.close();
  rmSync(home, { recursive: true, force: true });
});

function define(repository: string, words: string): void {
  repositories
    .get(repository)
    ?.write(
      '.missiond/agents/worker.md',
      `---\npermissions: { deny: ["Bash(of-${words} *)"] }\n---\nYou are the one of ${words}.\n`,
    );
}

/** What the session of the fox of a repository was told of itself: its role's words, and the rules of its settings. */
function toldTo(repository: string) {
  const { args = [], cwd = '' } = started.get(`${repository}.fox`) ?? {};
  const after = (option: string): string => args[args.indexOf(option) + 1] ?? '';
  const rules = readFileSync(after('--settings'), 'utf8');
  return {
    prompt: after('--append-system-prompt'),
    denies: [...rules.matchAll(/Bash\(of-([\w.-]+) /g)].map(([, words]) => words),
    cwd: path.relative(path.join(home, 'worktrees'), cwd),
  };
}
const expected = (repository: string, words: string) => ({
  prompt: expect.stringContaining(`You are the one of ${words}.`),
  denies: [words],
  cwd: path.join(repository, 'fox'),
});

test('agents of one name in repositories of like names have each the words and the rules of their own, over restarts', async () => {
  for (const name of NAMES) define(name, name);
  let mission = await daemon();
  for (const name of NAMES) {
    const source = repositories.get(name)?.folder ?? '';
    await mission.repositories.add(
      { source, name: RepositoryName.parse(name), timeoutMs: 60_000 },
      { signal: never, progress() {} },
    );
  }
  for (const name of NAMES)
    await mission.workers.create({ which: { repository: name }, name: FOX, submitter: 'test' }, never);
  const start = async () => {
    for (const name of NAMES) await mission.spawn(mission.workers.get({ name: `${name}/fox` }).slotId, {});
  };
  await start();
  for (const name of NAMES) expect(toldTo(name)).toEqual(expected(name, name));

  // One of them changes while no daemon runs, another has none any more.
  await mission.close({ endAgents: true });
  running = undefined;
  define('shop', 'shop-anew');
  rmSync(path.join(repositories.get('shop.2')?.folder ?? '', '.missiond'), { recursive: true });
  mission = await daemon();
  await start();
  expect(toldTo('shop')).toEqual(expected('shop', 'shop-anew'));
  expect(toldTo('shop-2')).toEqual(expected('shop-2', 'shop-2'));
  expect(toldTo('shop.2')).toMatchObject({
    prompt: expect.stringContaining('You are a worker.'),
    denies: [],
  });
  expect(toldTo('shop.2').prompt).not.toContain('You are the one of');
});
