import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readLayer } from './read-layer.ts';
import { type Roles, resolveRoles } from './resolve-roles.ts';
import { openTrustedRoles, trustedRolesFile } from './trusted-roles.ts';

const SHIPPED = fileURLToPath(new URL('./shipped/', import.meta.url));

/** Folders of a repository in which an `agents` may lie. */
const OF_REPOSITORIES = ['.claude', '.missiond', '.multiclaude'] as const;

/** Where the person's own definitions are. */
export const rolesFolder = (home: string): string => path.join(home, 'agents');

/** Everything of which it depends what the roles are. */
export function rolePlaces({
  home,
  repositoryPath,
}: {
  readonly home: string;
  readonly repositoryPath: string | null;
}): readonly string[] {
  const ofRepository =
    repositoryPath === null ? [] : OF_REPOSITORIES.map((name) => path.join(repositoryPath, name, 'agents'));
  return [SHIPPED, rolesFolder(home), trustedRolesFile(home), ...ofRepository];
}

/**
 * The roles that there are, for a repository or without one. Later definitions take the place of earlier ones of their
 * name: Claude Code's own of the repository (written for its subagents, so they never stand in for a role of missiond's),
 * those that come with missiond, the person's, `.missiond/agents` and then `.multiclaude/agents` of the repository.
 */
export function readRoles({
  home,
  repositoryPath,
}: {
  readonly home: string;
  readonly repositoryPath: string | null;
}): Roles {
  const of = (folder: (typeof OF_REPOSITORIES)[number], source: 'claude' | 'repository') =>
    repositoryPath === null
      ? { definitions: [], problems: [] }
      : readLayer(path.join(repositoryPath, folder, 'agents'), source, repositoryPath);
  const layers = [
    of('.claude', 'claude'),
    readLayer(SHIPPED, 'package'),
    readLayer(rolesFolder(home), 'home'),
    of('.missiond', 'repository'),
    of('.multiclaude', 'repository'),
  ];
  const trusted = openTrustedRoles(home);
  const found = resolveRoles(
    layers.map(({ definitions }) => definitions),
    (written) => trusted.has(written),
  );
  return { ...found, problems: [...layers.flatMap(({ problems }) => problems), ...found.problems] };
}
