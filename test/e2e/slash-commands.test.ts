import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { stringify } from 'yaml';
import { SCRIPTED_API_KEY } from '../../server/demo/embedded-home.ts';
import { ensureClaudeCode } from '../../services/claude/install.ts';
import type { Turn } from '../../services/scripted-model/conversation.ts';
import type { Reply } from '../../services/scripted-model/script.ts';
import { createWorld, type Daemon, type World } from './world.ts';

const POLICY = `default:
  allow: [Read(*), "Bash(git *)", "mcp__missiond__*"]
roles: {}
slots: {}
`;
const OWL = 'shop.owl';
const NOTE = 'The list is begun; the prices are next.';
const SOON = { timeout: 60_000, interval: 100 };
/** The command list shows a command as soon as its server is connected; typed before, it is typed again. */
const SHOWN = { timeout: 3_000, interval: 100 };

interface Command {
  /** How Claude Code describes it in its list. */
  readonly shown: string;
  /** How the words begin that the agent reads. */
  readonly words: string;
  /** What this one calls then, one after the other. */
  readonly calls: readonly (readonly [string, Readonly<Record<string, string>>])[];
}
const COMMANDS = {
  status: { shown: 'Who this agent is', words: 'Say in a few lines who you are', calls: [] },
  workers: { shown: 'Who else works', words: 'Say in one line each who works', calls: [] },
  messages: {
    shown: 'What others have written',
    words: 'Go through the messages below',
    calls: [['mission_message_ack', {}]],
  },
  refresh: {
    shown: 'Brings the branch up to date',
    words: 'Bring your branch work/owl up to date',
    calls: [
      ['git fetch origin trunk', {}],
      ['git rebase origin/trunk', {}],
    ],
  },
  ask: {
    shown: 'Has the agent ask',
    words: 'Think of what you need to know',
    calls: [['mission_question_ask', { question: 'Euro or dollar?' }]],
  },
  'hand-over': {
    shown: 'A fresh session goes on',
    words: 'Come to a point at which another session',
    calls: [['mission_hand_over', { note: NOTE }]],
  },
  done: {
    shown: 'Winds the work up',
    words: 'Wind up: commit what belongs to your task',
    calls: [['mission_done', { summary: 'The list is done.' }]],
  },
} as const satisfies Readonly<Record<string, Command>>;

function obey({ prompt, rounds, results }: Turn): Reply | null {
  const command: Command | undefined = Object.values(COMMANDS).find(({ words }) => prompt.startsWith(words));
  if (command === undefined) return null;
  const [name, input = {}] = command.calls[rounds] ?? [];
  const said = results.at(-1)?.text ?? 'nothing was called';
  if (name === undefined)
    return { kind: 'blocks', blocks: [{ type: 'text', text: `Obeyed: ${said.slice(0, 300)}` }], wordMs: 0 };
  const [, id] = /"id": "([0-9a-f-]{36})"/.exec(prompt) ?? [];
  const call = name.startsWith('git ')
    ? { name: 'Bash', input: { command: name, description: name } }
    : { name: `mcp__missiond__${name}`, input: name === 'mission_message_ack' ? { id } : { ...input } };
  return { kind: 'blocks', blocks: [{ type: 'tool_use', ...call }], wordMs: 0 };
}

let world: World;
let daemon: Daemon;
let project: string;
let terminal: WebSocket | undefined;
beforeAll(async () => {
  world = await createWorld({ slots: [], permissionsYaml: POLICY, script: obey });
  const agents = {
    command: (await ensureClaudeCode()).file,
    permissionMode: 'manual',
    trustCwd: true,
    env: {
      HOME: world.claudeHome,
      ANTHROPIC_BASE_URL: world.model.url,
      ANTHROPIC_API_KEY: SCRIPTED_API_KEY,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    },
  };
  writeFileSync(path.join(world.home, 'slots.yaml'), stringify({ slots: [], agents }), { mode: 0o600 });
  const origin = path.join(world.claudeHome, 'origin.git');
  project = path.join(world.claudeHome, 'shop');
  mkdirSync(project, { recursive: true });
  git('init', '-q', '-b', 'trunk');
  git('config', '--global', 'user.name', 'Agent');
  git('config', '--global', 'user.email', 'agent@example.org');
  git('commit', '-qm', 'first', '--allow-empty');
  git('init', '-q', '--bare', '-b', 'trunk', origin);
  git('remote', 'add', 'origin', origin);
  git('push', '-qu', 'origin', 'trunk');
  daemon = await world.start();
});
afterAll(async () => {
  terminal?.close();
  expect(await world.close()).toEqual([]);
});

