import { MissionError } from '../../services/errors/mission-error.ts';
import type { RoleFiles } from '../../services/roles/role-files.ts';
import type { RoleStore } from '../../services/roles/role-store.ts';
import type { Repositories, WhichRepository } from '../repositories/api.ts';
import { type RoleView, roleView, type WaitingView, waitingView } from './views.ts';

/** The roles that there are, and what a person does about their definitions. Methods throw MissionError. */
export interface RoleOperations {
  list(which: WhichRepository): Promise<{
    readonly roles: readonly RoleView[];
    readonly problems: readonly { readonly file: string; readonly message: string }[];
    readonly waiting: readonly WaitingView[];
  }>;
  get(name: string, which: WhichRepository): Promise<{ readonly role: RoleView; readonly prompt: string }>;
  /** A person agrees to a definition of the repository: to this very text. */
  trust(name: string, digest: string, which: WhichRepository): Promise<WaitingView>;
  /** The person's own copy of a definition, and whether it was put aside. */
  reset(
    name: string,
    options: { readonly perform: boolean },
  ): { readonly file: string; readonly text: string; readonly backup?: string };
}

export interface RoleOperationsDependencies {
  readonly store: RoleStore;
  readonly files: RoleFiles;
  readonly repositories: Pick<Repositories, 'resolve'>;
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal;
}

export function createRoleOperations({
  store,
  files,
  repositories,
  signal,
}: RoleOperationsDependencies): RoleOperations {
  /** Without a repository there are those of the package and of the person. */
  async function placeOf(which: WhichRepository): Promise<string | null> {
    try {
      return (await repositories.resolve(which, signal)).path;
    } catch (error) {
      if (
        which.repository === undefined &&
        error instanceof MissionError &&
        error.code === 'repository_unknown'
      )
        return null;
      throw error;
    }
  }
  return {
    async list(which) {
      const { roles, problems, waiting } = store.of(await placeOf(which));
      const sorted = [...roles.values()].sort((one, other) => one.name.localeCompare(other.name));
      return { roles: sorted.map(roleView), problems, waiting: waiting.map(waitingView) };
    },

    async get(name, which) {
      const { roles } = store.of(await placeOf(which));
      const role = roles.get(name);
      if (role === undefined)
        throw new MissionError(
          'role_undefined',
          `There is no definition of a role ${JSON.stringify(name)}.`,
          {
            remedy: `There are ${[...roles.keys()].sort().join(', ')}.`,
          },
        );
      return { role: roleView(role), prompt: role.prompt };
    },

    async trust(name, digest, which) {
      store.forget();
      const waiting = store.of(await placeOf(which)).waiting.filter((one) => one.name === name);
      const found = waiting.find((one) => one.digest === digest);
      if (found === undefined)
        throw new MissionError(
          'role_undefined',
          waiting.length === 0
            ? `No definition of ${JSON.stringify(name)} waits to be trusted.`
            : `The definition of ${name} is not the one that you have seen any more.`,
          { remedy: 'missiond roles list shows what waits.' },
        );
      files.trust(found);
      store.forget();
      return waitingView(found);
    },

    reset(name, { perform }) {
      const shown = files.own(name);
      if (!perform) return shown;
      const backup = files.putAside(name);
      store.forget();
      return { ...shown, backup };
    },
  };
}
