import { existsSync } from 'node:fs';
import type { Git, GitCall } from './git.ts';

/** What git keeps in the folder of a working tree while something is half done there. */
const UNDER_WAY = [
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase'],
  ['MERGE_HEAD', 'a merge'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick'],
  ['REVERT_HEAD', 'a revert'],
  ['BISECT_LOG', 'a bisection'],
  // Left between two commits of several.
  ['sequencer', 'a cherry-pick'],
] as const;

export type UnderWay = (typeof UNDER_WAY)[number][1];

/** The whole names of files that git keeps of a working tree, in this order. */
const gitPaths = async (
  { git }: Git,
  names: readonly string[],
  call: GitCall,
): Promise<readonly string[]> => {
  const asked = names.flatMap((name) => ['--git-path', name]);
  return (await git(['rev-parse', '--path-format=absolute', ...asked], call)).split('\n');
};

/** The whole name of a file that git keeps of a working tree. */
export const gitPath = async (git: Git, name: string, call: GitCall): Promise<string> =>
  (await gitPaths(git, [name], call)).join('\n');

/** What is half done in a working tree, in words; null when nothing is. */
export async function underWayIn(git: Git, call: GitCall): Promise<UnderWay | null> {
  const files = await gitPaths(
    git,
    UNDER_WAY.map(([name]) => name),
    call,
  );
  return UNDER_WAY.find((_, at) => existsSync(files[at] ?? ''))?.[1] ?? null;
}
