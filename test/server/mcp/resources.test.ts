import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { TOOL_PROFILES } from '../../../server/tools/profiles.ts';
import { operations } from '../../../server/tools/registry.ts';
import { said } from '../../services/conversations/transcript-lines.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';

const SESSION = '11111111-1111-4111-8111-111111111111';
const Contents = z.object({ contents: z.tuple([z.object({ uri: z.string(), text: z.string() })]) });

let doors: OpenDoors;
let transcript: string;
const clients: Client[] = [];
beforeAll(async () => {
  doors = await openDoors();
  const project = path.join(path.dirname(doors.home), '.claude', 'projects', '-work');
  mkdirSync(project, { recursive: true });
  transcript = path.join(project, `${SESSION}.jsonl`);
  writeFileSync(transcript, said('Why does the parser fail?'));
  await doors.client.conversationBackfill({});
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(async () => {
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

/** A client, and the addresses that it was told of since it asked last. */
async function connect(
  options: { readonly headers?: Readonly<Record<string, string>>; readonly query?: string } = {},
) {
  const client = new Client({ name: 'desk', version: '1' });
  const updated: string[] = [];
  let listsChanged = 0;
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    updated.push(params.uri);
  });
  client.setNotificationHandler(ResourceListChangedNotificationSchema, () => {
    listsChanged += 1;
  });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${doors.port}/mcp${options.query ?? ''}`), {
      requestInit: { headers: options.headers ?? doors.owner },
    }),
  );
  clients.push(client);
  return { client, told: () => updated.splice(0), listsChanged: () => listsChanged };
}

const read = async (client: Client, uri: string): Promise<unknown> =>
  JSON.parse(Contents.parse(await client.readResource({ uri })).contents[0].text);

test('slots, tasks, knowledge and transcripts are listed and read at their addresses', async () => {
  const { client } = await connect();
  const { taskId } = await doors.client.submit({ role: 'coder', prompt: 'say: hi' });
  const { entry } = await doors.client.kbRemember({
    category: 'procedure',
    key: 'release',
    summary: 'Tag, then publish',
  });
  const { resources } = await client.listResources();
  expect(resources.map(({ uri }) => uri)).toEqual(
    expect.arrayContaining([
      'mission://slots/coder-1',
      `mission://tasks/${taskId}`,
      `mission://knowledge/${entry?.id}`,
      `mission://transcripts/${SESSION}`,
    ]),
  );
  const { resourceTemplates } = await client.listResourceTemplates();
  expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
    'mission://slots/{id}',
    'mission://tasks/{id}',
    'mission://knowledge/{id}',
    'mission://transcripts/{id}',
  ]);
  expect(await read(client, 'mission://slots/coder-1')).toMatchObject({ slots: [{ slotId: 'coder-1' }] });
  expect(await read(client, `mission://tasks/${taskId}`)).toMatchObject({ id: taskId, prompt: 'say: hi' });
  expect(await read(client, `mission://knowledge/${entry?.id}`)).toMatchObject({ key: 'release' });
  expect(await read(client, `mission://transcripts/${SESSION}`)).toMatchObject({
    messages: [{ content: 'Why does the parser fail?' }],
  });
});

test('what begins with some letters is offered to complete an address', async () => {
  const { client } = await connect();
  const { completion } = await client.complete({
    ref: { type: 'ref/resource', uri: 'mission://slots/{id}' },
    argument: { name: 'id', value: 'coder' },
  });
  expect(completion.values).toEqual(['coder-1', 'coder-2']);
});

test.each([
  ['mission://slots/ghost', /slot_unknown|ghost/],
  ['mission://tasks/nothing', /nothing/],
  ['mission://secrets/all', /mission:\/\/secrets\/all/],
  ['file:///etc/passwd', /etc\/passwd/],
  ['mission://slots/%E0%A4%A', /./],
  ['mission://transcripts/..%2F..%2Fetc', /./],
])('%s can be neither read nor subscribed to', async (uri, words) => {
  const { client } = await connect();
  await expect(client.readResource({ uri })).rejects.toThrow(words);
  await expect(client.subscribeResource({ uri })).rejects.toThrow(words);
});

