import { realpathSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import picomatch from 'picomatch';

/** gitignore knows stars, question marks and brackets; braces and the rest are letters of names. */
const STYLE = { dot: true, nobrace: true, noextglob: true, nonegate: true } as const;

/** Resolves symlinks as far as the path exists; a file that is still to be written has a folder that exists. */
function real(file: string): string {
  let existing = file;
  let rest = '';
  for (;;) {
    try {
      return path.join(realpathSync(existing), rest);
    } catch {
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
  for (const step of file.split('/')) at = step === '..' ? path.dirname(at) : real(path.join(at, step));
  return at;
}

/** The file as it was named and as it really lies, absolute and without `..`. */
export function placesOf(file: string, cwd: string): readonly string[] {
  const expanded = file
    .replace(/^(?:~|\$HOME|\$\{HOME\})(?=$|\/)/, os.homedir())
    .replace(/^(?:\$PWD|\$\{PWD\})(?=$|\/)/, cwd);
  const named = path.resolve(cwd, expanded);
  const ways = expanded.split('/').includes('..') ? [walked(expanded, cwd)] : [];
  return [...new Set([named, real(named), ...ways])];
}

/** Matches what lies below a folder; a pattern that names a folder means everything in it. */
function below(base: string, glob: string, place: string): boolean {
  const relative = path.relative(base, place);
  if (relative === '..' || relative.startsWith('../')) return false;
  const options = { ...STYLE, nocase: process.platform === 'darwin' };
  const plain = glob.replace(/^\//, '').replace(/\/$/, '');
  // The folder itself is below `**` too: to list it is to read it.
  if (relative === '') return plain === '' || plain === '**';
  if (plain === '') return true;
  return picomatch.isMatch(
    relative,
    [plain, `${plain}/**`, ...(plain.endsWith('/**') ? [plain.slice(0, -3)] : [])],
    options,
  );
}

const within = (base: string, glob: string, place: string): boolean =>
  below(base, glob, place) || below(real(base), glob, place);

/**
 * Matches a place against a pattern in the style of gitignore (https://git-scm.com/docs/gitignore) as Claude Code reads
 * it: `//abs`, `~/home`, `/from-cwd`, `from/cwd`, and names without a slash at any depth below cwd. `*` alone is everything.
 * @param wide for rules that forbid: a name holds anywhere on the disk, and `/etc/x` is also taken for the absolute path
 */
export function pathMatches(
  pattern: string,
  place: string,
  { cwd, wide }: { readonly cwd: string; readonly wide: boolean },
): boolean {
  if (pattern === '*') return true;
  if (pattern.startsWith('//')) return within('/', pattern.slice(2), place);
  if (pattern === '~' || pattern.startsWith('~/')) return within(os.homedir(), pattern.slice(2), place);
  const anchored = pattern.replace(/^\.\//, '');
  if (pattern.startsWith('/')) return within(cwd, pattern, place) || (wide && within('/', pattern, place));
  if (pattern.startsWith('./') || anchored.slice(0, -1).includes('/')) return within(cwd, anchored, place);
  return within(wide ? '/' : cwd, `**/${anchored}`, place);
}
