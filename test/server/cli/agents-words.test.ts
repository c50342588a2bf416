import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from './run-cli.ts';

/** Sets the title, takes the clipboard, clears the screen (once as C1), goes back, rings; and ordinary words. */
const HOSTILE =
  'a\u001b]0;TITLE\u0007b\u001b]52;c;Q0xJUA==\u001b\\c\u001b[2Jd\u009b2Je\rf\bg\u0007\n\th\u001b';
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;
const TASK = {
  id: '3f0c0b1e-6a5f-4f6e-9d6e-0d1d2b3c4d5e',
  role: 'coder',
  prompt: HOSTILE,
  status: 'done',
  result: HOSTILE,
  createdAt: 1,
};
const REPLIES = new Map<string, unknown>([
  ['health', { status: 'ok', pid: process.pid }],
  ['mission_status', TASK],
  ['mission_task', { tasks: [TASK] }],
  ['mission_ask', { taskId: TASK.id, answer: HOSTILE }],
  ['mission_pty_logs', { lines: [HOSTILE] }],
]);

let home: string;
const daemon = http.createServer((request, response) => {
  const reply = REPLIES.get(request.url?.split('/').at(-1) ?? '');
  if (reply === undefined) response.writeHead(400);
  response.end(JSON.stringify(reply ?? { error: { code: 'internal', message: HOSTILE, remedy: HOSTILE } }));
});
beforeAll(async () => {
  home = mkdtempSync(path.join(os.tmpdir(), 'missiond-cli-'));
  await once(daemon.listen(path.join(home, 'missiond.sock')), 'listening');
});
afterAll(() => {
  daemon.close();
  rmSync(home, { recursive: true, force: true });
});

describe.each([
  ['status', ['status', TASK.id], {}],
  ['tasks', ['tasks'], {}],
  ['ask', ['ask', '--role', 'coder', 'x'], {}],
  // A person's own are read as files: logs.test.ts.
  ['logs, to an agent', ['logs', 'coder-1'], { MISSIOND_SLOT_ID: 'coder-1' }],
  ['call', ['call', 'mission_status', '{}'], {}],
  ['an error', ['call', 'unknown'], {}],
] as const)('what an agent wrote, shown by %s', (_, argv, env) => {
  test('commands no terminal', async () => {
    const { out, err } = await runCli([...argv, '--home', home], env);
    expect(out + err).not.toMatch(CONTROL);
    expect(out + err).toMatch(/a[^\n]*b[^\n]*c[^\n]*d[^\n]*e/);
  });

  test('is whole in JSON, which commands no terminal either', async () => {
    const { out } = await runCli([...argv, '--json', '--home', home], env);
    expect(out).not.toMatch(CONTROL);
    expect(JSON.stringify(JSON.parse(out))).toContain(JSON.stringify(HOSTILE));
  });
});

test('lines and tabs of an answer stay', async () => {
  const { out } = await runCli(['ask', '--role', 'coder', 'x', '--home', home]);
  expect(out).toBe('abcdefg\n\th\n');
});
