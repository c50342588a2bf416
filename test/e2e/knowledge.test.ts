import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, type Daemon, ended, type World } from './world.ts';

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld({
    permissionsYaml:
      'default: { allow: [mcp__missiond__mission_kb_remember, mcp__missiond__mission_kb_search] }\n',
    slots: [
      { id: 'coder-1', role: 'coder', description: 'codes', extra: { mcp: true } },
      { id: 'researcher-1', role: 'researcher', description: 'reads' },
    ],
  });
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

/** All that the model was sent with a prompt that begins so. */
const sentWith = (prompt: string): string =>
  JSON.stringify(world.model.requests().filter((request) => request.prompt.startsWith(prompt)));

test('what an agent remembers in one session is given to the agent of another slot, with the prompt it bears on', async () => {
  const entry = {
    category: 'memory:ops',
    key: 'warehouse-port',
    summary: 'The warehouse listens on port 4711',
  };
  const learnt = await daemon.client.submit({
    role: 'coder',
    prompt: `tool: mcp__missiond__mission_kb_remember ${JSON.stringify(entry)}`,
  });
  expect(await ended(daemon.client, learnt.taskId)).toMatchObject({ status: 'done' });
  expect((await daemon.client.kbSearch({ query: 'warehouse' })).entries).toMatchObject([entry]);

  const unrelated = await daemon.client.submit({ role: 'researcher', prompt: 'say: good morning' });
  await ended(daemon.client, unrelated.taskId);
  expect(sentWith('say: good morning')).not.toContain('4711');

  const related = await daemon.client.submit({
    role: 'researcher',
    prompt: 'say: is the port of the warehouse open?',
  });
  expect(await ended(daemon.client, related.taskId)).toMatchObject({ status: 'done' });
  expect(sentWith('say: is the port')).toContain('The warehouse listens on port 4711');
  // The person is told what the team knows when the client begins.
  const client = new Client({ name: 'desk', version: '1' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${daemon.port}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${daemon.token}` } },
    }),
  );
  expect(client.getInstructions()).toContain('The warehouse listens on port 4711');
  await client.close();
});

test('a session begins with what its role should know', async () => {
  await daemon.client.kbRemember({
    category: 'role:researcher',
    key: 'sources',
    summary: 'Name the source of every claim',
  });
  await daemon.client.ptyKill({ slotId: 'researcher-1' });
  const asked = await daemon.client.submit({ slotId: 'researcher-1', prompt: 'say: begin' });
  expect(await ended(daemon.client, asked.taskId)).toMatchObject({ status: 'done' });
  expect(sentWith('say: begin')).toContain('Name the source of every claim');
});
