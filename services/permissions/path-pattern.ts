import { realpathSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import picomatch from 'picomatch';

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

/** The file as it was named and as it really lies, both absolute and without `..`. */
export function placesOf(file: string, cwd: string): readonly string[] {
  const named = path.resolve(cwd, file.replace(/^~(?=$|\/)/, os.homedir()));
  const lies = real(named);
  return named === lies ? [named] : [named, lies];
}

/**
 * Matches a place against a pattern in the style of gitignore: `//abs`, `~/home`, `/below-cwd`, and names that hold
 * at any depth. `*` alone is everything.
 */
export function pathMatches(pattern: string, place: string, cwd: string): boolean {
  if (pattern === '*' || pattern === '**') return true;
  const options = { dot: true, nocase: process.platform === 'darwin' };
  const within = (glob: string): boolean =>
    picomatch.isMatch(place, [glob, `${glob.replace(/\/$/, '')}/**`], options);
  const base = real(path.resolve(cwd));
  if (pattern.startsWith('//')) return within(pattern.slice(1));
  if (pattern.startsWith('~/'))
    return (
      within(path.join(os.homedir(), pattern.slice(2))) ||
      within(path.join(real(os.homedir()), pattern.slice(2)))
    );
  if (pattern.startsWith('/'))
    return within(path.join(cwd, pattern)) || within(path.join(base, pattern)) || within(pattern);
  const anywhere = pattern.replace(/^\.\//, '');
  if (pattern.startsWith('./') || anywhere.slice(0, -1).includes('/'))
    return within(path.join(cwd, anywhere)) || within(path.join(base, anywhere));
  return within(`/**/${anywhere}`);
}
