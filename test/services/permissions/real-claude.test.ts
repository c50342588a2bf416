import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureClaudeCode } from '../../../services/claude/install.ts';
import { prepareSandboxHome } from '../../../services/claude/sandbox-home.ts';
import { compileToClaudeSettings } from '../../../services/permissions/claude-settings.ts';
import {
  type ScriptedModel,
  startScriptedModel,
} from '../../../services/scripted-model/start-scripted-model.ts';
import { policyOf } from './policies.ts';

const API_KEY = `sk-ant-test-${'0'.repeat(40)}`;
const run = promisify(execFile);
let root: string;
let cwd: string;
let model: ScriptedModel;

beforeEach(async () => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'missiond-away-')));
  cwd = path.join(root, 'work');
  mkdirSync(path.join(cwd, 'build'), { recursive: true });
  mkdirSync(path.join(cwd, 'gen'));
  mkdirSync(path.join(root, 'home', '.ssh'), { recursive: true });
  writeFileSync(path.join(root, 'home', '.ssh', 'id'), 'the key');
  model = await startScriptedModel();
});
afterEach(async () => {
  await model.close();
  rmSync(root, { recursive: true, force: true });
});

/** Has a real Claude Code use the tools, with the compiled rules as its only settings: no hook, no daemon. */
async function useTools(
  scopes: Parameters<typeof policyOf>[0],
  tools: readonly (readonly [string, object])[],
  mode: string,
): Promise<string> {
  const program = await ensureClaudeCode();
  const home = path.join(root, 'home');
  prepareSandboxHome(home, { apiKey: API_KEY, trusted: [cwd], version: program.version });
  const permissions = compileToClaudeSettings(policyOf(scopes), {
    role: 'coder',
    slotId: 'coder-1',
    version: null,
  });
  const settings = JSON.stringify({ permissions });
  const args = ['-p', `tools: ${JSON.stringify(tools)}`, '--settings', settings, '--permission-mode', mode];
  const running = run(program.file, args, {
    cwd,
    env: {
      HOME: home,
      PATH: process.env['PATH'],
      IS_SANDBOX: '1',
      ANTHROPIC_BASE_URL: model.url,
      ANTHROPIC_API_KEY: API_KEY,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
    },
  });
  running.child.stdin?.end();
  await running;
  return model
    .requests()
    .flatMap(({ results }) => results.map(({ text }) => text))
    .join('\n');
}

const bash = (command: string): readonly [string, object] => ['Bash', { command, description: 'x' }];

describe.each(['default', 'bypassPermissions'])('with no daemon, in mode %s', (mode) => {
  it('forbids what the policy forbids', async () => {
    const commands = [
      'rm -rf build',
      'cd /tmp && rm -rf build',
      'rm -fr build',
      'rm -r -f build',
      '/bin/rm -rf build',
      'timeout 5 rm -rf build',
      'echo $(rm -rf build)',
      'if true; then rm -rf build; fi',
      'echo x > gen/b',
    ];
    const write = path.join(cwd, 'gen', 'a');
    const key = path.join(root, 'home', '.ssh', 'id');
    const heard = await useTools(
      {
        default: { deny: ['Bash(rm -rf*)', 'Write(gen/**)', 'Read(~/.ssh/**)'] },
        role: { allow: ['Write', 'Read'] },
      },
      [
        ...commands.map(bash),
        ['Write', { file_path: write, content: 'x' }],
        ['Read', { file_path: key }],
        bash('pwd'),
      ],
      mode,
    );
    for (const command of commands) expect(heard).toContain(`with command ${command} has been denied`);
    expect(existsSync(path.join(cwd, 'build'))).toBe(true);
    expect(existsSync(write)).toBe(false);
    expect(existsSync(path.join(cwd, 'gen', 'b'))).toBe(false);
    expect(heard).not.toContain('the key');
    // What nothing forbids still works.
    expect(heard).toContain(cwd);
  });
});
