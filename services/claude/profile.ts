import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClaudeSessionId, SlotId } from '../../db/ids.ts';
import { doorFileOf } from './door-file.ts';
import { hookSettings } from './hook-settings.ts';
import { launchEnvironment } from './launch-environment.ts';
import { atLeast } from './version-order.ts';

export interface LaunchRequest {
  readonly slot: {
    readonly id: SlotId;
    readonly cwd: string;
    readonly model?: string;
    readonly effort?: string;
    /** `manual`, `acceptEdits`, `plan`, `auto`, `dontAsk`, `bypassPermissions`. */
    readonly permissionMode?: string;
    readonly dangerouslySkipPermissions?: boolean;
    readonly mcpConfig?: string;
    readonly appendSystemPrompt?: string;
    /** Further arguments, last. */
    readonly args?: readonly string[];
    /** Resolved values of slots.yaml. */
    readonly env?: Readonly<Record<string, string>>;
  };
  /** Absolute path of the program and its version. */
  readonly program: { readonly file: string; readonly version: string };
  readonly sessionId: ClaudeSessionId;
  /** Continue the conversation of that id instead of beginning one. */
  readonly resume: boolean;
  readonly hookUrl: string;
  readonly statusLineUrl: string;
  readonly slotToken: string;
  /** Where the agent may call missiond with that token, if it may. */
  readonly mcpUrl?: string;
  /** In Claude Code's own syntax; they hold while the daemon is away. */
  readonly permissions: {
    readonly allow: readonly string[];
    readonly ask: readonly string[];
    readonly deny: readonly string[];
  };
  /** The daemon's home; files of the slot go to `agents/<slot>/`. */
  readonly home: string;
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly version: string;
  /** The settings file that was written (mode 0600). */
  readonly settingsFile: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Newer versions say `manual` where older ones (to 2.1.150 at least) say `default`. */
const MANUAL_SINCE = '2.1.200';

function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Secrets: written so that nobody else can read them, also when an older file was more open. */
async function writePrivate(file: string, value: unknown): Promise<void> {
  await writeFile(file, JSON.stringify(value, null, 2), { mode: 0o600 });
  await chmod(file, 0o600);
}

function permissionMode({ slot, program }: LaunchRequest): string {
  const asked =
    slot.dangerouslySkipPermissions === true ? 'bypassPermissions' : (slot.permissionMode ?? 'manual');
  const manual = atLeast(program.version, MANUAL_SINCE) ? 'manual' : 'default';
  return asked === 'manual' || asked === 'default' ? manual : asked;
}

/** What the agent calls missiond with, in a file of its own; none is left where it may not. */
async function writeMcpConfig(
  file: string,
  { mcpUrl, slotToken }: LaunchRequest,
): Promise<readonly string[]> {
  if (mcpUrl === undefined) {
    await rm(file, { force: true });
    return [];
  }
  const headers = { Authorization: `Bearer ${slotToken}` };
  await writePrivate(file, { mcpServers: { missiond: { type: 'http', url: mcpUrl, headers } } });
  return [file];
}

function argumentsOf(
  request: LaunchRequest,
  settingsFile: string,
  mcpConfigs: readonly string[],
): readonly string[] {
  const { slot, sessionId, resume } = request;
  const optional = [
    ['--model', slot.model],
    ['--effort', slot.effort],
    ['--append-system-prompt', slot.appendSystemPrompt],
  ] as const;
  return [
    resume ? '--resume' : '--session-id',
    sessionId,
    '--settings',
    settingsFile,
    '--permission-mode',
    permissionMode(request),
    ...optional.flatMap(([option, value]) => (value === undefined ? [] : [option, value])),
    ...(mcpConfigs.length === 0 ? [] : ['--mcp-config', ...mcpConfigs]),
    ...(slot.args ?? []),
  ];
}

/**
 * Works out how a slot's Claude Code is started and writes its settings: hooks and status line that reach the daemon,
 * and the permission rules. The token stands in files of mode 0600 only, never in an argument or a variable.
 */
export async function buildLaunch(request: LaunchRequest): Promise<Launch> {
  const { slot, program, hookUrl, statusLineUrl, slotToken } = request;
  const folder = path.join(request.home, 'agents', slot.id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const doorFile = doorFileOf(request.home, slot.id);
  const settingsFile = path.join(folder, 'settings.json');
  const script = fileURLToPath(new URL('./status-line.mjs', import.meta.url));
  const relay = (mode: 'status' | 'hook') =>
    [process.execPath, script, mode, doorFile].map(shellQuoted).join(' ');
  const settings = {
    hooks: hookSettings({ hookUrl, slotToken, relayCommand: relay('hook'), version: program.version }),
    statusLine: { type: 'command', command: relay('status'), padding: 0 },
    permissions: request.permissions,
  };
  await writePrivate(doorFile, { hookUrl, statusLineUrl, token: slotToken });
  await writePrivate(settingsFile, settings);
  const ownConfig = await writeMcpConfig(path.join(folder, 'mcp.json'), request);
  const mcpConfigs = [...(slot.mcpConfig === undefined ? [] : [slot.mcpConfig]), ...ownConfig];
  return {
    file: program.file,
    args: argumentsOf(request, settingsFile, mcpConfigs),
    env: launchEnvironment({
      inherited: request.inherited,
      slotId: slot.id,
      slotEnv: slot.env ?? {},
      isRoot: process.getuid?.() === 0,
    }),
    cwd: slot.cwd,
    version: program.version,
    settingsFile,
    settings,
  };
}