function git(...args: readonly string[]): string {
  const env = { PATH: process.env['PATH'], HOME: world.claudeHome };
  return execFileSync('git', ['-C', project, ...args], { env, encoding: 'utf8' }).trim();
}

const screen = async (): Promise<string> => (await daemon.client.ptyScreen({ slotId: OWL })).screen;
const type = (data: string): void => terminal?.send(JSON.stringify({ type: 'input', data }));
async function rests(): Promise<void> {
  await vi.waitFor(async () => {
    const { slots } = await daemon.client.ptyStatus({ slotId: OWL });
    expect(slots[0]?.state).toBe('idle');
  }, SOON);
}

/** A person sits down at the terminal of the agent; it is another one after a hand-over. */
async function sitDown(): Promise<void> {
  terminal?.close();
  terminal = new WebSocket(`ws://127.0.0.1:${daemon.port}/pty/${OWL}`, {
    headers: { authorization: `Bearer ${daemon.token}` },
  });
  await once(terminal, 'open');
}

/** A person types a command of missiond in the terminal of the agent. Returns what the model read of it. */
async function given(name: keyof typeof COMMANDS): Promise<string> {
  const { shown, words } = COMMANDS[name];
  await rests();
  const before = world.model.requests().length;
  await vi.waitFor(async () => {
    type('\u0015');
    type(`/missiond:${name}`);
    await vi.waitFor(async () => expect(await screen()).toContain(shown), SHOWN);
  }, SOON);
  type('\r');
  return await vi.waitFor(() => {
    const read = world.model
      .requests()
      .slice(before)
      .find(({ prompt }) => prompt.startsWith(words));
    expect(read, name).toBeDefined();
    return read?.prompt ?? '';
  }, SOON);
}

test('every slash command that a person types in the terminal of a worker does what it says', async () => {
  const { client } = daemon;
  await client.repoAdd({ source: project, name: 'shop' });
  const { worker } = await client.workerCreate({ repository: 'shop', name: 'owl' });
  await client.workerCreate({ repository: 'shop', name: 'calm-fox' });
  await client.ptySpawn({ slotId: OWL, waitForIdle: true });
  await sitDown();

  expect(await given('status')).toContain('"branch": "work/owl"');
  expect(await given('workers')).toContain('"name": "calm-fox"');

  const { messages } = await client.messageSend({ to: OWL, body: 'the port is 4711' });
  const id = messages[0]?.id ?? '';
  await vi.waitFor(async () => expect((await client.messageRead({ id })).status).toBe('delivered'), SOON);
  expect(await given('messages')).toContain('the port is 4711');
  await vi.waitFor(async () => expect((await client.messageRead({ id })).status).toBe('acknowledged'), SOON);

  writeFileSync(path.join(project, 'price.txt'), '3');
  git('add', '.');
  git('commit', '-qm', 'a price');
  git('push', '-q');
  await given('refresh');
  await vi.waitFor(() => expect(existsSync(path.join(worker.worktree, 'price.txt'))).toBe(true), SOON);

  await given('ask');
  const questionId = await vi.waitFor(async () => {
    const [question] = (await client.questions({})).questions;
    expect(question).toMatchObject({ question: 'Euro or dollar?', slotId: OWL });
    return question?.id ?? '';
  }, SOON);
  await client.ptyConfirm({ questionId, response: 'Euro' });
  await vi.waitFor(async () => expect(await screen()).toMatch(/Obeyed: .*Euro/s), SOON);

  const before = (await client.ptyStatus({ slotId: OWL })).slots[0]?.sessionId;
  await given('hand-over');
  await vi.waitFor(async () => {
    const { slots } = await client.ptyStatus({ slotId: OWL });
    expect(slots[0]).toMatchObject({ handOver: 'carrying', cwd: worker.worktree });
    expect(slots[0]?.sessionId).not.toBe(before);
  }, SOON);

  await rests();
  await sitDown();
  await given('done');
  await vi.waitFor(async () => {
    const ended = await client.worker({ name: 'owl' });
    expect(ended).toMatchObject({
      status: 'completed',
      completion: { by: 'agent', summary: 'The list is done.' },
    });
  }, SOON);
}, 300_000);
