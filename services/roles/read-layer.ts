import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { readRegularFile } from '../config/regular-file.ts';
import { toFailure } from '../errors/mission-error.ts';
import { hasCode } from '../errors/system-error.ts';
import { type RoleSource, readDefinition, type WrittenDefinition } from './written-definition.ts';

/** More files than this are no team. */
const MOST_FILES = 200;
const MOST_BYTES = 1_000_000;

/** A file that is not used, and why: with line and column where that can be said. */
export interface RoleProblem {
  readonly file: string;
  readonly message: string;
}

export interface RoleLayer {
  readonly definitions: readonly WrittenDefinition[];
  readonly problems: readonly RoleProblem[];
}

/**
 * Reads the definitions of one folder; one that is not there has none.
 * @param inside what comes out of a repository lies in it: a link could show an agent any file of the person's
 */
export function readLayer(folder: string, source: RoleSource, inside: string | null = null): RoleLayer {
  const definitions: WrittenDefinition[] = [];
  const problems: RoleProblem[] = [];
  const problem = (file: string, error: unknown): void => {
    problems.push({ file, message: toFailure(error).message });
  };
  let names: readonly string[];
  try {
    if (inside !== null) {
      const real = realpathSync.native(folder);
      const root = realpathSync.native(inside);
      if (!real.startsWith(`${root}${path.sep}`)) throw new Error(`${folder} leads out of the repository`);
    }
    names = readdirSync(folder)
      .filter((name) => name.endsWith('.md') && !name.startsWith('.'))
      .sort();
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTDIR')) problem(folder, error);
    return { definitions, problems };
  }
  if (names.length > MOST_FILES)
    problem(folder, new Error(`only the first ${MOST_FILES} definitions are read`));
  for (const name of names.slice(0, MOST_FILES)) {
    const file = path.join(folder, name);
    try {
      // A folder of that name may be that of a slot; a link in a repository may lead anywhere.
      const stat = lstatSync(file);
      if (stat.isDirectory()) continue;
      if (inside !== null && stat.isSymbolicLink()) throw new Error(`${file} is a link`);
      const text = readRegularFile(file, ({ size }) => {
        if (size > MOST_BYTES) throw new Error(`${file} is too large for a definition`);
      });
      const read = readDefinition(file, text, source);
      const same = definitions.find((one) => one.name === read.name);
      if (same !== undefined) throw new Error(`${file}: ${same.file} defines ${read.name} already`);
      definitions.push(read);
    } catch (error) {
      problem(file, error);
    }
  }
  return { definitions, problems };
}
