import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileMark } from '../config/file-mark.ts';
import { readRoles, rolePlaces } from './read-roles.ts';
import type { Roles } from './resolve-roles.ts';

/** Asked of every tool call; it is looked so often whether somebody has edited a file. Milliseconds. */
const LOOK_AGAIN_MS = 1_000;
/** Repositories whose roles are kept in memory. */
const MOST_KNOWN = 100;
/** More files than are read of a folder, and fewer than would hold somebody up. */
const MOST_MARKED = 400;

export interface RoleStore {
  /** The roles of a repository; with null those that there are without one. */
  of(repositoryPath: string | null): Roles;
  /** What was read is read anew at once. */
  forget(): void;
}

/** What a file, or a folder with its files, is known by; the same text where it cannot be looked at. */
function markOf(place: string): string {
  try {
    const own = fileMark(place)?.text ?? '-';
    if (place.endsWith('.json') || own === '-') return own;
    const names = readdirSync(place)
      .filter((name) => name.endsWith('.md'))
      .slice(0, MOST_MARKED);
    return [own, ...names.map((name) => `${name} ${fileMark(path.join(place, name))?.text ?? '-'}`)].join(
      '\n',
    );
  } catch {
    return '?';
  }
}

interface Known {
  readonly lookedAt: number;
  readonly mark: string;
  readonly roles: Roles;
}

/** Reads roles, and reads them again when a file of theirs has changed. */
export function createRoleStore(
  home: string,
  now: () => number = Date.now,
  read: typeof readRoles = readRoles,
): RoleStore {
  const known = new Map<string | null, Known>();
  return {
    of(repositoryPath) {
      const before = known.get(repositoryPath);
      const lookedAt = now();
      if (before !== undefined && Math.abs(lookedAt - before.lookedAt) < LOOK_AGAIN_MS) return before.roles;
      const where = { home, repositoryPath };
      // Taken before they are read: what changes meanwhile is read the next time.
      const mark = rolePlaces(where).map(markOf).join('\n\n');
      const roles = before?.mark === mark ? before.roles : read(where);
      if (before === undefined && known.size >= MOST_KNOWN) known.clear();
      known.set(repositoryPath, { lookedAt, mark, roles });
      return roles;
    },
    forget: () => known.clear(),
  };
}
