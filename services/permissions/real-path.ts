import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** As many links as the kernel follows (ELOOP, Linux). */
const MOST_LINKS = 40;
/** PATH_MAX of Linux: the kernel takes no longer one, and to look at it would take long. */
const MOST_CHARACTERS = 4_096;

/** Where files really lie, as the disk said when it was first asked. */
export interface RealPaths {
  /**
   * Resolves links as far as the path exists; a file that is still to be written has a folder that exists, and a link to
   * a file that does not exist yet is where that file will be written.
   */
  of(file: string): string;
  /**
   * The file as it was named and as it really lies, absolute and without `..`.
   * @throws RangeError for a name that is longer than the kernel takes
   */
  placesOf(file: string, cwd: string): readonly string[];
}

function linkTarget(file: string): string | null {
  try {
    return path.resolve(path.dirname(file), readlinkSync(file));
  } catch {
    return null;
  }
}

/** False for what is missing, and for what cannot be looked at. A link is there, whatever it leads to. */
function isThere(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Made anew for each call, because links change. */
export function createRealPaths(): RealPaths {
  const known = new Map<string, string>();

  function resolved(existing: string): string | null {
    const before = known.get(existing);
    if (before !== undefined) return before;
    try {
      const real = realpathSync.native(existing);
      known.set(existing, real);
      return real;
    } catch {
      return null;
    }
  }

  function realPath(file: string, links = 0): string {
    let existing = file;
    let rest = '';
    for (;;) {
      const there = known.has(existing) || isThere(existing);
      const real = there ? resolved(existing) : null;
      if (real !== null) return path.join(real, rest);
      const target = there && links < MOST_LINKS ? linkTarget(existing) : null;
      if (target !== null) return realPath(path.join(target, rest), links + 1);
      const parent = path.dirname(existing);
      if (parent === existing) return file;
      rest = path.join(path.basename(existing), rest);
      existing = parent;
    }
  }

  /** Goes step by step as the kernel does: `link/../x` goes up from where the link leads, not from where it stands. */
  function walked(file: string, cwd: string): string {
    let at = path.isAbsolute(file) ? '/' : realPath(cwd);
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
        at = realPath(next);
        if (at === next && !existsSync(next)) missing = 1;
      }
    }
    return at;
  }

  return {
    of: (file) => realPath(file),
    placesOf(file, cwd) {
      if (file.length > MOST_CHARACTERS)
        throw new RangeError('The name of the file is longer than PATH_MAX.');
      const expanded = file
        .replace(/^(?:~|\$HOME|\$\{HOME\})(?=$|\/)/, os.homedir())
        .replace(/^(?:\$PWD|\$\{PWD\})(?=$|\/)/, cwd);
      const named = path.resolve(cwd, expanded);
      const ways = expanded.split('/').includes('..') ? [walked(expanded, cwd)] : [];
      return [...new Set([named, realPath(named), ...ways])];
    },
  };
}
