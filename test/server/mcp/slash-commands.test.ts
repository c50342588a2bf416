import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type OpenDoors, openDoors } from '../open-doors.ts';

const Prompt = z.object({
  messages: z.tuple([z.looseObject({ content: z.object({ type: z.literal('text'), text: z.string() }) })]),
});

let doors: OpenDoors;
let agent: Client;
beforeAll(async () => {
  doors = await openDoors();
  await doors.client.ptySpawn({ slotId: 'coder-1' });
  agent = await clientOf({ authorization: `Bearer ${doors.doorOf('coder-1').token}` });
});
afterAll(async () => {
  await agent.close();
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

async function clientOf(headers: Readonly<Record<string, string>>): Promise<Client> {
  const client = new Client({ name: 'claude-code', version: '1' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${doors.port}/mcp`), {
      requestInit: { headers },
    }),
  );
  return client;
}
const namesOf = async (client: Client) => (await client.listPrompts()).prompts.map(({ name }) => name).sort();
const wordsOf = async (name: string) =>
  Prompt.parse(await agent.getPrompt({ name })).messages[0].content.text;

test('an agent has commands for what it may do, with what they say now', async () => {
  expect(await namesOf(agent)).toEqual([
    'ask',
    'done',
    'hand-over',
    'messages',
    'refresh',
    'status',
    'workers',
  ]);
  expect(await wordsOf('status')).toContain('"slotId": "coder-1"');
  await doors.client.messageSend({ to: 'coder-1', body: 'the port is 4711' });
  expect(await wordsOf('messages')).toContain('the port is 4711');
  expect(await wordsOf('done')).toContain('mission_done');
});

test('what cannot be carried out says why, in the same place', async () => {
  expect(await wordsOf('refresh')).toMatch(/could not be carried out.*coder-1 is no agent of a repository/);
});

test('a rule that takes a tool away takes its command, too, and nobody else has them', async () => {
  await doors.client.permissionSetRole({
    role: 'coder',
    rule: { allow: [], confirm: [], deny: ['mcp__missiond__mission_hand_over'] },
  });
  const again = await clientOf({ authorization: `Bearer ${doors.doorOf('coder-1').token}` });
  expect(await namesOf(again)).not.toContain('hand-over');
  await again.close();
  const owner = await clientOf(doors.owner);
  for (const name of await namesOf(owner)) expect(['team', 'delegate', 'unblock']).toContain(name);
  await owner.close();
});
