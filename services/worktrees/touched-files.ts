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

/** What git says of a file that another repository has, or that lies behind a link that came meanwhile. */
const OTHERS_KNOW = /is in submodule|beyond a symbolic link|outside repository/;

/** Of files that may not be there yet, those that git would not ignore. */
export async function withoutIgnored(
  { ask }: Git,
  files: readonly string[],
  call: GitCall,
): Promise<readonly string[]> {
  const counting: string[] = [];
  for (const file of files) {
    // Git answers for one file at once, unless it reads them; behind `./` a name is no pattern.
    const asked = await ask(['check-ignore', '--quiet', '--', `./${file}`], call, OTHERS_KNOW);
    if (asked === null) counting.push(file);
  }
  return counting;
}
