import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileMark } from '../config/file-mark.ts';
import { filePattern } from './file-pattern.ts';

/** Where a repository names, a pattern a line as in .gitignore, what agents change only when a person agrees. */
export const PROTECTED_FILE = path.join('.missiond', 'protected');
/** More lines than this are no list of protected paths. */
const MOST_LINES = 500;

export interface RepositoryProtection {
  /** Patterns for the repository in which a folder lies, absolute. What was once named stays until `forget`. */
  pathsFor(folder: string): readonly string[];
  /** A person has looked at what is protected: names that were taken out count no more. */
  forget(): void;
}

function topOf(folder: string): string | null {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    if (existsSync(path.join(at, '.git'))) return at;
    if (at === path.dirname(at)) return null;
  }
}

/** `docs/x` is meant from the top, `x` at any depth. */
function absolute(top: string, pattern: string): string {
  const anchored = pattern.replace(/\/$/, '').includes('/');
  return `${filePattern(top)}/${anchored ? pattern.replace(/^\/+/, '') : `**/${pattern}`}`;
}

/** What a text of such a file protects, of the repository with this top. */
export const protectedBy = (top: string, text: string): readonly string[] =>
  linesOf(text).map((one) => absolute(top, one));

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('!'))
    .slice(0, MOST_LINES);
}

/** Reads what repositories protect, again when the file has changed. */
export function createRepositoryProtection(): RepositoryProtection {
  const known = new Map<string, { readonly mark: string | null; readonly paths: readonly string[] }>();

  function read(top: string): readonly string[] {
    const file = path.join(top, PROTECTED_FILE);
    const before = known.get(top);
    try {
      const mark = fileMark(file)?.text ?? null;
      if (before !== undefined && before.mark === mark) return before.paths;
      const named = mark === null ? [] : protectedBy(top, readFileSync(file, 'utf8'));
      // An agent that takes a line out has not asked anybody.
      const paths = [...new Set([...(before?.paths ?? []), ...named])];
      known.set(top, { mark, paths });
      return paths;
    } catch {
      return before?.paths ?? [];
    }
  }

  return {
    pathsFor(folder) {
      const top = topOf(folder);
      return top === null ? [] : read(top);
    },
    forget: () => known.clear(),
  };
}
