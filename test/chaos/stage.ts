import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createEmbeddedHome, type EmbeddedHome } from '../../server/demo/embedded-home.ts';
import { ensureClaudeCode } from '../../services/claude/install.ts';
import { startScriptedModel } from '../../services/scripted-model/start-scripted-model.ts';
import { createShiftedClock, type ShiftedClock } from './clock.ts';
import { type ProcessKind, processesOfRun, type RunProcess, sendSignal } from './processes.ts';
import { createSmallDisk, type SmallDisk } from './small-disk.ts';
import { forScriptedModel, forSmallAgent, type Wording } from './work.ts';

const run = promisify(execFile);
const DIST = fileURLToPath(new URL('../../dist/server/cli/', import.meta.url));
export const BRIDGE = path.join(DIST, 'mission-mcp.js');
const CLI = path.join(DIST, 'missiond.js');
const SMALL_AGENT = fileURLToPath(new URL('./agent/claude.mjs', import.meta.url));
const POLICY = `default:
  allow: ["Bash(echo *)", "Bash(sleep *)"]
  confirm: ["Bash(touch *)"]
roles: {}
slots: {}
`;
/** A daemon that waits for a locked or full database takes its time. */
const UP_WITHIN_MS = 90_000;

export const SLOTS = [
  { id: 'coder-1', role: 'coder', description: 'codes' },
  { id: 'coder-2', role: 'coder', description: 'codes too' },
  { id: 'researcher-1', role: 'researcher', description: 'reads' },
] as const;

/** Everything of a run below one folder: homes, workspaces, database, clock. */
export interface Stage extends EmbeddedHome {
  readonly run: string;
  readonly directory: string;
  readonly databaseFile: string;
  readonly env: Readonly<Record<string, string>>;
  readonly wording: Wording;
  /** Null where the machine does not allow it. */
  readonly clock: ShiftedClock | null;
  readonly disk: SmallDisk | null;
  processes(kind?: ProcessKind): readonly RunProcess[];
  /** Starts the daemon unless one runs. Rejects when it does not start. */
  up(): Promise<void>;
  down(): Promise<void>;
  /** Ends what is left, and removes everything unless `keep`. */
  close(options: { readonly keep: boolean }): Promise<void>;
}

export async function createStage(options: { readonly realClaude: boolean }): Promise<Stage> {
  const name = randomBytes(4).toString('hex');
  const directory = mkdtempSync(path.join(os.tmpdir(), 'missiond-chaos-'));
  const model = options.realClaude ? await startScriptedModel() : null;
  const clock = createShiftedClock(directory);
  const disk = createSmallDisk(directory);
  const embedded = createEmbeddedHome({
    directory,
    claudeFile: options.realClaude ? (await ensureClaudeCode()).file : SMALL_AGENT,
    modelUrl: model?.url ?? 'http://127.0.0.1:9',
    slots: SLOTS,
    permissionsYaml: POLICY,
  });
  const databaseFile = path.join(disk?.folder ?? embedded.home, 'mission.db');
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: path.join(directory, 'person'),
    LANG: 'C.UTF-8',
    MISSIOND_HOME: embedded.home,
    MISSION_DB_PATH: databaseFile,
    MISSION_WS_PORT: '0',
    ...clock?.env,
  };
  const processes = (kind?: ProcessKind): readonly RunProcess[] =>
    processesOfRun(directory).filter((each) => kind === undefined || each.kind === kind);
  const command = (words: readonly string[]) =>
    run(process.execPath, [CLI, ...words, '--home', embedded.home], { env, timeout: UP_WITHIN_MS });
  return {
    ...embedded,
    run: name,
    directory,
    databaseFile,
    env,
    wording: options.realClaude ? forScriptedModel : forSmallAgent,
    clock,
    disk,
    processes,
    async up() {
      await command(['up']);
    },
    async down() {
      await command(['down']);
    },
    async close({ keep }) {
      for (const { pid } of processes()) sendSignal(pid, 'SIGKILL');
      await model?.close();
      if (keep) return;
      disk?.unmount();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
