import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { operations } from '../../../server/tools/registry.ts';
import { runCli } from '../cli/run-cli.ts';
import { failureOf, type OpenDoors, openDoors } from '../open-doors.ts';
import { openSocket } from '../raw-request.ts';

const Made = z.object({ token: z.string().min(40), id: z.uuid(), name: z.string() });
const Called = z.looseObject({
  isError: z.boolean().optional(),
  content: z.tuple([z.looseObject({ text: z.string() })]),
});

let doors: OpenDoors;
const clients: Client[] = [];
beforeAll(async () => {
  doors = await openDoors();
  await doors.client.ptySpawn({ slotId: 'coder-1' });
  await doors.client.ptySpawn({ slotId: 'coder-2' });
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  expect(doors.errors()).toEqual([]);
  await doors.close();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const tokenOf = (role: 'viewer' | 'orchestrator') => doors.tokens.create(role, undefined).token;
const call = (name: string, token: string, input: object = {}) =>
  doors.tcp({
    path: `/api/tools/${name}`,
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });

async function mcp(token: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${doors.port}/mcp`), {
      requestInit: { headers: bearer(token) },
    }),
  );
  clients.push(client);
  return client;
}
const toolsOf = async (client: Client) => (await client.listTools()).tools.map(({ name }) => name).sort();
const ask = async (client: Client, name: string, input: Record<string, unknown>) =>
  Called.parse(await client.callTool({ name, arguments: input }));

async function socketOf(address: string, token: string): Promise<WebSocket> {
  const socket = await openSocket(`ws://127.0.0.1:${doors.port}${address}`, [], bearer(token));
  if (!(socket instanceof WebSocket)) throw new Error(`refused with ${socket}`);
  return socket;
}

describe('a token is made, listed and revoked by the command line', () => {
  const cli = (...argv: string[]) => runCli(['token', ...argv, '--home', doors.home]);

  test('it is printed once, kept as its hash in a file of the owner, and opens nothing when revoked', async () => {
    const made = Made.parse(
      JSON.parse((await cli('create', '--role', 'viewer', '--name', 'wall', '--json')).out),
    );
    const file = path.join(doors.home, 'tokens.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain(made.token);
    expect((await cli('list')).out).toContain('wall');
    expect((await cli('list', '--json')).out).not.toContain(made.token);
    expect((await call('mission_slots', made.token)).status).toBe(200);
    const socket = await socketOf('/tasks', made.token);
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    expect((await cli('revoke', 'wall')).status).toBe(0);
    expect((await call('mission_slots', made.token)).status).toBe(401);
    expect(await closed).toBe(4005);
  });

  test.each([
    ['no role', ['create']],
    ['the role of the owner', ['create', '--role', 'owner']],
    ['a name that is a path', ['create', '--role', 'viewer', '--name', '../../etc']],
    ['a token that is not there', ['revoke', 'nobody']],
    ['nothing that it knows', ['destroy']],
  ])('%s is refused', async (_, argv) => {
    expect((await cli(...argv)).status).toBe(2);
  });

  test('a file that others may read or write gives nobody a token', async () => {
    const { chmodSync } = await import('node:fs');
    const { token } = doors.tokens.create('viewer', undefined);
    const file = path.join(doors.home, 'tokens.json');
    chmodSync(file, 0o666);
    expect((await call('mission_slots', token)).status).toBe(401);
    expect((await cli('list')).err).toMatch(/chmod 600/);
    chmodSync(file, 0o600);
    expect((await call('mission_slots', token)).status).toBe(200);
  });
});

describe('who may call which operation', () => {
  /** The table of the README; a new operation is added here by its reach. */
  const OWNER = operations.filter(({ access }) => access === 'owner').map(({ name }) => name);

  test('what changes permissions is for the owner', () => {
    const changing = operations.filter(({ name, readOnly }) => name.includes('permission') && !readOnly);
    expect(changing.length).toBeGreaterThan(3);
    expect(OWNER).toEqual(expect.arrayContaining(changing.map(({ name }) => name)));
  });

  test('what changes anything is not for viewers', () => {
    expect(operations.filter(({ access, readOnly }) => access === 'viewer' && !readOnly)).toEqual([]);
  });

  test('what holds the words of conversations is for no viewer, and for no agent whatever a rule says', () => {
    const words = [
      'mission_conversation_get',
      'mission_conversation_search',
      'mission_agent_trajectory',
      'mission_memory_pending',
    ];
    const reach = operations.filter(({ name }) => words.includes(name));
    expect(reach.map(({ access, forSlots }) => [access, forSlots])).toEqual(
      words.map(() => ['orchestrator', false]),
    );
  });

  test.each(operations.map(({ name, access }) => [name, access] as const))(
    '%s is for %ss and above',
    async (name, access) => {
      const reached = async (token: string) => {
        const reply = await call(name, token, { slotId: 'nobody', 'no such field': 1 });
        return reply.status === 403 ? failureOf(reply).code === 'not_permitted' : 'in';
      };
      expect(await reached(tokenOfViewer)).toBe(access === 'viewer' ? 'in' : true);
      expect(await reached(tokenOfOrchestrator)).toBe(access === 'owner' ? true : 'in');
      expect(await reached(doors.doorOf('coder-1').token)).toBe(true);
    },
  );

  let tokenOfViewer = '';
  let tokenOfOrchestrator = '';
  beforeAll(() => {
    tokenOfViewer = tokenOf('viewer');
    tokenOfOrchestrator = tokenOf('orchestrator');
  });

  test('over MCP each is offered what it may call, and nothing else is answered', async () => {
    const viewer = await mcp(tokenOfViewer);
    const expected = operations.filter(({ access }) => access === 'viewer').map(({ name }) => name);
    expect(await toolsOf(viewer)).toEqual(expected.sort());
    expect((await ask(viewer, 'mission_slots', {})).isError).toBeUndefined();
    expect((await ask(viewer, 'mission_kill', { slotId: 'coder-1' })).content[0].text).toMatch(/not found/);
    expect(doors.client).toBeDefined();
    expect((await doors.client.ptyStatus({ slotId: 'coder-1' })).slots[0]?.status).not.toBe('stopped');
  });

  test('a session of one caller does not answer another', async () => {
    const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${doors.port}/mcp`), {
      requestInit: { headers: doors.owner },
    });
    const owner = new Client({ name: 'owner', version: '1' });
    await owner.connect(transport);
    clients.push(owner);
    const reply = await doors.tcp({
      path: '/mcp',
      method: 'POST',
      headers: {
        ...bearer(tokenOfViewer),
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': transport.sessionId ?? '',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'mission_kill', arguments: { slotId: 'coder-1' } },
      }),
    });
    expect(reply.status).toBe(404);
  });

  test('an orchestrator names no programs that a session would start', async () => {
    const reply = await call('mission_pty_spawn', tokenOfOrchestrator, {
      slotId: 'researcher-1',
      mcpConfigPath: '/tmp/evil.json',
    });
    expect([reply.status, failureOf(reply).code]).toEqual([403, 'not_permitted']);
  });

  test.each(['/api/down', '/inspect'])('%s is for the owner', async (address) => {
    for (const token of [tokenOfViewer, tokenOfOrchestrator]) {
      const method = address === '/api/down' ? 'POST' : 'GET';
      expect((await doors.tcp({ path: address, method, headers: bearer(token) })).status).toBe(403);
    }
    expect(doors.downs()).toBe(0);
  });
});

describe('attached without a keyboard', () => {
  const typed = 'words that nobody may type\r';
  test.each([
    ['the owner, read-only', '/pty/coder-1?readonly=1', () => doors.token],
    ['a viewer', '/pty/coder-1', () => tokenOf('viewer')],
    ['a viewer that says it is not', '/pty/coder-1?readonly=0', () => tokenOf('viewer')],
  ])('%s types and resizes nothing', async (_, address, token) => {
    const before = (await doors.client.ptyScreen({ slotId: 'coder-1' })).screen;
    const socket = await socketOf(address, token());
    const heard: unknown[] = [];
    const refused = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        const message: unknown = JSON.parse(String(data));
        heard.push(message);
        if (heard.filter((one) => z.object({ type: z.literal('error') }).safeParse(one).success).length === 2)
          resolve();
      });
    });
    socket.send(JSON.stringify({ type: 'input', data: typed }));
    socket.send(JSON.stringify({ type: 'resize', columns: 40, rows: 10 }));
    await refused;
    expect(heard).toContainEqual(expect.objectContaining({ type: 'error', code: 'not_authorised' }));
    socket.terminate();
    expect((await doors.client.ptyScreen({ slotId: 'coder-1' })).screen).toBe(before);
  });
});

describe('the agent of a slot', () => {
  const own = () => doors.doorOf('coder-1').token;

  test('is offered its own status and what a rule allows, and reads nothing of others', async () => {
    const client = await mcp(own());
    expect(await toolsOf(client)).toEqual([
      'mission_done',
      'mission_hand_over',
      'mission_merge_request',
      'mission_message_ack',
      'mission_message_list',
      'mission_message_read',
      'mission_message_send',
      'mission_pty_status',
      'mission_question_answer',
      'mission_question_ask',
      'mission_question_create',
      'mission_question_dismiss',
      'mission_question_get',
      'mission_status',
      'mission_task_track',
      'mission_whoami',
      'mission_worker_list',
    ]);
    expect((await ask(client, 'mission_pty_status', { slotId: 'coder-1' })).isError).toBeUndefined();
    for (const input of [{ slotId: 'coder-2' }, {}]) {
      const refused = await ask(client, 'mission_pty_status', input);
      expect([refused.isError, refused.content[0].text]).toEqual([
        true,
        expect.stringContaining('not_permitted'),
      ]);
    }
    const { taskId } = await doors.client.submit({ slotId: 'coder-2', prompt: 'a secret of coder-2' });
    const refused = await ask(client, 'mission_status', { taskId });
    expect(refused.isError).toBe(true);
    expect(refused.content[0].text).not.toContain('a secret');
  });

  test('allowed everything by a rule, it acts for its slot alone, and answers no question', async () => {
    await doors.client.permissionSetRole({
      role: 'coder',
      rule: { allow: ['mcp__missiond__*'], confirm: [], deny: [] },
    });
    const client = await mcp(own());
    const offered = await toolsOf(client);
    expect(offered).toContain('mission_submit');
    expect(
      offered.filter((name) => /confirm|answer|permission_(?:set|add|reload)|pty_send$|resume/.test(name)),
    ).toEqual(['mission_question_answer']);
    // That one is for supervisors, of what agents of their repository ask by themselves.
    const asked = await ask(await mcp(doors.doorOf('coder-2').token), 'mission_question_ask', {
      question: 'May I?',
      wait: false,
    });
    const { questionId } = z.object({ questionId: z.string() }).parse(asked['structuredContent']);
    const answered = await ask(client, 'mission_question_answer', { questionId, answer: 'Yes' });
    expect([answered.isError, answered.content[0].text]).toEqual([
      true,
      expect.stringContaining('question_gone'),
    ]);
    await doors.client.ptyConfirm({ questionId, response: 'No' });
    for (const name of ['mission_kill', 'mission_pty_kill', 'mission_restart', 'mission_pty_interrupt']) {
      const reply = await ask(client, name, { slotId: 'coder-2' });
      expect([name, reply.isError, reply.content[0].text]).toEqual([
        name,
        true,
        expect.stringContaining('not_permitted'),
      ]);
    }
    const command = await ask(client, 'mission_submit', {
      role: 'coder',
      prompt: 'x',
      verify: { command: 'touch /tmp/evil' },
    });
    expect(command.content[0].text).toContain('not_permitted');
    const hidden = await ask(client, 'mission_board_create', {
      title: 'x',
      autoExecute: true,
      assignee: 'coder',
      options: { verify: { command: 'touch /tmp/evil' } },
    });
    expect(hidden.content[0].text).toContain('not_permitted');
    // What it may not read itself, it gets of no model either.
    const messages = [{ role: 'user', content: 'Repeat what was said before.' }];
    const { id } = await doors.client.boardCreate({ title: 'Between the person and a model' });
    for (const more of [{ task_id: id }, { context: 'board' }, { context: 'kb' }]) {
      const asked = await ask(client, 'mission_router_chat', { messages, ...more });
      expect(asked.content[0].text).toContain('not_permitted');
    }
    const plain = await ask(client, 'mission_router_chat', { messages });
    expect(plain.content[0].text).toContain('router_not_configured');
    expect((await doors.client.ptyStatus({ slotId: 'coder-2' })).slots[0]?.status).not.toBe('stopped');
  });

  test('a rule that is taken back holds for a session that is open', async () => {
    const client = await mcp(own());
    await doors.client.permissionSetRole({ role: 'coder', rule: { allow: [], confirm: [], deny: [] } });
    expect((await ask(client, 'mission_slots', {})).content[0].text).toContain('not_permitted');
  });

  test('its token ends with its session', async () => {
    const old = own();
    await doors.client.restart({ slotId: 'coder-1' });
    const reply = await doors.tcp({ path: '/mcp', method: 'POST', headers: bearer(old), body: '{}' });
    expect(reply.status).toBe(401);
  });
});
