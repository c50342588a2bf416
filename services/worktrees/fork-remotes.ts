import { MissionError } from '../errors/mission-error.ts';
import type { Git, GitCall } from './git.ts';

/** By its name, as everybody calls it who works in a fork. */
const UPSTREAM = 'upstream';
const FORK = 'origin';

/**
 * What an address leads to, the same for every way to get there: `https://HOST/OWNER/NAME.git`, `git@HOST:OWNER/NAME`,
 * `ssh://git@HOST:22/OWNER/NAME`. Rather two are taken for one than one for two.
 */
function placeOf(address: string): string {
  const plain = address
    .replace(/^file:\/\//i, '')
    .replace(/(?:\/|\.git)+$/i, '')
    .toLowerCase();
  const [, host, name] =
    /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?([^/:]+)(?::\d+)?\/+(.+)$/.exec(plain) ??
    /^(?:[^/@]*@)?([\w.-]+):\/*([^\\].*)$/.exec(plain) ??
    [];
  return host === undefined ? plain : `${host}/${name}`;
}

/** Where git fetches each remote from and pushes it to. */
async function addressesOf({ git }: Git, call: GitCall): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, Set<string>>();
  for (const line of (await git(['remote', '--verbose'], call)).split('\n')) {
    const [, name, address = ''] = /^([^\t]+)\t(.*) \((?:fetch|push)\)/.exec(line) ?? [];
    if (name === undefined) continue;
    const known = found.get(name) ?? new Set();
    found.set(name, known.add(placeOf(address)));
  }
  return found;
}

/** The remotes that the team may push to: none by which the upstream of a fork is reached, whatever it is called. */
export async function pushableRemotes(git: Git, call: GitCall): Promise<readonly string[]> {
  const remotes = await addressesOf(git, call);
  const upstream = remotes.get(UPSTREAM) ?? new Set();
  return [...remotes]
    .filter(([, addresses]) => ![...addresses].some((address) => upstream.has(address)))
    .map(([name]) => name);
}

/**
 * The remote that merges are pushed to: the one that is followed, but of a fork its own.
 * @param remote the one that is followed
 * @throws MissionError `repository_refused` when a fork has none
 */
export async function pushRemoteOf(git: Git, remote: string | null, call: GitCall): Promise<string | null> {
  if (remote === null) return null;
  const may = await pushableRemotes(git, call);
  const own = remote === UPSTREAM ? FORK : remote;
  if (may.includes(own)) return own;
  throw new MissionError(
    'repository_refused',
    `Nothing is pushed from here: there is no remote ${own} that leads elsewhere than to the upstream of this fork.`,
    {
      remedy:
        'Give it the address of your fork: git remote add origin ADDRESS, or git remote set-url origin ADDRESS.',
    },
  );
}
