import path from 'node:path';
import { RepositoryName } from '../../db/ids.ts';
import { MissionError } from '../errors/mission-error.ts';

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
/** As `git@host:owner/name.git`: what git takes for a machine, since the colon comes before any slash. */
const ON_A_MACHINE = /^(?:[\w.-]+@)?[\w.-]+:(?!:)[^\s]/;
const LONGEST_NAME = 32;

/** True of an address to clone from, false of a path. */
export const isAddress = (source: string): boolean => SCHEME.test(source) || ON_A_MACHINE.test(source);

/** True of an address on another machine. */
export const isElsewhere = (url: string): boolean => isAddress(url) && !/^file:/i.test(url);

/**
 * An address without what is in front of an @, unless that is the name under which ssh lets in: a token may stand there.
 */
export function withoutSecrets(url: string): string {
  if (!SCHEME.test(url)) return url;
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)([^/@]*)@/i, (_, scheme: string, user: string) =>
    /^(?:git\+)?ssh/i.test(scheme) ? `${scheme}${user.split(':')[0]}@` : scheme,
  );
}

/** @throws MissionError `repository_refused` for an address that holds a secret, or that git would not take for one */
export function requireAddress(url: string): void {
  if (url.startsWith('-') || /\p{Cc}/u.test(url))
    throw new MissionError('repository_refused', 'This is no address that git can clone from.', {
      remedy: 'Give one that begins with https://, ssh:// or file://, or as git@host:owner/name.git.',
    });
  if (withoutSecrets(url) !== url)
    throw new MissionError('repository_refused', 'The address holds a name or a password.', {
      remedy: "Leave out what stands before the @: git asks the person's own credential helper.",
    });
}

/**
 * The name of a repository by where it is: the last part, without `.git`.
 * @throws MissionError `repository_refused` when nothing of that makes a name
 */
export function nameFrom(source: string): RepositoryName {
  const last = source
    .replace(/\/+$/, '')
    .replace(/\/\.git$/, '')
    .split(SCHEME.test(source) || !isAddress(source) ? '/' : /[/:]/)
    .at(-1);
  const name = (last ?? '')
    .replace(/\.git$/, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, LONGEST_NAME)
    .replace(/-+$/, '');
  const parsed = RepositoryName.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new MissionError('repository_refused', `Nothing in ${path.basename(source)} makes a name.`, {
    remedy: 'Give one: missiond repo add WHERE NAME.',
  });
}