test('who subscribes is told of each change of that resource, and of no other, until it has had enough', async () => {
  const { client, told } = await connect();
  const { taskId } = await doors.client.submit({ role: 'researcher', prompt: 'say: one' });
  const uri = `mission://tasks/${taskId}`;
  await client.subscribeResource({ uri });
  await doors.client.cancel({ taskId });
  await vi.waitFor(() => expect(told()).toContain(uri));
  await client.unsubscribeResource({ uri });
  const { entry } = await doors.client.kbRemember({ category: 'memory', key: 'a', summary: 'a' });
  const known = `mission://knowledge/${entry?.id}`;
  await client.subscribeResource({ uri: known });
  told();
  await doors.client.submit({ role: 'researcher', prompt: 'say: another' });
  await doors.client.kbForget({ key: 'a' });
  await vi.waitFor(() => expect(told()).toEqual([known]));
});

test('a transcript that grows is told of, one that is only looked at is not', async () => {
  const { client, told } = await connect();
  const uri = `mission://transcripts/${SESSION}`;
  await client.subscribeResource({ uri });
  await doors.client.conversationBackfill({});
  appendFileSync(transcript, said('And on Mondays?'));
  await doors.client.conversationBackfill({});
  await vi.waitFor(() => expect(told()).toEqual([uri]));
});

test('who was given a list is told once that it is not what it was', async () => {
  const [reader, other] = [await connect(), await connect()];
  await reader.client.listResources();
  await doors.client.submit({ role: 'coder', prompt: 'say: two' });
  await doors.client.submit({ role: 'coder', prompt: 'say: three' });
  await vi.waitFor(() => expect(reader.listsChanged()).toBe(1));
  await reader.client.listResources();
  await doors.client.submit({ role: 'coder', prompt: 'say: four' });
  await vi.waitFor(() => expect(reader.listsChanged()).toBe(2));
  expect(other.listsChanged()).toBe(0);
});

test('a viewer reads no transcripts, which are the words of others', async () => {
  const { token } = doors.tokens.create('viewer', 'guest');
  const { client } = await connect({ headers: { authorization: `Bearer ${token}` } });
  const { resources } = await client.listResources();
  expect(resources.map(({ uri }) => uri)).toContain('mission://slots/coder-1');
  expect(resources.filter(({ uri }) => uri.startsWith('mission://transcripts'))).toEqual([]);
  await expect(client.readResource({ uri: `mission://transcripts/${SESSION}` })).rejects.toThrow(
    /transcripts/,
  );
  await expect(client.subscribeResource({ uri: `mission://transcripts/${SESSION}` })).rejects.toThrow();
});

test('whoever leads has prompts to begin with, whose roles are completed; a viewer has none', async () => {
  const { client } = await connect();
  expect((await client.listPrompts()).prompts.map(({ name }) => name)).toEqual([
    'team',
    'delegate',
    'unblock',
  ]);
  const { messages } = await client.getPrompt({
    name: 'delegate',
    arguments: { work: 'mend the parser', role: 'coder' },
  });
  expect(JSON.stringify(messages)).toMatch(/mend the parser.*role coder/);
  const { completion } = await client.complete({
    ref: { type: 'ref/prompt', name: 'delegate' },
    argument: { name: 'role', value: 'res' },
  });
  expect(completion.values).toEqual(['researcher']);
  const viewer = await connect({
    headers: { authorization: `Bearer ${doors.tokens.create('viewer', 'watcher').token}` },
  });
  expect(viewer.client.getServerCapabilities()?.prompts).toBeUndefined();
});

test('a profile shows a part of the tools, and says so; one that there is not is refused', async () => {
  const names = async (query: string): Promise<readonly string[]> =>
    (await (await connect({ query })).client.listTools()).tools.map(({ name }) => name);
  const [core, worker, full] = [
    await names('?profile=core'),
    await names('?profile=worker'),
    await names('?profile=full'),
  ];
  expect(full).toEqual(operations.map(({ name }) => name));
  expect(core).toEqual(full.filter((name) => TOOL_PROFILES.core.includes(name)));
  expect([core.length, worker.length]).toEqual([TOOL_PROFILES.core.length, TOOL_PROFILES.worker.length]);
  expect(core).toEqual(expect.arrayContaining(['mission_submit', 'mission_status', 'mission_question_list']));
  expect(core).not.toContain('mission_kb_gc');
  expect(core.length).toBeLessThan(full.length / 3);
  expect(worker).toEqual(expect.arrayContaining(['mission_whoami', 'mission_done', 'mission_message_send']));
  expect(worker).not.toContain('mission_submit');
  const { client } = await connect({ query: '?profile=core' });
  expect(client.getInstructions()).toContain('--profile full');
  await expect(names('?profile=everything')).rejects.toThrow(/core, worker, full/);
});
