import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ClaudeProcess, startClaude } from '../../actors/claude-library.ts';
import { SCRIPTED_API_KEY } from '../../server/demo/embedded-home.ts';
import { ensureClaudeCode } from '../../services/claude/install.ts';
import { prepareSandboxHome } from '../../services/claude/sandbox-home.ts';
import {
  type ScriptedModel,
  startScriptedModel,
} from '../../services/scripted-model/start-scripted-model.ts';
import { processesOf } from './world.ts';

let directory: string;
let model: ScriptedModel;
let claude: ClaudeProcess | undefined;
beforeEach(async () => {
  directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'missiond-claude-library-')));
  model = await startScriptedModel();
  claude = undefined;
});
afterEach(async () => {
  await claude?.end();
  expect(processesOf(directory)).toEqual([]);
  await model.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(more: { readonly resume?: string; readonly onChange?: (state: string) => void } = {}) {
  const cwd = path.join(directory, 'work');
  const home = path.join(directory, 'home');
  mkdirSync(cwd, { recursive: true });
  execFileSync('git', ['init', '-q', cwd]);
  prepareSandboxHome(home, { apiKey: SCRIPTED_API_KEY, trusted: [cwd] });
  const { file } = await ensureClaudeCode();
  claude = await startClaude({
    cwd,
    command: file,
    args: ['--permission-mode', 'manual'],
    env: {
      HOME: home,
      ANTHROPIC_BASE_URL: model.url,
      ANTHROPIC_API_KEY: SCRIPTED_API_KEY,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    },
    ...(more.resume === undefined ? {} : { resume: more.resume }),
    ...(more.onChange === undefined ? {} : { onChange: ({ state }) => more.onChange?.(state) }),
  });
  await claude.untilIdle();
  return claude;
}

test('it is asked several lines at once, its answer comes back, and the conversation can be gone on with', async () => {
  const states = new Set<string>();
  const one = await start({ onChange: (state) => states.add(state) });
  const prompt = 'say: the first answer\nof two\nlines: $(id) `id`';
  expect(await one.ask(prompt)).toBe(prompt.slice('say: '.length));
  expect(model.requests().map((request) => request.prompt)).toEqual([prompt]);
  expect(await one.screen()).toContain('the first answer');
  expect([...states]).toEqual(expect.arrayContaining(['starting', 'idle']));
  await one.end();
  expect(await one.exited).toMatchObject({ at: expect.any(Number) });
  await expect(one.send('too late')).rejects.toMatchObject({ code: 'session_exited' });
  const two = await start({ resume: one.sessionId });
  expect(await two.screen()).toContain('the first answer');
  // The same words as before the resume: their answer is the one of now.
  expect(await two.ask(prompt)).toBe(prompt.slice('say: '.length));
  expect(model.requests().map((request) => request.prompt)).toEqual([prompt, prompt]);
});

test('a dialog is answered by the label of an option, and a turn can be interrupted', async () => {
  const one = await start();
  const asked = one.ask('tool: Bash {"command": "touch made-here"}');
  await expect.poll(() => one.view().state, { timeout: 60_000 }).toBe('confirming');
  await one.choose('Yes');
  await asked;
  expect(execFileSync('ls', [path.join(directory, 'work')], { encoding: 'utf8' })).toContain('made-here');
  await one.untilIdle();
  const slow = expect(one.ask('slow: 600')).rejects.toMatchObject({ code: 'turn_interrupted' });
  await expect.poll(() => one.view().state, { timeout: 60_000 }).not.toBe('idle');
  await one.interrupt();
  await slow;
});
