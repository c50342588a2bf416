import { existsSync, readlinkSync, realpathSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import picomatch from 'picomatch';

/** gitignore knows stars, question marks and brackets; braces and the rest are letters of names. */
const STYLE = { dot: true, nobrace: true, noextglob: true, nonegate: true } as const;

/** As many links as the kernel follows (ELOOP, Linux). */
const MOST_LINKS = 40;

function linkTarget(file: string): string | null {
  try {
    return path.resolve(path.dirname(file), readlinkSync(file));
  } catch {
    return null;
  }
}

/**
 * Resolves symlinks as far as the path exists; a file that is still to be written has a folder that exists, and a link
 * to a file that does not exist yet is where that file will be written.
 */
function real(file: string, links = 0): string {
  let existing = file;
  let rest = '';
  for (;;) {
    try {
      return path.join(realpathSync.native(existing), rest);
    } catch {
      const target = links < MOST_LINKS ? linkTarget(existing) : null;
      if (target !== null) return real(path.join(target, rest), links + 1);
      const parent = path.dirname(existing);
      if (parent === existing) return file;
      rest = path.join(path.basename(existing), rest);
      existing = parent;
    }
  }
}

/** Goes step by step as the kernel does: `link/../x` goes up from where the link leads, not from where it stands. */
function walked(file: string, cwd: string): string {
  let at = path.isAbsolute(file) ? '/' : real(cwd);
  /** Names below the last that exists: there the disk has nothing more to say. */
  let missing = 0;
  for (const step of file.split('/').filter((name) => name !== '' && name !== '.')) {
    if (step === '..') {
      at = path.dirname(at);
      missing = Math.max(0, missing - 1);
    } else if (missing > 0) {
      at = path.join(at, step);
      missing += 1;
    } else {
      const next = path.join(at, step);
      at = real(next);
      if (at === next && !existsSync(next)) missing = 1;
    }
  }
  return at;
}

/** PATH_MAX of Linux: the kernel takes no longer one, and to look at it would take long. */
const MOST_CHARACTERS = 4_096;

/**
 * The file as it was named and as it really lies, absolute and without `..`.
 * @throws RangeError for a name that is longer than the kernel takes
 */
export function placesOf(file: string, cwd: string): readonly string[] {
  if (file.length > MOST_CHARACTERS) throw new RangeError('The name of the file is longer than PATH_MAX.');
  const expanded = file
    .replace(/^(?:~|\$HOME|\$\{HOME\})(?=$|\/)/, os.homedir())
    .replace(/^(?:\$PWD|\$\{PWD\})(?=$|\/)/, cwd);
  const named = path.resolve(cwd, expanded);
  const ways = expanded.split('/').includes('..') ? [walked(expanded, cwd)] : [];
  return [...new Set([named, real(named), ...ways])];
}

type Matcher = (place: string) => boolean;

/** True of a folder above what a pattern with a place of its own means: who copies or searches it gets at that too. */
export function standsAbove(pattern: string, cwd: string): Matcher {
  const beginning = /^(?:\/\/|~\/|\/|\.\/|[^/*]+\/)(?:\\.|[^*?[\\])*/.exec(pattern)?.[0];
  if (beginning === undefined) return () => false;
  const named = beginning.replace(/\\(.)/g, '$1');
  const base = named.startsWith('//')
    ? named.slice(1)
    : named.startsWith('~/')
      ? path.join(os.homedir(), named.slice(2))
      : path.join(cwd, named);
  const bases = [...new Set([path.resolve(base), real(path.resolve(base))])];
  return (place) => bases.some((start) => start.startsWith(place === '/' ? '/' : `${place}/`));
}

/** Matches what lies below a folder, by its name or by where it really is; a pattern that names a folder means all of it. */
function below(base: string, glob: string): Matcher {
  const bases = [...new Set([base, real(base)])];
  const plain = glob.replace(/^\//, '').replace(/\/$/, '');
  const folder = plain.replace(/\/?\*\*$/, '');
  const options = { ...STYLE, nocase: process.platform === 'darwin' };
  // The folder itself is below `**` too: to list it is to read it.
  const inside: Matcher =
    plain === ''
      ? () => true
      : picomatch([plain, `${plain}/**`, ...(folder === '' ? [] : [folder])], options);
  return (place) =>
    bases.some((start) => {
      const relative = path.relative(start, place);
      if (relative === '..' || relative.startsWith('../')) return false;
      return relative === '' ? folder === '' : inside(relative);
    });
}

/**
 * Reads a pattern in the style of gitignore (https://git-scm.com/docs/gitignore) as Claude Code does: `//abs`, `~/home`,
 * `/from-cwd`, `from/cwd`, and names without a slash at any depth below cwd. `*` alone is everything.
 * @param wide for rules that forbid: a name holds anywhere on the disk, and `/etc/x` is also taken for the absolute path
 */
export function pathMatcher(
  pattern: string,
  { cwd, wide }: { readonly cwd: string; readonly wide: boolean },
): Matcher {
  if (pattern === '*') return () => true;
  if (pattern.startsWith('//')) return below('/', pattern.slice(2));
  if (pattern === '~' || pattern.startsWith('~/')) return below(os.homedir(), pattern.slice(2));
  if (pattern.startsWith('/')) {
    const [here, anywhere] = [below(cwd, pattern), below('/', pattern)];
    return (place) => here(place) || (wide && anywhere(place));
  }
  const anchored = pattern.replace(/^\.\//, '');
  if (pattern.startsWith('./') || anchored.slice(0, -1).includes('/')) return below(cwd, anchored);
  return below(wide ? '/' : cwd, `**/${anchored}`);
}
