import { existsSync } from 'node:fs';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { LoggingMessageNotificationSchema, type Progress } from '@modelcontextprotocol/sdk/types.js';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { operations } from '../../server/tools/registry.ts';
import { createWorld, type Daemon, DIST, ended, eventOf, type World } from './world.ts';

const Called = z.looseObject({
  isError: z.boolean().optional(),
  structuredContent: z.looseObject({}).optional(),
  content: z.array(z.looseObject({ text: z.string().optional() })),
});

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld();
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

async function call(client: Client, name: string, input: Record<string, unknown>) {
  return Called.parse(await client.callTool({ name, arguments: input }));
}

describe.each([
  [
    'HTTP',
    () =>
      new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${daemon.port}/mcp`), {
        requestInit: { headers: { authorization: `Bearer ${daemon.token}` } },
      }),
  ],
  [
    'stdio',
    () =>
      new StdioClientTransport({
        command: process.execPath,
        args: [path.join(DIST, 'server', 'cli', 'mission-mcp.js')],
        env: { PATH: world.env['PATH'] ?? '', HOME: world.env['HOME'] ?? '', MISSIOND_HOME: world.home },
      }),
  ],
] as const)('the bundled MCP client over %s', (_, transport) => {
  const client = new Client({ name: 'test', version: '1' });
  beforeAll(async () => {
    await client.connect(transport());
  });
  afterAll(() => client.close());

  test('lists every tool with a schema and a description, and reads the instructions', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual(operations.map(({ name }) => name).sort());
    for (const tool of tools) expect(tool.description?.length).toBeGreaterThan(20);
    expect(client.getInstructions()).toContain('mission_submit');
  });

  test('a question is answered exactly, markdown and blank lines included', async () => {
    const answer = 'First line.\n\n- one\n- two\n\n```js\nconst x = 1;\n```';
    const result = await call(client, 'mission_ask', { role: 'researcher', question: `say: ${answer}` });
    expect(result.structuredContent?.['answer']).toBe(answer);
  });

  test('an allowed tool runs without anybody being asked', async () => {
    const file = path.join(world.workspace('coder-1'), `allowed-${Math.random()}.txt`);
    const result = await call(client, 'mission_ask', {
      role: 'coder',
      question: `tool: Write ${JSON.stringify({ file_path: file, content: 'x' })}`,
    });
    expect(result.structuredContent?.['answer']).toContain('tool finished');
    expect(existsSync(file)).toBe(true);
  });

  test('whoever waits hears which tool runs, with rising numbers', async () => {
    const heard: Progress[] = [];
    await client.callTool(
      {
        name: 'mission_ask',
        arguments: {
          role: 'coder',
          question: 'tool: Bash {"command":"sleep 2","description":"wait"}\nthen say: over',
        },
      },
      undefined,
      { onprogress: (progress) => heard.push(progress) },
    );
    expect(heard.map(({ message }) => message)).toContain('coder-1: Bash sleep 2 · 1 tool (Bash 1)');
    const numbers = heard.map(({ progress }) => progress);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  test('a denied command does not run, and the agent reads why', async () => {
    const result = await call(client, 'mission_ask', {
      role: 'coder',
      question: 'tool: Bash {"command":"rm -rf .git","description":"x"}',
    });
    expect(result.structuredContent?.['answer']).toContain(
      'missiond denies this (default.deny Bash(rm -rf*))',
    );
    expect(existsSync(path.join(world.workspace('coder-1'), '.git'))).toBe(true);
  });

  test('a command that asks waits, and runs when it is answered by the label', async () => {
    const name = `asked-${Math.random()}.txt`;
    const submitted = await call(client, 'mission_submit', {
      role: 'coder',
      prompt: `tool: Bash {"command":"touch ${name}","description":"x"}`,
    });
    const taskId = String(submitted.structuredContent?.['taskId']);
    await eventOf(daemon.client, (event) =>
      event?.type === 'question_asked' && event.question.taskId === taskId ? event : undefined,
    );
    expect(existsSync(path.join(world.workspace('coder-1'), name))).toBe(false);
    const status = await call(client, 'mission_pty_status', { slotId: 'coder-1' });
    expect(JSON.stringify(status.structuredContent)).toContain(`touch ${name}`);
    await call(client, 'mission_pty_confirm', { slotId: 'coder-1', response: 'Yes' });
    expect((await ended(daemon.client, taskId)).status).toBe('done');
    expect(existsSync(path.join(world.workspace('coder-1'), name))).toBe(true);
  });

  test('a refused command does not run and the task still gets its answer', async () => {
    const name = `refused-${Math.random()}.txt`;
    const submitted = await call(client, 'mission_submit', {
      role: 'coder',
      prompt: `tool: Bash {"command":"touch ${name}","description":"x"}`,
    });
    const taskId = String(submitted.structuredContent?.['taskId']);
    await eventOf(daemon.client, (event) =>
      event?.type === 'question_asked' && event.question.taskId === taskId ? event : undefined,
    );
    await call(client, 'mission_pty_confirm', { slotId: 'coder-1', response: false });
    const task = await ended(daemon.client, taskId);
    expect(`${task.result ?? ''}${task.error ?? ''}`).toMatch(/refused|interrupted/i);
    expect(existsSync(path.join(world.workspace('coder-1'), name))).toBe(false);
  });

  test('who asked for it is told when the task has ended, with the answer', async () => {
    const news = new Promise((resolve) => {
      client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => resolve(params.data));
    });
    const submitted = await call(client, 'mission_submit', {
      role: 'researcher',
      prompt: 'say: told later',
      notify: true,
    });
    expect(await news).toMatchObject({
      event: 'task_done',
      taskId: submitted.structuredContent?.['taskId'],
      result: 'told later',
    });
  });

  test('an error is a result that says what to do', async () => {
    const result = await call(client, 'mission_submit', { role: 'nobody', prompt: 'x' });
    expect(result.isError).toBe(true);
    expect(result.content[0]?.text).toContain('coder');
  });
});

test('a client of OpenAI gets the answer of a real session, at once or as a stream', async () => {
  const client = new OpenAI({ apiKey: daemon.token, baseURL: `http://127.0.0.1:${daemon.port}/v1` });
  const answer = 'Two lines,\n\n*and* markdown.';
  const wish = {
    model: 'missiond:researcher',
    messages: [{ role: 'user' as const, content: `say: ${answer}` }],
  };
  const { choices, id } = await client.chat.completions.create(wish);
  expect(choices[0]?.message.content).toBe(answer);
  const trace = await daemon.client.jarvisTrace({ trace_id: id.replace('chatcmpl-', '') });
  expect(trace.steps.map(({ step }) => step)).toEqual(
    expect.arrayContaining(['handed_in', 'typed', 'submitted', 'answered', 'ended']),
  );
  let said = '';
  for await (const chunk of await client.chat.completions.create({ ...wish, stream: true }))
    said += chunk.choices[0]?.delta.content ?? '';
  expect(said).toBe(answer);
});
