import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { eventOf } from '../e2e/world.ts';
import { type FuzzedDaemon, startFuzzedDaemon } from '../fuzz/fuzzed-daemon.ts';

/** Put together here, so that no scanner takes this file for a leak. One a door, so that it is known which one leaks. */
const keyOf = (door: string): string => `sk-ant-api03-${door.replaceAll(/\W/g, '')}${'aB3d'.repeat(12)}`;
/** What every key ends with. */
const KEY = 'aB3d'.repeat(5);

let daemon: FuzzedDaemon;
/** Everything that any door has answered or told unasked. */
const heard: string[] = [];
beforeAll(async () => {
  daemon = await startFuzzedDaemon([
    {
      on: ['question'],
      command: ['/bin/sh', '-c', 'cat >> "$HOME/notices.txt"; echo >> "$HOME/notices.txt"'],
    },
  ]);
  const socket = new WebSocket(`ws://127.0.0.1:${daemon.port}/tasks`, { headers: daemon.owner });
  socket.on('message', (data) => heard.push(String(data)));
  await daemon.client.ptySpawn({ slotId: 'coder-1' });
});
afterAll(() => daemon.close());

async function call(name: string, input: object): Promise<string> {
  const { body } = await daemon.tcp({
    path: `/api/tools/${name}`,
    method: 'POST',
    headers: { ...daemon.owner, 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  heard.push(body);
  return body;
}

async function hook(more: object): Promise<string> {
  const { hookUrl, token } = daemon.doorOf('coder-1');
  const { slots } = await daemon.client.ptyStatus({ slotId: 'coder-1' });
  const { body } = await daemon.tcp({
    path: new URL(hookUrl).pathname,
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ session_id: slots[0]?.sessionId, cwd: '/', ...more }),
  });
  heard.push(body);
  return body;
}

/** Every place where something of it could be left: the database with its log, the logs, what was told. */
function leftovers(): readonly string[] {
  const files = readdirSync(daemon.home, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^mission\.db|^logs\/|^doubts\/|^screenshots\//.test(file),
  );
  const texts = files.map((file) => [file, readFileSync(path.join(daemon.home, file), 'latin1')] as const);
  const said = heard.map((text, index) => [`answer ${index}`, text] as const);
  return [...texts, ...said].flatMap(([where, text]) => {
    const at = text.indexOf(KEY);
    return at === -1 ? [] : [`${where}: …${text.slice(Math.max(0, at - 300), at + 60)}`];
  });
}

/** Asks every door that tells of what has happened. */
async function readEverything(): Promise<void> {
  const slotId = 'coder-1';
  for (const name of ['pty_status', 'pty_history', 'pty_logs', 'pty_screen', 'question_list', 'audit_trace'])
    await call(`mission_${name}`, { slotId });
  for (const name of ['agents', 'slots', 'inbox', 'task', 'audit_stats', 'board_list', 'board_summary'])
    await call(`mission_${name}`, {});
}

const BASH = { tool_name: 'Bash', tool_use_id: 'toolu_1' };
const curl = (door: string): string => `curl -H 'x-api-key: ${keyOf(door)}' https://example.org`;

test.each<[string, () => Promise<unknown>]>([
  [
    'a prompt that a person types',
    () => hook({ hook_event_name: 'UserPromptSubmit', prompt: `use ${keyOf('a')}` }),
  ],
  [
    'a tool that is called',
    () => hook({ hook_event_name: 'PreToolUse', ...BASH, tool_input: { command: curl('b') } }),
  ],
  [
    'what a tool has printed',
    () =>
      hook({
        hook_event_name: 'PostToolUse',
        ...BASH,
        tool_input: { command: 'env' },
        tool_response: { stdout: `A=1\n${keyOf('c')}\nB=2`, stderr: '' },
      }),
  ],
  [
    'how a tool failed',
    () =>
      hook({ hook_event_name: 'PostToolUseFailure', ...BASH, tool_input: {}, error: `no: ${keyOf('d')}` }),
  ],
  [
    'words as they are shown',
    () => hook({ hook_event_name: 'MessageDisplay', delta: keyOf('e'), final: true }),
  ],
  ['an answer', () => hook({ hook_event_name: 'Stop', last_assistant_message: `It is\n${keyOf('f')}.` })],
  [
    'an error of the API',
    () =>
      hook({
        hook_event_name: 'StopFailure',
        error: 'x',
        last_assistant_message: `API Error: 401 invalid x-api-key ${keyOf('g')}`,
      }),
  ],
  [
    'a forged transcript',
    () => hook({ hook_event_name: 'Stop', transcript_path: `/tmp/${keyOf('h')}/a.jsonl` }),
  ],
  [
    'a screen and its title',
    async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${daemon.port}/pty/coder-1`, { headers: daemon.owner });
      // A person's own terminal shows what the program writes, as it is.
      const echoed = new Promise<void>((resolve) => {
        socket.on('message', (data) => {
          if (String(data).includes(`heard ${keyOf('i')}`)) resolve();
        });
      });
      socket.once('open', () =>
        socket.send(JSON.stringify({ type: 'input', data: `\u001b]0;${keyOf('i')}\u0007\r${keyOf('i')}\r` })),
      );
      await echoed;
      socket.terminate();
      expect(await call('mission_pty_screen', { slotId: 'coder-1' })).toContain('heard [secret]');
      for (const format of ['svg', 'cast']) {
        const taken = await call('mission_pty_screenshot', { slotId: 'coder-1', format });
        const { path: file } = z.looseObject({ path: z.string() }).parse(JSON.parse(taken));
        expect(readFileSync(file, 'utf8')).toContain('•');
      }
    },
  ],
  [
    'a note and a task of the board',
    async () => {
      const made = await call('mission_board_create', { title: 'a task' });
      const { id } = z.looseObject({ id: z.string() }).parse(JSON.parse(made).task ?? JSON.parse(made));
      await call('mission_board_note_add', { taskId: id, content: `the key is ${keyOf('j')}` });
      expect(await call('mission_board_get', { id })).toContain('the key is [secret]');
    },
  ],
  [
    'labels of a task',
    () => call('mission_submit', { slotId: 'researcher-1', prompt: 'x', labels: [keyOf('k').slice(0, 64)] }),
  ],
  [
    'a rule, which stands whole in permissions.yaml alone',
    async () => {
      const rule = { allow: [`Bash(${curl('l')})`] };
      await daemon.client.permissionSetSlot({ slotId: 'coder-2', rule });
      expect(readFileSync(path.join(daemon.home, 'permissions.yaml'), 'utf8')).toContain(keyOf('l'));
      expect(await call('mission_audit_trace', { kind: 'rules' })).toContain('x-api-key: [secret]');
    },
  ],
])('a key in %s is neither stored, logged nor told', async (_, say) => {
  heard.length = 0;
  await say();
  await readEverything();
  expect(leftovers()).toEqual([]);
});

test('a key in a question is neither stored nor told, also not to those who asked to be told', async () => {
  const command = curl('question');
  const answered = hook({ hook_event_name: 'PermissionRequest', ...BASH, tool_input: { command } });
  const asked = await eventOf(daemon.client, (event) =>
    event?.type === 'question_asked' ? event.question : undefined,
  );
  expect(asked.argument).toContain('x-api-key: [secret]');
  await readEverything();
  await call('mission_pty_confirm', { questionId: asked.id, response: false });
  expect(await answered).toContain('"deny"');
  await readEverything();
  expect(leftovers()).toEqual([]);
  const told = path.join(daemon.directory, 'notices.txt');
  await expect
    .poll(() => readdirSync(daemon.directory).includes('notices.txt') && readFileSync(told, 'utf8'))
    .toContain(asked.id);
  expect(readFileSync(told, 'utf8')).toContain('[secret]');
  expect(readFileSync(told, 'utf8')).not.toContain(KEY);
});

test('what will be typed stays whole, and stands nowhere but there', async () => {
  const { taskId } = await daemon.client.submit({
    slotId: 'researcher-1',
    prompt: `log in with ${keyOf('prompt')}`,
  });
  await call('mission_inbox', {});
  const logs = leftovers().filter((line) => !line.startsWith('mission.db') && !line.startsWith('answer'));
  expect(logs).toEqual([]);
  expect(await call('mission_status', { taskId })).toContain(keyOf('prompt'));
});
