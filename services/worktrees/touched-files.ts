import type { Git, GitCall } from './git.ts';

/** A submodule counts although its repository tells git to leave it out. */
const WHOLE = ['--no-renames', '--ignore-submodules=none'] as const;

const names = (listing: string): readonly string[] => listing.split('\0').filter((name) => name !== '');

/**
 * The files of a working tree that differ from a commit, committed or not, without those that git ignores; and how many
 * are not committed.
 */
export async function touchedFiles(
  { git }: Git,
  base: string,
  call: GitCall,
): Promise<{ readonly files: ReadonlySet<string>; readonly uncommitted: number }> {
  const status = names(
    await git(['status', '--porcelain=v1', '-z', '--untracked-files=all', ...WHOLE], call),
  );
  const untracked = status.filter((line) => line.startsWith('?? ')).map((line) => line.slice(3));
  const changed = names(await git(['diff', '--name-only', '--no-ext-diff', '-z', ...WHOLE, base], call));
  return { files: new Set([...changed, ...untracked]), uncommitted: status.length };
}
