import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRealRepository } from '../../services/worktrees/real-repository.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';

const programOf = (name: string): string =>
  fileURLToPath(new URL(`../../../server/cli/${name}.ts`, import.meta.url));
const BY_TSX = ['--import', import.meta.resolve('tsx')];

let doors: OpenDoors;
let person: ReturnType<typeof createRealRepository>;
/** Folders in which somebody may stand. */
const places = new Map<string, string>();
const placeOf = (name: string): string => places.get(name) ?? '/nowhere';
beforeAll(async () => {
  person = createRealRepository();
  doors = await openDoors();
  const daemon = { pid: process.pid, port: doors.port, token: doors.token };
  writeFileSync(path.join(doors.home, 'daemon.json'), JSON.stringify(daemon), { mode: 0o600 });
  await doors.client.repoAdd({ source: person.folder, name: 'project' });
  for (const name of ['fox', 'owl']) {
    const { worker } = await doors.client.workerCreate({ repository: 'project', name });
    await doors.client.ptySpawn({ slotId: worker.slotId });
    places.set(name, worker.worktree);
  }
  places.set('below', path.join(placeOf('fox'), 'src', 'deep'));
  mkdirSync(placeOf('below'), { recursive: true });
  places.set('clone', person.folder);
  places.set('elsewhere', os.tmpdir());
});
afterAll(async () => {
  await doors.close();
  person.close();
});

/** The environment of a person, or of what the agent of a slot starts. */
const environment = (slotId?: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: person.directory,
  MISSIOND_HOME: doors.home,
  ...(slotId === undefined ? {} : { MISSIOND_SLOT_ID: slotId }),
});

/** Says something to the other agent from a place, and returns as whom. */
async function writes(place: string, to: string, slotId?: string): Promise<string | undefined> {
  const body = `from ${place} as ${slotId ?? 'a person'}`;
  const child = spawn(process.execPath, [...BY_TSX, programOf('missiond'), 'message', 'send', to, body], {
    cwd: placeOf(place),
    env: environment(slotId),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect({ said, status }).toEqual({ said: '', status: 0 });
  const { messages } = await doors.client.messageList({ inbox: 'project.owl', limit: 50 });
  return messages.find((message) => message.body === body)?.from;
}

test('what an agent writes is from itself, wherever it stands; a person in its folder is a person', async () => {
  const asked = [
    ['below', 'project.fox', 'slot:project.fox'],
    ['owl', 'project.fox', 'slot:project.fox'],
    ['elsewhere', 'project.fox', 'slot:project.fox'],
    ['below', undefined, 'person'],
    ['clone', undefined, 'person'],
  ] as const;
  const said = await Promise.all(asked.map(([place, slotId]) => writes(place, 'project.owl', slotId)));
  expect(said).toEqual(asked.map(([, , from]) => from));
});

test('the bridge that an agent starts below its worktree is its own', async () => {
  const client = new Client({ name: 'test', version: '1' });
  const args = [...BY_TSX, programOf('mission-mcp')];
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args,
      cwd: placeOf('below'),
      env: environment('project.fox'),
    }),
  );
  const { structuredContent } = await client.callTool({ name: 'mission_whoami', arguments: {} });
  await client.close();
  expect(structuredContent).toMatchObject({ slotId: 'project.fox', worker: { name: 'fox' } });
});
