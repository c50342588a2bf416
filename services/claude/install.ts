import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import { findInstalledProgram } from './native-program.ts';
import { PINNED_CLAUDE_CODE } from './pinned-version.ts';
import { programVersion } from './program-version.ts';

export interface InstalledClaude {
  /** Absolute path of the program. */
  readonly file: string;
  readonly version: string;
}

export interface EnsureOptions {
  readonly version?: string;
  /** Default: `cacheDirectory(process.env)`. */
  readonly cacheDirectory?: string;
  readonly signal?: AbortSignal;
  /** Sentences for a person. */
  readonly onProgress?: (sentence: string) => void;
}

/** The last lines of npm say why it failed. */
const ERROR_LINES = 8;

/** Where fetched programs are kept: `MISSIOND_CACHE`, else `missiond` in the XDG cache. */
export function cacheDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const { MISSIOND_CACHE: own, XDG_CACHE_HOME: xdg, HOME: home } = env;
  if (own !== undefined && own !== '') return path.resolve(own);
  const base = xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(home ?? homedir(), '.cache');
  return path.join(base, 'missiond');
}

async function npmInstall(prefix: string, version: string, signal: AbortSignal | undefined): Promise<void> {
  const args = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--prefix',
    prefix,
  ];
  const child = spawn('npm', [...args, `@anthropic-ai/claude-code@${version}`], {
    cwd: prefix,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  });
  let said = '';
  const hear = (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-4_000);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    const tail = said.trim().split('\n').slice(-ERROR_LINES).join('\n');
    throw new Error(`npm ended with ${code}: ${tail}`);
  }
}

function fetchFailed(version: string, cause: unknown): MissionError {
  const reason = messageOf(cause);
  return new MissionError(
    'claude_missing',
    `Claude Code ${version} could not be fetched from npm. ${reason}`,
    {
      remedy:
        'Check that npm reaches its registry, or name a Claude Code of your own with `command:` in slots.yaml.',
      cause,
    },
  );
}

async function useInstalled(
  directory: string,
  signal: AbortSignal | undefined,
): Promise<InstalledClaude | null> {
  const file = await findInstalledProgram(directory);
  if (file === null) return null;
  const options = { env: process.env, ...(signal === undefined ? {} : { signal }) };
  const version = await programVersion(file, options).catch(() => null);
  return version === null ? null : { file, version };
}

/**
 * Makes sure that a version of Claude Code lies in the cache, fetching it from npm when it does not (about 240 MB for
 * recent versions), and checks that it runs. Several processes may do so at once: each fetches into a folder of its own
 * and the first to finish wins. Throws `claude_missing` when it cannot be had.
 */
export async function ensureClaudeCode(options: EnsureOptions = {}): Promise<InstalledClaude> {
  const { version = PINNED_CLAUDE_CODE, signal, onProgress = () => {} } = options;
  const folder = path.join(options.cacheDirectory ?? cacheDirectory(process.env), 'claude-code');
  const directory = path.join(folder, version);
  const present = await useInstalled(directory, signal);
  if (present !== null) return present;

  onProgress(`fetching Claude Code ${version} from npm into ${directory} (once; it is large)`);
  await mkdir(folder, { recursive: true });
  const temporary = await mkdtemp(path.join(folder, `.${version}-`));
  try {
    await npmInstall(temporary, version, signal);
    await rename(temporary, directory).catch(async (error: unknown) => {
      // Somebody else was faster. If what lies there does not run, it is broken and makes room.
      if ((await useInstalled(directory, signal)) !== null) return;
      await rm(directory, { recursive: true, force: true });
      await rename(temporary, directory).catch(() => {
        throw error;
      });
    });
  } catch (error) {
    throw fetchFailed(version, error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  const installed = await useInstalled(directory, signal);
  if (installed === null)
    throw fetchFailed(version, new Error(`What was installed in ${directory} does not run.`));
  return installed;
}
