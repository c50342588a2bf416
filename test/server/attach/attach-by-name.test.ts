import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createInProcessPtyHost } from '../../../services/pty/in-process-pty-host.ts';
import { shell, watch } from '../../services/pty/terminal-fixture.ts';
import { createRealRepository } from '../../services/worktrees/real-repository.ts';
import { runCli } from '../cli/run-cli.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';
import { openViewer } from '../ws/open-viewer.ts';

const PROGRAM = fileURLToPath(new URL('../../../server/cli/missiond.ts', import.meta.url));

let person: ReturnType<typeof createRealRepository>;
let doors: OpenDoors;
const host = createInProcessPtyHost();
beforeAll(async () => {
  person = createRealRepository();
  doors = await openDoors();
  writeFileSync(
    path.join(doors.home, 'daemon.json'),
    JSON.stringify({ pid: process.pid, port: doors.port, token: doors.token }),
    { mode: 0o600 },
  );
  await doors.client.repoAdd({ source: person.folder });
  await doors.client.workerCreate({ kind: 'workspace', repository: 'project', name: 'calm-fox' });
});
afterAll(async () => {
  await host.disconnect();
  await doors.close();
  person.close();
});

/** A person's terminal in which one command of missiond runs, left with Ctrl-b d once the agent's own is seen. */
async function seenBy(command: string): Promise<string> {
  const program = [process.execPath, '--import', import.meta.resolve('tsx'), PROGRAM].join(' ');
  const spec = shell(`${program} ${command} --home ${doors.home}\necho "exit code $?"`);
  await host.spawn(spec);
  const terminal = await watch(host, spec.epoch);
  await terminal.until('ready');
  await host.write(spec.epoch, '\x02d');
  return await terminal.until('exit code');
}

test('a workspace is connected to: its session is begun and its terminal is there', async () => {
  const end = await seenBy('workspace connect calm-fox --repo project');
  expect(end).toContain('[left project.calm-fox; the session goes on]');
  expect(end).toContain('exit code 0');
  const [slot] = (await doors.client.ptyStatus({ slotId: 'project.calm-fox' })).slots;
  expect(slot?.status).not.toBe('stopped');
});

test.each(['calm-fox', 'project/calm-fox', 'project.calm-fox'])(
  'its terminal is attached to as %s',
  async (name) => {
    expect(await seenBy(`attach ${name} --read-only`)).toContain('exit code 0');
  },
);

test('where there is no terminal, the command is said that attaches', async () => {
  expect(
    await runCli(['workspace', 'connect', 'calm-fox', '--repo', 'project', '--home', doors.home]),
  ).toEqual({
    status: 0,
    out: 'missiond attach project.calm-fox\n',
    err: '',
  });
});

test('one that sleeps is woken, and its session begun', async () => {
  await doors.client.workerCreate({ kind: 'workspace', repository: 'project', name: 'blue-jay' });
  await doors.client.hibernate({ repository: 'project', name: 'blue-jay' });
  const isThere = async () =>
    (await doors.client.ptyStatus({})).slots.some(({ slotId }) => slotId === 'project.blue-jay');
  await expect.poll(isThere).toBe(false);
  expect(await runCli(['workspace', 'connect', 'blue-jay', '--home', doors.home])).toEqual({
    status: 0,
    out: 'missiond attach project.blue-jay\n',
    err: '',
  });
  expect(await doors.client.worker({ name: 'blue-jay' })).toMatchObject({ status: 'active' });
  const [slot] = (await doors.client.ptyStatus({ slotId: 'project.blue-jay' })).slots;
  expect(slot?.status).not.toBe('stopped');
});

/** What somebody is told who wants to attach to it. */
async function refusal(name: string): Promise<Record<string, unknown>> {
  const viewer = await openViewer(doors, `/pty/${name}`);
  const said = await viewer.until(({ type }) => type === 'error');
  expect(await viewer.closed).toBe(4001);
  return said;
}

test.each([
  ['clam-fox', 'Did you mean calm-fox?'],
  ['coder', 'Did you mean coder-1 or coder-2?'],
  ['zebra', '`missiond status` and `missiond workers` name all of them.'],
])('to %s is said: %s', async (name, words) => {
  expect(await refusal(name)).toMatchObject({
    code: 'slot_unknown',
    message: expect.stringContaining(words),
  });
});

test('several of one name are told apart, and one that sleeps is said to sleep', async () => {
  const other = createRealRepository();
  try {
    await doors.client.repoAdd({ source: other.folder, name: 'other' });
    for (const repository of ['project', 'other'])
      await doors.client.workerCreate({ kind: 'workspace', repository, name: 'red-owl' });
    await doors.client.repoUse({ repository: null });
    expect(await refusal('red-owl')).toMatchObject({
      code: 'agent_unknown',
      message: expect.stringMatching(/Say which: .*other\/red-owl/),
    });
    await doors.client.hibernate({ repository: 'other', name: 'red-owl' });
    expect(await refusal('other.red-owl')).toMatchObject({
      code: 'slot_not_running',
      message: expect.stringContaining('missiond hibernate red-owl --repo other --wake'),
    });
  } finally {
    other.close();
  }
});
