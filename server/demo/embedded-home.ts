import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { prepareSandboxHome } from '../../services/claude/sandbox-home.ts';

/** No account: the scripted model takes any key. The shape is what Claude Code expects of one. */
export const SCRIPTED_API_KEY = `sk-ant-test-${'0'.repeat(40)}`;

export interface EmbeddedSlot {
  readonly id: string;
  readonly role: string;
  readonly description: string;
  /** Beside what it needs to reach the model. */
  readonly env?: Readonly<Record<string, string>>;
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface EmbeddedHome {
  /** `MISSIOND_HOME` of the daemon. */
  readonly home: string;
  /** The HOME that Claude Code sees: no file of the person's is read or written. */
  readonly claudeHome: string;
  /** The working directory of a slot. */
  workspace(slotId: string): string;
}

/**
 * Lays out everything that a daemon needs to run real Claude Code sessions against the scripted model,
 * below one folder of its own: the daemon's home, a HOME for Claude Code, a workspace for each slot.
 */
export function createEmbeddedHome(options: {
  readonly directory: string;
  readonly claudeFile: string;
  readonly modelUrl: string;
  readonly slots: readonly EmbeddedSlot[];
  readonly permissionsYaml: string;
  /** More of slots.yaml. */
  readonly settings?: Readonly<Record<string, unknown>>;
}): EmbeddedHome {
  // With a dot, as a person's has: Claude Code writes it otherwise in the names of its own folders.
  const home = path.join(options.directory, '.missiond');
  const claudeHome = path.join(options.directory, 'claude-home');
  const workspace = (slotId: string) => path.join(options.directory, 'work', slotId);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  for (const slot of options.slots) {
    mkdirSync(workspace(slot.id), { recursive: true });
    execFileSync('git', ['init', '-q', workspace(slot.id)], {
      env: { PATH: process.env['PATH'] ?? '', HOME: claudeHome },
    });
    writeFileSync(path.join(workspace(slot.id), 'README.md'), `# A workspace of ${slot.id}\n`);
  }
  prepareSandboxHome(claudeHome, {
    apiKey: SCRIPTED_API_KEY,
    trusted: options.slots.map((slot) => workspace(slot.id)),
  });
  const slots = options.slots.map((slot) => ({
    id: slot.id,
    role: slot.role,
    description: slot.description,
    cwd: workspace(slot.id),
    command: options.claudeFile,
    permissionMode: 'manual',
    env: {
      HOME: claudeHome,
      ANTHROPIC_BASE_URL: options.modelUrl,
      ANTHROPIC_API_KEY: SCRIPTED_API_KEY,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      ...slot.env,
    },
    ...slot.extra,
  }));
  writeFileSync(path.join(home, 'slots.yaml'), stringify({ slots, ...options.settings }), { mode: 0o600 });
  writeFileSync(path.join(home, 'permissions.yaml'), options.permissionsYaml, { mode: 0o600 });
  return { home, claudeHome, workspace };
}
