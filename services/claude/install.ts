import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { MissionError } from '../errors/mission-error.ts';

const run = promisify(execFile);

/** The version that the demonstration and the tests run. Everything is measured against it. */
export const PINNED_CLAUDE_CODE = '2.1.329';
/** 360 MB through a slow mirror. */
const INSTALL_AT_MOST_MS = 10 * 60_000;

export interface ClaudeProgram {
  /** Absolute path. */
  readonly file: string;
  readonly version: string;
}

/** `MISSIOND_CACHE`, else the user's cache folder. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  return env['MISSIOND_CACHE'] ?? path.join(env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'missiond');
}

function isMusl(): boolean {
  const report = process.report.getReport();
  const header = typeof report === 'object' && 'header' in report ? report.header : undefined;
  return process.platform === 'linux' && !JSON.stringify(header ?? {}).includes('glibcVersionRuntime');
}

/** Newer packages carry a native program for each platform (2.1.150 on); older ones are a script with a launcher. */
function programIn(directory: string): string | null {
  const native = `claude-code-${process.platform}-${process.arch}${isMusl() ? '-musl' : ''}`;
  const candidates = [
    path.join(directory, 'node_modules', '@anthropic-ai', native, 'claude'),
    path.join(directory, 'node_modules', '.bin', 'claude'),
  ];
  return candidates.find((file) => existsSync(file)) ?? null;
}

/**
 * The real Claude Code at a version, fetched from npm into a cache once. Its install scripts are not run: they only
 * link the native program, which is used from where it lies. Two processes that fetch at the same time get one result.
 * @throws MissionError `claude_missing` when npm cannot fetch it
 */
export async function ensureClaudeCode(options: {
  readonly version?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly onProgress?: (message: string) => void;
  readonly signal?: AbortSignal;
}): Promise<ClaudeProgram> {
  const version = options.version ?? PINNED_CLAUDE_CODE;
  const cache = path.join(cacheDirectory(options.env ?? process.env), 'claude-code');
  const directory = path.join(cache, version);
  const cached = programIn(directory);
  if (cached !== null) return { file: cached, version };
  options.onProgress?.(`fetching Claude Code ${version} from npm into ${directory}`);
  mkdirSync(cache, { recursive: true });
  const temporary = mkdtempSync(path.join(cache, `.${version}-`));
  try {
    writeFileSync(path.join(temporary, 'package.json'), '{"private":true}\n');
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', temporary, `@anthropic-ai/claude-code@${version}`], {
      timeout: INSTALL_AT_MOST_MS,
      cwd: temporary,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    if (!existsSync(directory)) renameSync(temporary, directory);
  } catch (cause) {
    // Another process may have been faster; its result is as good.
    if (programIn(directory) === null) {
      throw new MissionError('claude_missing', `Claude Code ${version} could not be fetched from npm.`, {
        remedy: 'Check that `npm view @anthropic-ai/claude-code version` answers, then run the command again.',
        cause,
      });
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  const file = programIn(directory);
  if (file === null) {
    throw new MissionError('claude_missing', `Claude Code ${version} has no program for ${process.platform}-${process.arch}.`, {
      remedy: 'Run missiond on Linux or macOS, x64 or arm64.',
    });
  }
  return { file, version };
}

/**
 * The program that a slot runs: what slots.yaml names, else `claude` on the PATH.
 * @throws MissionError `claude_missing`
 */
export function locateClaude(command: string | undefined, env: NodeJS.ProcessEnv): string {
  const name = command ?? 'claude';
  const candidates = name.includes('/') ? [path.resolve(name)] : (env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, name));
  for (const candidate of candidates) {
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not here.
    }
  }
  throw new MissionError('claude_missing', name.includes('/') ? `There is no program ${name}.` : `There is no \`${name}\` on the PATH.`, {
    remedy: 'Install Claude Code (`npm install -g @anthropic-ai/claude-code`), or name its path as `command:` of the slot in slots.yaml.',
  });
}
