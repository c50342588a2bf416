import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClaudeSessionId, SlotId } from '../../../db/ids.ts';
import { hookSettings } from '../../../services/claude/hook-settings.ts';
import { launchEnvironment } from '../../../services/claude/launch-environment.ts';
import { locateClaude } from '../../../services/claude/locate.ts';
import { buildLaunch, type LaunchRequest } from '../../../services/claude/profile.ts';
import { prepareSandboxHome } from '../../../services/claude/sandbox-home.ts';

const TOKEN = 'secret-token-of-the-slot';
const SESSION = ClaudeSessionId.parse('0d9ab2f0-4c2b-4d57-9d8e-3f1c4e3a7b11');
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'missiond-launch-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function request(
  slot: Partial<LaunchRequest['slot']> = {},
  more: Partial<LaunchRequest> = {},
): LaunchRequest {
  return {
    slot: { id: SlotId.parse('coder-1'), cwd: '/w', ...slot },
    program: { file: '/opt/claude', version: '2.1.329' },
    sessionId: SESSION,
    resume: false,
    hookUrl: 'http://127.0.0.1:9120/hooks/coder-1/e',
    statusLineUrl: 'http://127.0.0.1:9120/statusline/coder-1/e',
    slotToken: TOKEN,
    permissions: { allow: ['Read'], ask: ['Bash(git push:*)'], deny: ['Bash(rm -rf:*)'] },
    home: directory,
    inherited: { PATH: '/bin' },
    ...more,
  };
}

describe('buildLaunch', () => {
  it('begins a session of our own id, with settings from a private file', async () => {
    const launch = await buildLaunch(request({ model: 'opus', mcpConfig: '/m.json', args: ['--name', 'x'] }));
    const settingsFile = path.join(directory, 'agents', 'coder-1', 'settings.json');
    expect(launch.file).toBe('/opt/claude');
    expect(launch.args).toEqual([
      ...['--session-id', SESSION],
      ...['--settings', settingsFile],
      ...['--permission-mode', 'manual'],
      ...['--model', 'opus'],
      ...['--mcp-config', '/m.json'],
      ...['--name', 'x'],
    ]);
    expect(JSON.parse(readFileSync(settingsFile, 'utf8'))).toEqual(launch.settings);
    expect(launch.settings).toMatchObject({
      permissions: { allow: ['Read'], ask: ['Bash(git push:*)'], deny: ['Bash(rm -rf:*)'] },
    });
  });

  it("gives missiond's own tools in a private file, beside what the slot has, and takes them away again", async () => {
    const file = path.join(directory, 'agents', 'coder-1', 'mcp.json');
    const mcpUrl = 'http://127.0.0.1:9120/mcp';
    const { args } = await buildLaunch(request({ mcpConfig: '/m.json' }, { mcpUrl }));
    expect(args.slice(-3)).toEqual(['--mcp-config', '/m.json', file]);
    expect(args.join(' ')).not.toContain(TOKEN);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      mcpServers: { missiond: { type: 'http', url: mcpUrl, headers: { Authorization: `Bearer ${TOKEN}` } } },
    });
    expect((await buildLaunch(request())).args).not.toContain('--mcp-config');
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('resumes under the same id', async () => {
    expect((await buildLaunch(request({}, { resume: true }))).args.slice(0, 2)).toEqual([
      '--resume',
      SESSION,
    ]);
  });

  it.each([
    ['2.1.329', undefined, 'manual'],
    ['2.1.150', undefined, 'default'],
    ['2.1.150', 'manual', 'default'],
    ['2.1.329', 'default', 'manual'],
    ['2.1.329', 'plan', 'plan'],
  ])('%s, %s: permission mode %s', async (version, permissionMode, expected) => {
    const slot = permissionMode === undefined ? {} : { permissionMode };
    const { args } = await buildLaunch(request(slot, { program: { file: '/c', version } }));
    expect(args[args.indexOf('--permission-mode') + 1]).toBe(expected);
  });

  it('skips permissions only when the slot says so', async () => {
    const { args } = await buildLaunch(request({ dangerouslySkipPermissions: true }));
    expect(args).toContain('bypassPermissions');
  });

  it('keeps the token out of arguments, environment and commands, and its files private', async () => {
    const { args, env, settings, settingsFile } = await buildLaunch(request());
    expect(JSON.stringify([args, env, settings['statusLine']])).not.toContain(TOKEN);
    for (const file of [settingsFile, path.join(path.dirname(settingsFile), 'door.json')]) {
      expect(readFileSync(file, 'utf8')).toContain(TOKEN);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    expect(statSync(path.dirname(settingsFile)).mode & 0o777).toBe(0o700);
  });

  it('makes a file private that was open before', async () => {
    const folder = path.join(directory, 'agents', 'coder-1');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'settings.json'), '{}');
    chmodSync(path.join(folder, 'settings.json'), 0o644);
    const { settingsFile } = await buildLaunch(request());
    expect(statSync(settingsFile).mode & 0o777).toBe(0o600);
  });
});

