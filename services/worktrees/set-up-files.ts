import { constants, existsSync } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, readlink, realpath, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { MissionError } from '../errors/mission-error.ts';
import type { Git, GitCall } from './git.ts';

/** More is no configuration any more: it is linked. */
const MOST_FILES = 5_000;
const MOST_BYTES = 512 * 1024 * 1024;
const INCLUDE = '.worktreeinclude';

export interface SetUpFiles {
  /** The main working tree, where they are. */
  readonly from: string;
  /** The worktree. */
  readonly to: string;
  /** Patterns as in `.gitignore`, beside those of `.worktreeinclude`. */
  readonly copy: readonly string[];
  readonly link: readonly string[];
}

export interface FilesSetUp {
  readonly copied: readonly string[];
  readonly linked: readonly string[];
  /** Left out, and why. */
  readonly left: readonly string[];
}

const lies = (file: string) => lstat(file).catch(() => null);
const isBelow = (folder: string, file: string): boolean => file.startsWith(`${folder}${path.sep}`);

/** What git does not track below a folder and patterns name; whole folders as one name with a slash where asked for. */
async function named(
  { git }: Git,
  patterns: readonly string[],
  folders: boolean,
  call: GitCall,
): Promise<readonly string[]> {
  if (patterns.length === 0) return [];
  const answer = await git(
    ['ls-files', '--others', '--ignored', '-z', ...(folders ? ['--directory'] : []), ...patterns],
    call,
  );
  return answer.split('\0').filter((name) => name !== '');
}

/** True when no part of the way to a file is a link: what is committed in a worktree may lead out of it. */
async function leadsStraight(top: string, name: string): Promise<boolean> {
  let folder = top;
  for (const part of path.dirname(name).split(path.sep)) {
    folder = path.join(folder, part);
    const seen = await lies(folder);
    if (seen !== null && !seen.isDirectory()) return false;
  }
  return true;
}

/**
 * Gives a new worktree files that git does not track: copies, and links to those of the main working tree. What is there
 * already stays, nothing is read from outside the repository or written outside the worktree, and what git does not
 * ignore in the worktree is taken away again: it would be committed.
 * @throws MissionError `setup_failed` when it is too much
 */
export async function setUpFiles(
  git: Git,
  { from, to, copy, link }: SetUpFiles,
  signal: AbortSignal,
): Promise<FilesSetUp> {
  const main = await realpath(from);
  const top = await realpath(to);
  const here: GitCall = { cwd: main, signal };
  const left: string[] = [];
  const copied: string[] = [];
  const linked: string[] = [];
  let bytes = 0;

  async function mayLie(name: string): Promise<boolean> {
    const target = path.join(top, name);
    if (existsSync(target) || (await lies(target)) !== null) return false;
    if (!(await leadsStraight(top, name))) {
      left.push(`${name}: its folder is a link in the worktree`);
      return false;
    }
    await mkdir(path.dirname(target), { recursive: true });
    return true;
  }

  async function copyOne(name: string): Promise<void> {
    const source = path.join(main, name);
    const seen = await lies(source);
    if (seen?.isSymbolicLink() === true) {
      const leads = await realpath(source).catch(() => '');
      const words = await readlink(source);
      if (!isBelow(main, leads) || path.isAbsolute(words)) left.push(`${name}: a link that leads out`);
      else if (await mayLie(name)) {
        await symlink(words, path.join(top, name));
        copied.push(name);
      }
      return;
    }
    if (seen?.isFile() !== true) return;
    bytes += seen.size;
    if (bytes > MOST_BYTES || copied.length >= MOST_FILES)
      throw new MissionError('setup_failed', `${INCLUDE} and \`copy\` name more than fits into a worktree.`, {
        remedy: `${MOST_FILES} files and ${MOST_BYTES / 1024 / 1024} MB at most. Link large folders: missiond repo config link=node_modules/.`,
      });
    if (!(await mayLie(name))) return;
    await copyFile(source, path.join(top, name), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    copied.push(name);
  }

  async function linkOne(name: string): Promise<void> {
    const plain = name.replace(/\/$/, '');
    const source = path.join(main, plain);
    const leads = await realpath(source).catch(() => '');
    if (!isBelow(main, leads)) {
      left.push(`${plain}: a link that leads out`);
      return;
    }
    if (!(await mayLie(plain))) return;
    const target = path.join(top, plain);
    // A folder of links: to git, a link is no folder, and `node_modules/` would not ignore it.
    if ((await stat(source)).isDirectory()) {
      await mkdir(target);
      for (const inner of await readdir(source))
        await symlink(path.join(source, inner), path.join(target, inner));
    } else await symlink(source, target);
    linked.push(plain);
  }

  const include = path.join(main, INCLUDE);
  const isInclude = (await lies(include))?.isFile() === true;
  const patterns = [
    ...(isInclude ? [`--exclude-from=${include}`] : []),
    ...copy.map((pattern) => `--exclude=${pattern}`),
  ];
  for (const name of await named(
    git,
    link.map((pattern) => `--exclude=${pattern}`),
    true,
    here,
  ))
    await linkOne(name);
  for (const name of await named(git, patterns, false, here)) await copyOne(name);
  const status = await git.git(['status', '--porcelain', '-z', '--untracked-files=all'], {
    cwd: top,
    signal,
  });
  const loose = status.split('\0').flatMap((line) => (line.startsWith('?? ') ? [line.slice(3)] : []));
  const isLoose = (name: string): boolean =>
    loose.some((file) => file === name || file.startsWith(`${name}/`));
  for (const name of [...copied, ...linked].filter(isLoose)) {
    await rm(path.join(top, name), { recursive: true, force: true });
    left.push(`${name}: git does not ignore it, so it would be committed`);
  }
  const stays = (name: string): boolean => !isLoose(name);
  return { copied: copied.filter(stays), linked: linked.filter(stays), left };
}
