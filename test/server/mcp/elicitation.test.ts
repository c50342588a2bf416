import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningMission } from '../../../actors/mission/create-mission.ts';
import type { TaskId } from '../../../db/ids.ts';
import type { Caller } from '../../../server/auth/caller.ts';
import { createMcpServer } from '../../../server/mcp/session.ts';
import { createStage, hook, slotId, startIdle, until } from '../../actors/mission-stage.ts';

let stage: ReturnType<typeof createStage>;
let mission: RunningMission;
let client: Client;
let failures: string[];
let followed: Set<TaskId>;
/** What was put to the person, and how each request was called off. */
let asked: { readonly message: string; readonly options: unknown; readonly signal: AbortSignal }[];
let answer: (message: string) => Promise<ElicitResult>;

beforeEach(async () => {
  asked = [];
  failures = [];
  followed = new Set();
  answer = () => new Promise(() => {});
  stage = createStage({
    judge: () => ({
      decision: 'confirm',
      rule: 'protected.confirm Bash',
      argument: 'touch a',
      perhapsDenied: false,
      personOnly: true,
    }),
  });
  mission = await startIdle(stage);
});
afterEach(async () => {
  await client.close();
  await stage.close();
  expect(failures).toEqual([]);
});

async function connect(options: {
  readonly elicits: boolean;
  readonly by?: Caller;
  readonly name?: string;
}): Promise<void> {
  const server = createMcpServer({
    mission,
    version: '0.0.0',
    by: options.by ?? { role: 'owner' },
    profile: 'full',
    followed,
    onError: (error) => failures.push(String(error)),
  });
  client = new Client(
    { name: options.name ?? 'desk', version: '1' },
    { capabilities: options.elicits ? { elicitation: {} } : {} },
  );
  if (options.elicits)
    client.setRequestHandler(ElicitRequestSchema, async ({ params }, { signal }) => {
      const schema = 'requestedSchema' in params ? params.requestedSchema : undefined;
      asked.push({ message: params.message, options: schema?.properties['answer'], signal });
      return answer(params.message);
    });
  const [one, other] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(one), client.connect(other)]);
}

/** A task of this client whose agent wants to run a command; resolves with what Claude Code is told. */
async function wants(by: 'client' | 'somebody else' = 'client'): Promise<Record<string, unknown>> {
  if (by === 'client')
    await client.callTool({ name: 'mission_submit', arguments: { slotId, prompt: 'make a' } });
  else await mission.submit({ slotId, prompt: 'make a' });
  await until(mission, 'delivered', () => mission.slot(slotId).currentTaskId !== undefined);
  await hook(mission, 'UserPromptSubmit', { prompt: 'make a' });
  const { epoch, sessionId } = mission.slot(slotId);
  if (epoch === undefined) throw new Error('the slot has no run');
  const call = { session_id: sessionId, tool_name: 'Bash', tool_input: { command: 'touch a' } };
  const body = { hook_event_name: 'PermissionRequest', ...call };
  return mission.receiveHook(slotId, epoch, body, new AbortController().signal);
}

test('the person at the client is shown all of it, and what is chosen there is a person answer', async () => {
  answer = async () => ({ action: 'accept', content: { answer: 'Yes' } });
  await connect({ elicits: true });
  expect(await wants()).toMatchObject({ hookSpecificOutput: { decision: { behavior: 'allow' } } });
  expect(asked).toHaveLength(1);
  expect(asked[0]?.message).toContain('Bash touch a');
  expect(asked[0]?.message).toContain('protected.confirm Bash');
  expect(asked[0]?.options).toMatchObject({ enum: ['Yes', 'No'] });
  const [entry] = mission.audit.trace({ kind: 'answer' }, { limit: 1 }).entries;
  expect(entry).toMatchObject({ answer: 'Yes', by: 'elicitation:mcp:desk' });
});

test.each<[string, ElicitResult]>([
  ['declines', { action: 'decline' }],
  ['closes it', { action: 'cancel' }],
])('who %s leaves the question to the others', async (_, result) => {
  let shown = (): void => {};
  const wasShown = new Promise<void>((resolve) => {
    shown = resolve;
  });
  answer = async () => {
    shown();
    return result;
  };
  await connect({ elicits: true });
  const reply = wants();
  await wasShown;
  expect(mission.questions()).toHaveLength(1);
  await mission.confirm({ slotId, response: false }, { name: 'cli', isPerson: true, mayWiden: true });
  expect(await reply).toMatchObject({ hookSpecificOutput: { decision: { behavior: 'deny' } } });
});

test('when somebody else answers first the request is called off', async () => {
  await connect({ elicits: true });
  const reply = wants();
  await until(mission, 'asked', () => mission.questions().length === 1);
  await expect.poll(() => asked.length).toBe(1);
  await mission.confirm({ slotId, response: true }, { name: 'cli', isPerson: true, mayWiden: true });
  expect(await reply).toMatchObject({ hookSpecificOutput: { decision: { behavior: 'allow' } } });
  await expect.poll(() => asked[0]?.signal.aborted).toBe(true);
});

test.each<[string, { elicits: boolean; by?: Caller }, 'client' | 'somebody else']>([
  ['the task is not its own', { elicits: true }, 'somebody else'],
  ['it cannot ask anybody', { elicits: false }, 'client'],
])('a client is not asked where %s', async (_, options, by) => {
  await connect(options);
  const reply = wants(by);
  await until(mission, 'asked', () => mission.questions().length === 1);
  // What an agent answers through its client is no person's answer.
  const refused = await client.callTool({
    name: 'mission_pty_confirm',
    arguments: { slotId, response: true },
  });
  expect(JSON.stringify(refused.content)).toContain('person_only');
  expect(asked).toEqual([]);
  await mission.confirm({ slotId, response: false }, { name: 'cli', isPerson: true, mayWiden: true });
  await reply;
});

test('a client that comes back under its name is asked what it had handed in before', async () => {
  await connect({ elicits: false });
  const first = client;
  const reply = wants();
  await until(mission, 'asked', () => mission.questions().length === 1);
  await first.close();
  answer = async () => ({ action: 'accept', content: { answer: 'Yes' } });
  await connect({ elicits: true });
  expect(await reply).toMatchObject({ hookSpecificOutput: { decision: { behavior: 'allow' } } });
  expect(asked).toHaveLength(1);
});

test.each([
  ['of the same name is asked only what no other session follows', 'desk'],
  ['of another name is not asked what was left behind', 'another'],
])('a client %s', async (_, name) => {
  await connect({ elicits: true });
  const first = client;
  const ofFirst = asked;
  const reply = wants();
  await expect.poll(() => ofFirst.length).toBe(1);
  asked = [];
  if (name === 'another') await first.close();
  await connect({ elicits: true, name });
  await client.listTools();
  expect(asked).toEqual([]);
  await mission.confirm({ slotId, response: false }, { name: 'cli', isPerson: true, mayWiden: true });
  await reply;
  if (name === 'desk') await first.close();
});
