import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentView } from '../../actors/agents/agent-views.ts';
import { createRealRepository } from '../services/worktrees/real-repository.ts';
import { runCli } from './cli/run-cli.ts';
import { type OpenDoors, openDoors } from './open-doors.ts';

let doors: OpenDoors;
let person: ReturnType<typeof createRealRepository>;
beforeEach(async () => {
  person = createRealRepository();
  doors = await openDoors();
  await doors.client.repoAdd({ source: person.folder, name: 'project' });
  await doors.client.repoConfig({
    repository: 'project',
    set: {
      copy: ['.env'],
      ports: 2,
      setup: 'test -f .env && mkdir build && echo "$PORT" > build/port || exit 3',
    },
  });
  person.write('.gitignore', 'build/\n.env\n');
  person.git(['commit', '-qam', 'ignores']);
  person.write('.env', 'A=1');
});
afterEach(async () => {
  await doors.close();
  person.close();
});

const HOW = {
  'the command line': async (name: string) => {
    const argv = ['work', 'say it', '--repo', 'project', '--name', name, '--home', doors.home];
    expect(await runCli(argv)).toMatchObject({ status: 0 });
  },
  'missiond roles spawn': async (name: string) => {
    const argv = ['roles', 'spawn', 'worker', '--task', 'say it', '--repo', 'project', '--name', name];
    expect(await runCli([...argv, '--home', doors.home])).toMatchObject({ status: 0 });
  },
  REST: async (name: string) => {
    await doors.client.workerCreate({ task: 'say it', repository: 'project', name });
  },
  MCP: async (name: string) => {
    const client = new Client({ name: 'test', version: '1' });
    const requestInit = { headers: doors.owner };
    const url = new URL(`http://127.0.0.1:${doors.port}/mcp`);
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
    const answer = await client.callTool({
      name: 'mission_worker_create',
      arguments: { task: 'say it', repository: 'project', name },
    });
    expect(answer.isError).toBeUndefined();
    await client.close();
  },
} as const;

/** What there is of an agent, but for what is its own: name, ports, times, ids, and who asked for it. */
async function made(name: string) {
  const { workers } = await doors.client.workers({ repository: 'project' });
  const worker = workers.find((one) => one.name === name);
  const { tasks } = await doors.client.tasks({});
  const { createdBy, createdAt, portBlock, taskId, ...same }: Partial<AgentView> = worker ?? {};
  const task = tasks.find(({ id }) => id === taskId);
  return JSON.parse(
    JSON.stringify({
      ...same,
      state: undefined,
      taskStatus: undefined,
      hasPorts: portBlock !== undefined,
      task: { prompt: task?.prompt, role: task?.role },
      git: person.git(['log', '-g', '--format=%gs', `work/${name}`]),
      upstream: person.git(['for-each-ref', '--format=%(upstream)', `refs/heads/work/${name}`]),
      files: person.git(['status', '--porcelain', '--ignored'], worker?.worktree),
    }).replaceAll(name, 'NAME'),
  );
}

test('whoever asks for an agent, by whatever door, gets the same one', async () => {
  const all = [];
  for (const [index, make] of Object.values(HOW).entries()) {
    await make(`fox-${index}`);
    all.push(await made(`fox-${index}`));
  }
  expect(all[0]).toMatchObject({
    status: 'active',
    branch: 'work/NAME',
    hasPorts: true,
    task: { prompt: 'say it' },
    files: expect.stringContaining('!! .env'),
  });
  for (const other of all) expect(other).toEqual(all[0]);
});
