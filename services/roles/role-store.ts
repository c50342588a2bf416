import { readRoles } from './read-roles.ts';
import type { Roles } from './resolve-roles.ts';

/** Asked of every tool call; files that somebody edits may be this old. Milliseconds. */
const READ_AGAIN_MS = 1_000;
/** Repositories whose roles are kept in memory. */
const MOST_KNOWN = 100;

export interface RoleStore {
  /** The roles of a repository; with null those that there are without one. */
  of(repositoryPath: string | null): Roles;
  /** What was read is read anew at once. */
  forget(): void;
}

/** Reads roles, and reads them again when some time has passed. */
export function createRoleStore(home: string, now: () => number = Date.now): RoleStore {
  const known = new Map<string | null, { readonly at: number; readonly roles: Roles }>();
  return {
    of(repositoryPath) {
      const before = known.get(repositoryPath);
      if (before !== undefined && Math.abs(now() - before.at) < READ_AGAIN_MS) return before.roles;
      if (known.size >= MOST_KNOWN) known.clear();
      const roles = readRoles({ home, repositoryPath });
      known.set(repositoryPath, { at: now(), roles });
      return roles;
    },
    forget: () => known.clear(),
  };
}
