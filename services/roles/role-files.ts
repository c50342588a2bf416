import { renameSync } from 'node:fs';
import path from 'node:path';
import { readRegularFile } from '../config/regular-file.ts';
import { MissionError } from '../errors/mission-error.ts';
import { readLayer } from './read-layer.ts';
import { rolesFolder } from './read-roles.ts';
import { openTrustedRoles } from './trusted-roles.ts';

/** What a person changes about definitions. */
export interface RoleFiles {
  trust(definition: { readonly file: string; readonly digest: string }): void;
  /** @throws MissionError `role_undefined` when the person has none of that name */
  own(name: string): { readonly file: string; readonly text: string };
  /** Puts the person's own definition aside, so that the one below counts. @returns where it is now */
  putAside(name: string): string;
}

export function createRoleFiles(home: string): RoleFiles {
  function fileOf(name: string): string {
    const { definitions } = readLayer(rolesFolder(home), 'home');
    const file =
      definitions.find((one) => one.name === name)?.file ??
      // One that cannot be read as a definition is what somebody wants to be rid of.
      (/^[\w][\w.-]*$/.test(name) ? path.join(rolesFolder(home), `${name}.md`) : '');
    return file;
  }
  function own(name: string): { readonly file: string; readonly text: string } {
    const file = fileOf(name);
    try {
      return { file, text: readRegularFile(file) };
    } catch (cause) {
      throw new MissionError(
        'role_undefined',
        `You have no definition of ${JSON.stringify(name)} of your own.`,
        {
          remedy: `They would be in ${rolesFolder(home)}.`,
          cause,
        },
      );
    }
  }
  return {
    trust: (definition) => openTrustedRoles(home).add(definition),
    own,
    putAside(name) {
      const { file } = own(name);
      const backup = `${file}.${new Date().toISOString().replace(/[:.]/g, '-')}.bak`;
      renameSync(file, backup);
      return backup;
    },
  };
}
