import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { MissionError } from '../errors/mission-error.ts';

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/**
 * The absolute path of Claude Code: `command` when it is a path, else the first program of that name on the PATH of
 * `env`, and in `~/.local/bin`, where Claude Code's own installer puts it. Throws `claude_missing`.
 */
export async function locateClaude(options: {
  /** `claude` unless the slot names another. */
  readonly command?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Promise<string> {
  const { command = 'claude', env } = options;
  const home = env['HOME'] ?? '';
  const named = command.startsWith('~/') ? path.join(home, command.slice(2)) : command;
  const folders = [...(env['PATH'] ?? '').split(path.delimiter), path.join(home, '.local', 'bin')];
  const candidates = named.includes('/')
    ? [path.resolve(named)]
    : folders.filter((folder) => path.isAbsolute(folder)).map((folder) => path.join(folder, named));
  for (const candidate of candidates) {
    if (await isProgram(candidate)) return candidate;
  }
  throw new MissionError(
    'claude_missing',
    named.includes('/')
      ? `${named} is not a program that can be run.`
      : `No program "${named}" was found on the PATH.`,
    {
      remedy:
        'Install Claude Code (`npm install -g @anthropic-ai/claude-code`), or set `command:` of the slot in slots.yaml to its path.',
      facts: { command },
    },
  );
}
