import type { Git, GitCall } from '../worktrees/git.ts';
import { isElsewhere, withoutSecrets } from './repository-source.ts';

/** By its name, as everybody calls it who works in a fork. */
const UPSTREAM = 'upstream';

/** Asks the forge what a repository is a fork of; null when it is none, or nobody can say. */
export type ForkedFrom = (folder: string, host: string, signal: AbortSignal) => Promise<string | null>;

/** The remote that is followed: the upstream of a fork, then `origin`, then what there is. */
const followed = (remotes: readonly string[]): string | null =>
  [UPSTREAM, 'origin'].find((name) => remotes.includes(name)) ?? remotes[0] ?? null;

const hostOf = (url: string): string | undefined =>
  /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/@]*@)?([\w.-]+)[:/]/i.exec(url)?.[1];

/** The remote of a repository that is followed, its address, and that of the upstream where it is a fork. */
export async function remoteFacts(
  { git }: Git,
  forkedFrom: ForkedFrom,
  call: GitCall,
): Promise<{
  readonly remote: string | null;
  readonly url: string | null;
  readonly upstreamUrl: string | null;
}> {
  const remotes = (await git(['remote'], call)).split('\n').filter((name) => name !== '');
  const remote = followed(remotes);
  if (remote === null) return { remote, url: null, upstreamUrl: null };
  const said = (await git(['remote', 'get-url', '--', remote], call)).split('\n')[0] ?? '';
  const url = withoutSecrets(said);
  if (remote === UPSTREAM) return { remote, url, upstreamUrl: url };
  const host = isElsewhere(url) ? hostOf(url) : undefined;
  const upstreamUrl = host === undefined ? null : await forkedFrom(call.cwd, host, call.signal);
  return { remote, url, upstreamUrl };
}
