import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { QuestionView } from '../../actors/mission/views.ts';
import { CLI, createWorld, type Daemon, ended, eventOf, SLOTS, type World } from './world.ts';

const run = promisify(execFile);

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = await createWorld({
    slots: [
      ...SLOTS,
      // A tenth of a minute: long enough to be seen, short enough to wait for.
      { id: 'hasty-1', role: 'hasty', description: 'waits for nobody', extra: { confirmWithinMinutes: 0.1 } },
    ],
  });
  daemon = await world.start();
});
afterAll(async () => {
  expect(await world.close()).toEqual([]);
});

async function missiond(...args: string[]): Promise<string> {
  return (await run(process.execPath, [CLI, ...args, '--home', world.home], { env: world.env })).stdout;
}

const asked = (taskId: string): Promise<QuestionView> =>
  eventOf(daemon.client, (event) =>
    event?.type === 'question_asked' && event.question.taskId === taskId ? event.question : undefined,
  );

test('missiond confirm lists what waits, shows one, and answers it', async () => {
  const { taskId } = await daemon.client.submit({
    role: 'coder',
    prompt: 'tool: Bash {"command":"touch by-cli.txt","description":"x"}',
  });
  const { id } = await asked(taskId);
  expect(await missiond('confirm')).toMatch(new RegExp(`${id.slice(0, 8)} +coder-1 .*Bash touch by-cli.txt`));
  expect(await missiond('confirm', id.slice(0, 8))).toContain('touch by-cli.txt');
  expect(await missiond('confirm', id.slice(0, 8), 'yes')).toContain('answered "Yes"');
  expect((await ended(daemon.client, taskId)).status).toBe('done');
  expect(existsSync(path.join(world.workspace('coder-1'), 'by-cli.txt'))).toBe(true);
  expect(await missiond('confirm')).toBe('Nothing waits for an answer.\n');
});

test('a yes that is remembered adds the very call to the rules, and it is not asked about again', async () => {
  const rules = path.join(world.home, 'permissions.yaml');
  const before = readFileSync(rules, 'utf8');
  const make = { role: 'coder', prompt: 'tool: Bash {"command":"mkdir -p made","description":"x"}' };
  const first = await daemon.client.submit(make);
  const { id, wouldRemember } = await asked(first.taskId);
  expect(wouldRemember).toBe('Bash(=mkdir -p made)');
  expect(await missiond('confirm', id)).toContain('--remember adds: Bash(=mkdir -p made)');
  await expect(missiond('confirm', id, 'no', '--remember', 'slot')).rejects.toThrow(/only a plain yes is/);
  expect(await missiond('confirm', id, 'yes', '--remember', 'slot')).toContain(
    'slots.coder-1 now allows Bash(=mkdir -p made)',
  );
  expect((await ended(daemon.client, first.taskId)).status).toBe('done');
  expect(readFileSync(rules, 'utf8')).toContain('Bash(=mkdir -p made)');

  const second = await daemon.client.submit(make);
  const decided = await eventOf(daemon.client, (event) =>
    event?.type === 'tool_decided' && event.argument === 'mkdir -p made' && event.decision !== 'confirm'
      ? event
      : undefined,
  );
  expect(decided).toMatchObject({ decision: 'allow', rule: 'slots.coder-1.allow Bash(=mkdir -p made)' });
  expect((await ended(daemon.client, second.taskId)).status).toBe('done');

  const other = await daemon.client.submit({
    ...make,
    prompt: 'tool: Bash {"command":"mkdir -p made/too","description":"x"}',
  });
  const another = await asked(other.taskId);
  await missiond('confirm', another.id, 'yes');
  expect((await ended(daemon.client, other.taskId)).status).toBe('done');
  const [change] = JSON.parse(await missiond('audit', '--kind', 'rules', '--limit', '1', '--json')).entries;
  expect(change).toMatchObject({ by: 'cli', change: { after: { slots: { 'coder-1': expect.anything() } } } });
  writeFileSync(rules, before);
});

