import path from 'node:path';
import type { Ground } from './ground.ts';
import { pathGlob } from './path-glob.ts';

/**
 * Where a rule's own folder really is, is not asked of the disk for each call: a thousand rules would hold up everybody.
 * Who could put a link in its place would have to change what the rule forbids to touch.
 */
const FOLDER_STAYS_MS = 1_000;

const IGNORES_CASE = process.platform === 'darwin';

/** A pattern for files, read once and asked about many places. */
export interface PathPattern {
  /** @param wide for rules that forbid: a name holds anywhere on the disk, and `/etc/x` is also taken for the absolute path */
  matches(place: string, ground: Ground, wide: boolean): boolean;
  /** Letters that stand in every place that the pattern means; none where it may mean anything. */
  readonly telltale: string;
  /** True of a folder above what a pattern with a place of its own means: who copies or searches it gets at that too. */
  standsBelow(place: string, ground: Ground): boolean;
}

/** Matches names below a folder; a pattern that names a folder means all of it. */
type NameMatcher = (name: string) => boolean;

/** The longest run of letters that stand for themselves: a name without it does not match, and nearly all are without it. */
function telltaleOf(plain: string): string {
  if (IGNORES_CASE) return '';
  const [beforeBrackets = ''] = plain.split('[');
  const runs = beforeBrackets.split(/[*?\\]+/).map((run) => run.replace(/^\/+|\/+$/g, ''));
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest), '');
}

/** Without what names no folder: `a//b/./c/`. */
const plainOf = (glob: string): string =>
  glob
    .split('/')
    .filter((step) => step !== '' && step !== '.')
    .join('/');

function nameMatcher(glob: string): NameMatcher {
  const plain = plainOf(glob);
  const folder = plain.replace(/\/?\*\*$/, '');
  const telltale = telltaleOf(plain);
  let inside: NameMatcher | undefined;
  return (name) => {
    // The folder itself is below `**` too: to list it is to read it.
    if (name === '') return folder === '';
    if (plain === '') return true;
    if (!name.includes(telltale)) return false;
    inside ??= pathGlob(plain, { ignoresCase: IGNORES_CASE });
    return inside(name);
  };
}

type Base = 'root' | 'home' | 'cwd';

const folderOf = (base: Base, { cwd, home }: Ground): string =>
  base === 'root' ? '/' : base === 'home' ? home : cwd;

/** By its name or by where it really is. */
function below(base: Base, glob: string): (place: string, ground: Ground) => boolean {
  const matches = nameMatcher(glob);
  return (place, ground) =>
    ground.basesOf(folderOf(base, ground)).some((start) => {
      const name = ground.nameBelow(start, place);
      return name !== null && matches(name);
    });
}

function matcherOf(pattern: string): PathPattern['matches'] {
  if (pattern === '*') return () => true;
  if (pattern.startsWith('//')) return below('root', pattern.slice(2));
  if (pattern === '~' || pattern.startsWith('~/')) return below('home', pattern.slice(2));
  if (pattern.startsWith('/')) {
    const [here, anywhere] = [below('cwd', pattern), below('root', pattern)];
    return (place, ground, wide) => here(place, ground) || (wide && anywhere(place, ground));
  }
  const anchored = pattern.replace(/^\.\//, '');
  if (pattern.startsWith('./') || anchored.slice(0, -1).includes('/')) return below('cwd', anchored);
  const [here, anywhere] = [below('cwd', `**/${anchored}`), below('root', `**/${anchored}`)];
  return (place, ground, wide) => (wide ? anywhere : here)(place, ground);
}

/** Of `//**\/.github/workflows/**`: `.github` and `.github/workflows`, wherever they stand. */
function anywhere(pattern: string): PathPattern['standsBelow'] | null {
  const [, tail] = /^\/\/\*\*\/([^*?[\\]+)/.exec(pattern) ?? [];
  if (tail === undefined) return null;
  const steps = tail.split('/').filter((step) => step !== '');
  // The last step is the file itself, or the beginning of its name.
  const folders = steps.slice(0, tail.endsWith('/') ? undefined : -1);
  const ends = folders.map((_, index) => `/${folders.slice(0, index + 1).join('/')}`);
  return (place) => ends.some((end) => place.endsWith(end));
}

function standsBelowOf(pattern: string): PathPattern['standsBelow'] {
  const wherever = anywhere(pattern);
  if (wherever !== null) return wherever;
  const beginning = /^(?:\/\/|~\/|\/|\.\/|[^/*]+\/)(?:\\.|[^*?[\\])*/.exec(pattern)?.[0];
  if (beginning === undefined) return () => false;
  const named = beginning.replace(/\\(.)/g, '$1');
  const [isAbsolute, isAtHome] = [named.startsWith('//'), named.startsWith('~/')];
  let last: { readonly base: string; readonly bases: readonly string[]; readonly at: number } | undefined;
  return (place, ground) => {
    const base = isAbsolute ? '/' : isAtHome ? ground.home : ground.cwd;
    const at = performance.now();
    if (last?.base !== base || at - last.at > FOLDER_STAYS_MS) {
      const folder = path.join(base, isAbsolute || isAtHome ? named.slice(2) : named);
      last = { base, bases: ground.basesOf(path.resolve(folder)), at };
    }
    const above = place === '/' ? '/' : `${place}/`;
    return last.bases.some((start) => start.startsWith(above));
  };
}

/**
 * Reads a pattern in the style of gitignore (https://git-scm.com/docs/gitignore) as Claude Code does: `//abs`, `~/home`,
 * `/from-cwd`, `from/cwd`, and names without a slash at any depth below cwd. `*` alone is everything.
 */
export function pathPattern(pattern: string): PathPattern {
  return {
    matches: matcherOf(pattern),
    telltale: telltaleOf(plainOf(pattern.replace(/^~(?=\/|$)/, ''))),
    standsBelow: standsBelowOf(pattern),
  };
}
