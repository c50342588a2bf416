import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { MessageView } from '../../actors/messages/message-views.ts';
import { runCli } from './cli/run-cli.ts';
import { failureOf, type OpenDoors, openDoors } from './open-doors.ts';

const Called = z.looseObject({ isError: z.boolean().optional(), structuredContent: z.unknown().optional() });
const Sent = z.object({ messages: z.array(MessageView) });

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

const cli = (slot: string | null, ...words: string[]) =>
  runCli(['message', ...words, '--home', doors.home], slot === null ? {} : { MISSIOND_SLOT_ID: slot });
const sentBy = async (slot: string | null, ...words: string[]) => {
  const { status, out, err } = await cli(slot, 'send', ...words, '--json');
  expect([status, err, status === 0 ? '' : out]).toEqual([0, '', '']);
  return Sent.parse(JSON.parse(out)).messages;
};

/** The agent of a slot, as Claude Code calls us. */
async function agent(slot: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${doors.port}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${doors.doorOf(slot).token}` } },
    }),
  );
  clients.push(client);
  return client;
}
const ask = async (client: Client, name: string, input: Record<string, unknown>) =>
  Called.parse(await client.callTool({ name, arguments: input }));

describe('messages', () => {
  test('go to a slot, a role, everybody and the person; nobody gets their own', async () => {
    const receivers = async (slot: string | null, to: string) =>
      (await sentBy(slot, to, 'hello')).map((one) => `${one.from} > ${one.to}`);
    expect(await receivers('coder-1', 'coder-2')).toEqual(['slot:coder-1 > slot:coder-2']);
    expect(await receivers('coder-1', 'role:coder')).toEqual(['slot:coder-1 > slot:coder-2']);
    expect(await receivers(null, 'role:coder')).toEqual(['person > slot:coder-1', 'person > slot:coder-2']);
    expect(await receivers('coder-2', 'all')).toEqual([
      'slot:coder-2 > slot:coder-1',
      'slot:coder-2 > slot:researcher-1',
    ]);
    expect(await receivers('coder-2', 'person')).toEqual(['slot:coder-2 > person']);
  });

  test.each([
    'nobody',
    'coder',
    'role:pilot',
    'all@nowhere',
    'coder-1/x',
    '../coder-1',
    'coder-1;$()',
    'slot:',
  ])('to %j is refused with who is there', async (to) => {
    const { status, err } = await cli(null, 'send', to, 'hello');
    expect(status).toBe(1);
    expect(err).toMatch(/Nobody can be written to.*\n.*person, coder-1 \(coder\), coder-2 \(coder\)/);
  });

  test('the token says who writes, at every door', async () => {
    const one = await agent('coder-1');
    const sent = await ask(one, 'mission_message_send', { to: 'coder-2', body: 'from me', from: 'person' });
    expect(Sent.parse(sent.structuredContent).messages[0]).toMatchObject({
      from: 'slot:coder-1',
      fromRole: 'coder',
      status: 'pending',
    });
    const program = await doors.client.messageSend({ to: 'coder-2', body: 'a program' });
    expect(program.messages[0]?.from).toMatch(/^program:/);
    const stranger = await cli('gone-1', 'send', 'coder-2', 'x');
    expect([stranger.status, stranger.err]).toEqual([1, expect.stringContaining('token cannot be read')]);
  });

  test("an agent sees its own inbox and nobody else's; reading and acknowledging are its own", async () => {
    const [mine] = await sentBy('coder-1', 'coder-2', 'for two alone');
    const id = mine?.id ?? '';
    const [one, two] = [await agent('coder-1'), await agent('coder-2')];
    const researcher = await sentBy(null, 'researcher-1', 'not for two');
    expect((await ask(two, 'mission_message_list', { inbox: 'researcher-1' })).isError).toBe(true);
    expect((await ask(two, 'mission_message_read', { id: researcher[0]?.id })).isError).toBe(true);
    expect((await ask(one, 'mission_message_ack', { id })).isError).toBe(true);
    // Who has sent it may look, which is no reading.
    expect((await ask(one, 'mission_message_read', { id })).structuredContent).toMatchObject({
      status: 'pending',
    });
    const list = await ask(two, 'mission_message_list', { unread: true });
    expect(JSON.stringify(list.structuredContent)).toContain('for two alone');
    expect((await ask(two, 'mission_message_read', { id })).structuredContent).toMatchObject({
      status: 'read',
    });
    expect((await ask(two, 'mission_message_ack', { id })).structuredContent).toMatchObject({
      status: 'acknowledged',
    });
  });

  test('what is long is stored whole and read on; more than 200,000 characters are refused', async () => {
    const body = `begin ${'x'.repeat(100_000)} end`;
    const { messages } = await doors.client.messageSend({ to: 'researcher-1', body });
    const id = messages[0]?.id ?? '';
    const first = await doors.client.messageRead({ id });
    const rest = await doors.client.messageRead({ id, offset: first.nextOffset ?? 0 });
    expect(first.body + rest.body).toBe(body);
    expect(rest.nextOffset).toBeUndefined();
    await expect(
      doors.client.messageSend({ to: 'coder-2', body: 'x'.repeat(200_001) }),
    ).rejects.toMatchObject({
      code: 'input_invalid',
    });
    await expect(
      doors.client.messageSend({ to: 'coder-2', body: ' \u001b[31m\u0007 ' }),
    ).rejects.toMatchObject({
      code: 'input_invalid',
    });
  });

  test('holds no secret and no key of a terminal', async () => {
    const [sent] = await sentBy(null, 'researcher-1', `a \u001b[201~\rb sk-ant-api03-${'aB3d'.repeat(10)}`);
    const read = await doors.client.messageRead({ id: sent?.id ?? '' });
    expect(read.body).toBe('a \nb [secret]');
  });

  test('an answer goes back, in the same exchange', async () => {
    const [asked] = await sentBy(null, 'coder-1', 'which port?');
    const id = asked?.id ?? '';
    const [one, two] = [await agent('coder-1'), await agent('coder-2')];
    const answer = await ask(one, 'mission_message_send', { replyTo: id, body: '8080' });
    expect(Sent.parse(answer.structuredContent).messages[0]).toMatchObject({
      to: 'person',
      replyTo: id,
      conversationId: id,
    });
    expect((await ask(two, 'mission_message_send', { replyTo: id, body: '9090' })).isError).toBe(true);
    const inbox = await cli(null, 'list', '--unread');
    expect(inbox.out).toMatch(/slot:coder-1 +person +pending +8080/);
  });

  test('an inbox that one sender has filled takes no more of them, and says so', async () => {
    for (let count = 0; count < 200; count += 1)
      await doors.client.messageSend({ to: 'researcher-1', body: `again ${count}` }).catch(() => {});
    await expect(doors.client.messageSend({ to: 'researcher-1', body: 'one more' })).rejects.toMatchObject({
      code: 'too_many',
    });
    expect(await sentBy(null, 'researcher-1', 'of somebody else')).toHaveLength(1);
  });

  test('every change is told, without the words', async () => {
    const [sent] = await sentBy(null, 'coder-2', 'told of');
    const stop = new AbortController();
    for await (const event of doors.client.events({ since: 0, signal: stop.signal })) {
      if (event.type !== 'message_changed' || event.message.id !== sent?.id) continue;
      expect(event.message).toEqual({ id: sent.id, from: 'person', to: 'slot:coder-2', status: 'pending' });
      break;
    }
    stop.abort();
  });

  test('the command line says what it takes', async () => {
    for (const words of [['toString'], ['read'], ['ack', 'a', 'b'], ['list', 'x']]) {
      const { status, err } = await cli(null, ...words);
      expect([status, err]).toEqual([2, expect.stringContaining('missiond message send TO')]);
    }
    const { status, err } = await cli(null, 'read', 'ffffffff');
    expect([status, err]).toEqual([1, expect.stringContaining('There is no message "ffffffff"')]);
    const outside = await doors.tcp({
      path: '/api/tools/mission_message_list',
      method: 'POST',
      headers: { authorization: `Bearer ${doors.tokens.create('viewer', undefined).token}` },
      body: '{}',
    });
    expect(failureOf(outside).code).toBe('not_permitted');
  });
});