describe('hookSettings', () => {
  const door = { hookUrl: 'http://h', slotToken: TOKEN, relayCommand: 'relay' };

  it('posts over HTTP what can be posted, with an hour for a person’s answer', () => {
    const hooks = hookSettings({ ...door, version: '2.1.329' });
    expect(hooks['PermissionRequest']).toEqual([
      {
        matcher: '*',
        hooks: [
          { type: 'http', url: 'http://h', headers: { Authorization: `Bearer ${TOKEN}` }, timeout: 3_720 },
        ],
      },
    ]);
    expect(hooks['PreToolUse']).toMatchObject([{ hooks: [{ timeout: 10 }] }]);
    expect(hooks['Stop']).toMatchObject([{ hooks: [{ type: 'http', timeout: 5 }] }]);
    // Not sent over HTTP by 2.1.329, although it takes the settings.
    expect(hooks['SessionStart']).toMatchObject([{ hooks: [{ type: 'command', command: 'relay' }] }]);
  });

  it('relays everything for versions without HTTP hooks, and leaves out what they do not know', () => {
    const hooks = hookSettings({ ...door, version: '2.1.30' });
    expect(JSON.stringify(hooks)).not.toContain('"http"');
    expect(JSON.stringify(hooks)).not.toContain(TOKEN);
    expect(Object.keys(hooks)).not.toContain('MessageDisplay');
    expect(Object.keys(hooks)).toContain('Stop');
  });
});

describe('launchEnvironment', () => {
  const options = { slotId: 'coder-1', slotEnv: {}, isRoot: false };

  it('leaves out the traces of the session that started the daemon', () => {
    const env = launchEnvironment({
      ...options,
      inherited: {
        PATH: '/bin',
        HOME: '/home/x',
        ANTHROPIC_API_KEY: 'kept',
        CLAUDE_CONFIG_DIR: '/kept',
        CLAUDECODE: '1',
        CLAUDE_CODE_ENTRYPOINT: 'cli',
        CLAUDE_CODE_CHILD_SESSION: '1',
        CLAUDE_EFFORT: 'high',
        npm_config_prefix: '/n',
        NODE_OPTIONS: '--inspect',
        MISSIOND_HOME: '/m',
      },
    });
    expect(env).toMatchObject({
      PATH: '/bin',
      HOME: '/home/x',
      ANTHROPIC_API_KEY: 'kept',
      CLAUDE_CONFIG_DIR: '/kept',
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
      MISSIOND_SLOT_ID: 'coder-1',
      DISABLE_AUTOUPDATER: '1',
    });
    for (const name of [
      'CLAUDECODE',
      'CLAUDE_CODE_ENTRYPOINT',
      'CLAUDE_CODE_CHILD_SESSION',
      'CLAUDE_EFFORT',
      'npm_config_prefix',
      'NODE_OPTIONS',
      'MISSIOND_HOME',
      'IS_SANDBOX',
    ]) {
      expect(env, name).not.toHaveProperty(name);
    }
  });

  it('lets slots.yaml win, and tells root that it is in a sandbox', () => {
    const env = launchEnvironment({
      ...options,
      isRoot: true,
      inherited: { LANG: 'de_DE.UTF-8' },
      slotEnv: { DISABLE_AUTOUPDATER: '0', GITHUB_TOKEN: 'x' },
    });
    expect(env).toMatchObject({
      IS_SANDBOX: '1',
      LANG: 'de_DE.UTF-8',
      DISABLE_AUTOUPDATER: '0',
      GITHUB_TOKEN: 'x',
    });
  });
});

describe('locateClaude', () => {
  beforeEach(() => {
    writeFileSync(path.join(directory, 'claude'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(path.join(directory, 'plain'), 'text', { mode: 0o644 });
  });

  it('finds it on the PATH, by path, and below home', async () => {
    const file = path.join(directory, 'claude');
    expect(await locateClaude({ env: { PATH: `/nowhere:${directory}` } })).toBe(file);
    expect(await locateClaude({ command: file, env: {} })).toBe(file);
    expect(await locateClaude({ command: '~/claude', env: { HOME: directory } })).toBe(file);
  });

  it.each(['claude', 'plain', '/nowhere/claude'])(
    'says how to get it when there is none: %s',
    async (command) => {
      await expect(
        locateClaude({ command, env: { PATH: '/nowhere', HOME: '/nowhere' } }),
      ).rejects.toMatchObject({
        code: 'claude_missing',
        remedy: expect.stringContaining('npm install -g @anthropic-ai/claude-code'),
      });
    },
  );
});

describe('trust', () => {
  it('a sandbox home trusts the folders it was made for', () => {
    prepareSandboxHome(directory, { apiKey: `sk-${'1'.repeat(40)}`, trusted: ['/w'] });
    const state = JSON.parse(readFileSync(path.join(directory, '.claude.json'), 'utf8'));
    expect(state).toMatchObject({
      hasCompletedOnboarding: true,
      customApiKeyResponses: { approved: ['1'.repeat(20)] },
      projects: { '/w': { hasTrustDialogAccepted: true } },
    });
  });
});
