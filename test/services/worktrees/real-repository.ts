import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A repository of a person, in a folder of its own, with one commit of `readme.md` and `app/main.txt`. */
export function createRealRepository() {
  const directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'missiond-git-')));
  const folder = path.join(directory, 'project');
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    LANG: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
  };
  const git = (args: readonly string[], cwd = folder): string =>
    execFileSync('git', [...args], { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  const write = (file: string, text: string, cwd = folder): void => {
    mkdirSync(path.dirname(path.join(cwd, file)), { recursive: true });
    writeFileSync(path.join(cwd, file), text);
  };
  mkdirSync(folder);
  git(['init', '--quiet', '--initial-branch', 'trunk']);
  git(['config', 'user.name', 'Person']);
  git(['config', 'user.email', 'person@example.org']);
  write('readme.md', 'hello\n');
  write('app/main.txt', 'one\n');
  write('.gitignore', 'build/\n');
  git(['add', '.']);
  git(['commit', '--quiet', '-m', 'first']);
  return {
    directory,
    folder,
    env,
    git,
    write,
    head: () => git(['rev-parse', 'HEAD']),
    /** Everything of the person's that nobody may change. */
    own: () => ({
      head: git(['rev-parse', 'HEAD', '--symbolic-full-name', 'HEAD']),
      status: git(['status', '--porcelain']),
      config: git(['config', '--local', '--list']),
      stash: git(['stash', 'list']),
    }),
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}
