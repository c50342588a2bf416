import path from 'node:path';
import { z } from 'zod';
import { readPrivateFile } from '../config/private-file.ts';
import { writeWhole } from '../config/write-whole.ts';
import { MissionError } from '../errors/mission-error.ts';

const MOST_TRUSTED = 1_000;
const TrustedFile = z.strictObject({
  roles: z
    .array(
      z.strictObject({
        file: z.string(),
        digest: z.string().regex(/^[0-9a-f]{64}$/),
        at: z.iso.datetime(),
      }),
    )
    .max(MOST_TRUSTED),
});

/** Definitions of repositories to which a person has agreed: this very text, in this very place. */
export interface TrustedRoles {
  has(definition: { readonly file: string; readonly digest: string }): boolean;
  /** @throws MissionError `config_invalid` */
  add(definition: { readonly file: string; readonly digest: string }): void;
}

export const trustedRolesFile = (home: string): string => path.join(home, 'trusted-roles.json');

/** Keeps them in `trusted-roles.json` of the home, for its owner alone. What cannot be read trusts nothing. */
export function openTrustedRoles(home: string): TrustedRoles {
  const file = trustedRolesFile(home);

  function read(): z.infer<typeof TrustedFile>['roles'] {
    const text = readPrivateFile(file);
    if (text === null) return [];
    try {
      return TrustedFile.parse(JSON.parse(text)).roles;
    } catch (cause) {
      throw new MissionError('config_invalid', `${file} is not a file of trusted roles.`, {
        remedy: 'Remove it and say again which roles you trust: `missiond roles trust NAME`.',
        cause,
      });
    }
  }

  return {
    has(definition) {
      try {
        return read().some((one) => one.file === definition.file && one.digest === definition.digest);
      } catch {
        return false;
      }
    },
    add({ file: trusted, digest }) {
      const others = read().filter((one) => one.file !== trusted);
      const roles = [...others, { file: trusted, digest, at: new Date().toISOString() }].slice(-MOST_TRUSTED);
      writeWhole(file, `${JSON.stringify({ roles }, null, 2)}\n`);
    },
  };
}
