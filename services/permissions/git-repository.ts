import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** No configuration that people write is longer. */
const MOST_CONFIG_LINES = 5_000;

/** The folder of git's own files: of the repository itself, or of one of its worktrees. */
function gitFolder(folder: string): string | null {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const found = path.join(at, '.git');
    if (existsSync(found)) {
      if (statSync(found).isDirectory()) return found;
      const [, elsewhere] = /^gitdir: (.*)$/m.exec(readFileSync(found, 'utf8')) ?? [];
      return elsewhere === undefined ? null : path.resolve(at, elsewhere.trim());
    }
    if (at === path.dirname(at)) return null;
  }
}

const branchOf = (head: string): string | null =>
  /^ref: refs\/(?:heads|remotes\/[^/]+)\/(.+)$/m.exec(head)?.[1]?.trim() ?? null;

/** The branch that is checked out in a folder; null when that cannot be told. */
export function currentBranch(folder: string): string | null {
  try {
    const git = gitFolder(folder);
    return git === null ? null : branchOf(readFileSync(path.join(git, 'HEAD'), 'utf8'));
  } catch {
    return null;
  }
}

/** The folder of git's files that all worktrees share; null outside a repository. */
function commonFolder(folder: string): string | null {
  try {
    const git = gitFolder(folder);
    if (git === null) return null;
    const shared = path.join(git, 'commondir');
    return existsSync(shared) ? path.resolve(git, readFileSync(shared, 'utf8').trim()) : git;
  } catch {
    return null;
  }
}

/** The default branches of the remotes, as far as git has noted them. */
export function defaultBranches(folder: string): readonly string[] {
  try {
    const common = commonFolder(folder);
    if (common === null) return [];
    const remotes = path.join(common, 'refs', 'remotes');
    return readdirSync(remotes).flatMap((remote) => {
      const head = path.join(remotes, remote, 'HEAD');
      const branch = existsSync(head) ? branchOf(readFileSync(head, 'utf8')) : null;
      return branch === null ? [] : [branch];
    });
  } catch {
    return [];
  }
}

/** What an alias of the repository or the person stands for, as words; null when there is none of that name. */
export function aliasOf(name: string, folders: readonly string[]): string | null {
  const files = [
    ...folders.map(commonFolder).flatMap((git) => (git === null ? [] : [path.join(git, 'config')])),
    path.join(os.homedir(), '.gitconfig'),
    path.join(os.homedir(), '.config', 'git', 'config'),
  ];
  for (const file of files) {
    try {
      const found = aliasesIn(readFileSync(file, 'utf8')).get(name.toLowerCase());
      if (found !== undefined) return found;
    } catch {
      // One that is not there has no aliases.
    }
  }
  return null;
}

function aliasesIn(config: string): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>();
  let inside = false;
  for (const line of config.split('\n').slice(0, MOST_CONFIG_LINES)) {
    if (/^\s*\[/.test(line)) inside = /^\s*\[\s*alias\s*\]/i.test(line);
    const [, key, value] = /^\s*([A-Za-z][\w-]*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (inside && key !== undefined && value !== undefined) aliases.set(key.toLowerCase(), value.trim());
  }
  return aliases;
}
