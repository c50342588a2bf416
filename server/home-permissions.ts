import path from 'node:path';
import { GatesSchema } from '../services/config/protect.ts';
import type { SlotsFile } from '../services/config/slots-file.ts';
import type { MissionError } from '../services/errors/mission-error.ts';
import type { OwnCommands } from '../services/permissions/own-commands.ts';
import { ownFilesDenied } from '../services/permissions/own-files.ts';
import { createPermissionStore, type PermissionStore } from '../services/permissions/permission-store.ts';
import { createRepositoryProtection } from '../services/permissions/repository-protection.ts';

export const permissionsFile = (home: string): string => path.join(home, 'permissions.yaml');

export interface HomePermissions {
  readonly home: string;
  readonly databaseFile: string;
  readonly slotsFile: string;
  readonly file: Pick<SlotsFile, 'protect' | 'roles' | 'listen'>;
  /** What agents may say at the command line: cli/agents-commands.ts. */
  readonly ownCommands: OwnCommands;
  readonly onRead?: (problem: MissionError | null) => void;
}

/**
 * The rules of a home: of its permissions.yaml, of what slots.yaml protects, and those that hold whatever a file says.
 * @throws MissionError `permissions_invalid`
 */
export function openHomePermissions({
  home,
  databaseFile,
  slotsFile,
  file,
  ownCommands,
  onRead,
}: HomePermissions): PermissionStore {
  const gates = new Map(Object.entries(file.roles).map(([role, settings]) => [role, settings?.gates]));
  const key = file.listen.tls?.key;
  const usual = GatesSchema.parse({});
  return createPermissionStore(permissionsFile(home), {
    always: ownFilesDenied(home, [databaseFile, slotsFile, ...(key === undefined ? [] : [key])]),
    ownCommands,
    protect: { ...file.protect, gatesOf: (role) => gates.get(role) ?? usual },
    repository: createRepositoryProtection(),
    ...(onRead === undefined ? {} : { onRead }),
  });
}
