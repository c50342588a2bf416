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
] as const;

export type UnderWay = (typeof UNDER_WAY)[number][1];

/** The whole name of a file that git keeps of a working tree. */
export const gitPath = ({ git }: Git, name: string, call: GitCall): Promise<string> =>
  git(['rev-parse', '--path-format=absolute', '--git-path', name], call);

/** What is half done in a working tree, in words; null when nothing is. */
export async function underWayIn(git: Git, call: GitCall): Promise<UnderWay | null> {
  for (const [name, words] of UNDER_WAY) if (existsSync(await gitPath(git, name, call))) return words;
  return null;
}