test('what a rule asks about each time is not remembered, and still waits', async () => {
  const { taskId } = await daemon.client.submit({
    role: 'coder',
    prompt: 'tool: Bash {"command":"touch each-time.txt","description":"x"}',
  });
  const { id, wouldRemember } = await asked(taskId);
  expect(wouldRemember).toBeUndefined();
  await expect(missiond('confirm', id, 'yes', '--remember', 'role')).rejects.toThrow(
    /cannot be remembered as one rule \(roles\.coder\.confirm Bash\(touch\*\)\)/,
  );
  expect(existsSync(path.join(world.workspace('coder-1'), 'each-time.txt'))).toBe(false);
  await missiond('confirm', id, 'yes');
  expect((await ended(daemon.client, taskId)).status).toBe('done');
});

test('what runs in CI is changed only when a person agrees: the orchestrator is refused', async () => {
  const file = path.join(world.workspace('coder-1'), '.github', 'workflows', 'ci.yml');
  mkdirSync(path.dirname(file), { recursive: true });
  const { taskId } = await daemon.client.submit({
    role: 'coder',
    prompt: `tool: Write ${JSON.stringify({ file_path: file, content: 'on: push\n' })}`,
  });
  const { id, slotId } = await asked(taskId);
  const orchestrator = new Client({ name: 'orchestrator', version: '1' });
  await orchestrator.connect(
    new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${daemon.port}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${daemon.token}` } },
    }),
  );
  for (const request of [
    { slotId, response: true },
    { questionId: id, response: 'Yes' },
    { slotId, response: 1 },
  ]) {
    const refused = await orchestrator.callTool({ name: 'mission_pty_confirm', arguments: request });
    expect(refused.isError).toBe(true);
    expect(JSON.stringify(refused.content)).toContain('person_only');
  }
  await orchestrator.close();
  expect(existsSync(file)).toBe(false);
  expect(await missiond('confirm', slotId)).toContain('only a person answers it');
  await missiond('confirm', id, 'yes');
  expect((await ended(daemon.client, taskId)).status).toBe('done');
  expect(readFileSync(file, 'utf8')).toBe('on: push\n');
});

test('what nobody answers in time is denied, and the agent reads why', async () => {
  const { taskId } = await daemon.client.submit({
    role: 'hasty',
    prompt: 'tool: Bash {"command":"touch too-late.txt","description":"x"}',
  });
  const task = await ended(daemon.client, taskId);
  expect(task.result).toMatch(/Nobody answered within 0\.1 minutes/);
  expect(existsSync(path.join(world.workspace('hasty-1'), 'too-late.txt'))).toBe(false);
  expect((await daemon.client.questions({})).questions).toEqual([]);
});

test('a person at an MCP client is asked what its own task asks, and answers there', async () => {
  const client = new Client({ name: 'desk', version: '1' }, { capabilities: { elicitation: {} } });
  const shown: string[] = [];
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    shown.push(params.message);
    return { action: 'accept', content: { answer: 'Yes' } };
  });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${daemon.port}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${daemon.token}` } },
    }),
  );
  const file = path.join(world.workspace('coder-1'), '.github', 'workflows', 'asked.yml');
  mkdirSync(path.dirname(file), { recursive: true });
  const answered = await client.callTool({
    name: 'mission_ask',
    arguments: {
      role: 'coder',
      question: `tool: Write ${JSON.stringify({ file_path: file, content: 'on: push\n' })}`,
    },
  });
  expect(answered.isError ?? false).toBe(false);
  expect(shown).toEqual([expect.stringContaining('.github/workflows/asked.yml')]);
  expect(readFileSync(file, 'utf8')).toBe('on: push\n');
  const audit = JSON.parse(await missiond('audit', '--kind', 'answer', '--limit', '1', '--json'));
  expect(audit.entries).toMatchObject([{ by: 'elicitation:mcp:desk', answer: 'Yes', personOnly: true }]);
  await client.close();
});
