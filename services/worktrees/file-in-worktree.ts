import path from 'node:path';
import { createRealPaths } from '../permissions/real-path.ts';

/**
 * The name that git has for a file of a worktree, links followed: it is changed where they lead.
 * @returns null for what git does not look at, as a file elsewhere
 */
export function fileInWorktree(worktree: string, file: string, cwd: string): string | null {
  const paths = createRealPaths();
  const [named = file] = paths.placesOf(file, cwd);
  const name = path.relative(paths.of(worktree), paths.of(named));
  const [first] = name.split(path.sep);
  return name === '' || first === '..' || first === '.git' || path.isAbsolute(name)
    ? null
    : name.split(path.sep).join('/');
}
