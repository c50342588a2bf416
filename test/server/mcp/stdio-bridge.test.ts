import { PassThrough } from 'node:stream';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runStdioBridge } from '../../../server/mcp/stdio-bridge.ts';
import { operations } from '../../../server/tools/registry.ts';
import { MissionError } from '../../../services/errors/mission-error.ts';
import { type OpenDoors, openDoors } from '../open-doors.ts';

const PATIENCE = { timeout: 3_600_000 };

let doors: OpenDoors | undefined;
const ending: (() => Promise<void>)[] = [];
beforeEach(async () => {
  doors = await openDoors();
});
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
  await doors?.close();
  doors = undefined;
});

function current(): OpenDoors {
  if (doors === undefined)
    throw new MissionError('daemon_unreachable', 'No daemon.', { remedy: 'Run `missiond up`.' });
  return doors;
}

/** Another daemon at another port with another token, which knows nothing of the first. */
async function restart(): Promise<void> {
  await doors?.close();
  doors = await openDoors();
}

/** A bridge whose standard input and output are these. */
function bridge(token?: string) {
  const [toBridge, fromBridge] = [new PassThrough(), new PassThrough()];
  const lines: string[] = [];
  fromBridge.on('data', (chunk) => lines.push(...String(chunk).trimEnd().split('\n')));
  const ended = runStdioBridge({
    daemon: async () => ({ url: `http://127.0.0.1:${current().port}`, token: token ?? current().token }),
    input: toBridge,
    output: fromBridge,
    onError: () => {},
  });
  return { toBridge, fromBridge, lines, ended };
}

/** A client whose standard input and output are a bridge's. */
async function connect(token?: string) {
  const { toBridge, fromBridge, lines, ended } = bridge(token);
  const client = new Client({ name: 'test', version: '1' });
  // Lines of JSON look the same from both ends.
  await client.connect(new StdioServerTransport(fromBridge, toBridge));
  const leave = async (): Promise<void> => {
    toBridge.end();
    await ended;
  };
  ending.push(leave);
  return { client, toBridge, lines, leave };
}

const slotsOf = async (client: Client): Promise<unknown> =>
  (await client.callTool({ name: 'mission_slots', arguments: {} }, undefined, PATIENCE)).structuredContent;
const SLOTS = { slots: [{ id: 'coder-1' }, { id: 'coder-2' }, { id: 'researcher-1' }] };
async function queued(count: number): Promise<readonly string[]> {
  return vi.waitFor(async () => {
    const { tasks } = await current().client.tasks({ status: 'queued' });
    expect(tasks).toHaveLength(count);
    return tasks.map(({ id }) => id);
  });
}
const ask = (client: Client, question: string) =>
  client.callTool({ name: 'mission_ask', arguments: { role: 'researcher', question } }, undefined, PATIENCE);

describe('the bridge', () => {
  test('brings the tools, their answers and their errors', async () => {
    const { client } = await connect();
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(
      operations.map(({ name }) => name),
    );
    expect(await slotsOf(client)).toMatchObject(SLOTS);
    const bad = await client.callTool({ name: 'mission_submit', arguments: { role: 'ghost', prompt: 'x' } });
    expect(bad).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('role_unknown') }],
    });
  });

  test('with the token of another role brings what that may do', async () => {
    const { client } = await connect(current().tokens.create('orchestrator', 'helper').token);
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain('mission_submit');
    expect(names).not.toContain('mission_permission_set_role');
    expect(await slotsOf(client)).toMatchObject(SLOTS);
  });

  test("with a token that is nobody's says so", async () => {
    await expect(connect('x'.repeat(43))).rejects.toThrow(/The token is wrong/);
  });

  test('serves two clients apart', async () => {
    const [one, two] = [await connect(), await connect()];
    await one.leave();
    expect(await slotsOf(two.client)).toMatchObject(SLOTS);
  });

  test('outlives what is no message', async () => {
    const { client, toBridge } = await connect();
    toBridge.write('\n{\nnull\n[]\n{"jsonrpc":"2.0"}\n{"jsonrpc":"1.0","id":1,"method":"x"}\n\u0000\n');
    expect(await slotsOf(client)).toMatchObject(SLOTS);
  });

  test('answers what is piped in at once, initialize and all, before it ends', async () => {
    const { toBridge, lines, ended } = bridge();
    const said = [
      {
        id: 1,
        method: 'initialize',
        params: {
          protocolVersion: '2025-06-18',
          capabilities: {},
          clientInfo: { name: 'script', version: '1' },
        },
      },
      { method: 'notifications/initialized' },
      { id: 2, method: 'tools/list' },
      { id: 3, method: 'tools/call', params: { name: 'mission_slots', arguments: {} } },
    ];
    toBridge.end(said.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''));
    await ended;
    const answers = new Map(
      lines.map((line) => JSON.parse(line)).map((answer) => [answer.id, answer.result]),
    );
    expect(answers.get(1)).toMatchObject({ serverInfo: { name: 'missiond' } });
    expect(answers.get(2)?.tools).toHaveLength(operations.length);
    expect(answers.get(3)?.structuredContent).toMatchObject(SLOTS);
  });

  test('ends when nobody reads its answers any more', async () => {
    const { toBridge, fromBridge, ended } = bridge();
    fromBridge.destroy(new Error('EPIPE'));
    await ended;
    toBridge.end();
  });

  test('ends its session when the client leaves', async () => {
    const { client, leave } = await connect();
    await slotsOf(client);
    const asked: string[] = [];
    current().app.server.on('request', ({ method, url }) => asked.push(`${method} ${url}`));
    await leave();
    expect(asked).toContain('DELETE /mcp');
  });
});

describe('a daemon that is restarted', () => {
  test('is not noticed by the next call', async () => {
    const { client } = await connect();
    await slotsOf(client);
    await restart();
    expect(await slotsOf(client)).toMatchObject(SLOTS);
  });

  test('is not noticed by many calls at once, each of which is answered once', async () => {
    const { client, lines } = await connect();
    await slotsOf(client);
    await restart();
    const before = lines.length;
    const answers = await Promise.all(Array.from({ length: 8 }, () => slotsOf(client)));
    for (const answer of answers) expect(answer).toMatchObject(SLOTS);
    expect(lines.slice(before)).toHaveLength(8);
  });

  test('answers a call that it had taken with what to do, and it is not asked again', async () => {
    const { client } = await connect();
    const waiting = ask(client, 'say: never');
    await queued(1);
    const refused = expect(waiting).rejects.toThrow(/went away.*mission_task/);
    await restart();
    await refused;
    expect((await current().client.tasks({})).tasks).toEqual([]);
    expect(await slotsOf(client)).toMatchObject(SLOTS);
  });
});

describe('a daemon that cannot be reached', () => {
  test('is an answer that says what to do, and the bridge works again when it is back', async () => {
    const { client } = await connect();
    await slotsOf(client);
    await doors?.close();
    doors = undefined;
    for (let attempt = 0; attempt < 2; attempt += 1)
      await expect(slotsOf(client)).rejects.toThrow(/No daemon\. Run `missiond up`\./);
    doors = await openDoors();
    expect(await slotsOf(client)).toMatchObject(SLOTS);
    expect((await client.listTools()).tools).toHaveLength(operations.length);
  });
});
