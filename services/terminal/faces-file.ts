import { existsSync } from 'node:fs';
import path from 'node:path';
import { readYamlFile } from '../config/yaml-file.ts';
import { FACES, Faces } from './faces.ts';

/** Where a home may say that Claude Code draws something in another way than this release knows. */
export function facesFile(home: string): string {
  return path.join(home, 'faces.yaml');
}

/**
 * The features of the screen, those that `file` names replaced.
 * @throws MissionError `config_invalid`, with file, line and column of every problem
 */
export function readFaces(file: string): Faces {
  const named = readYamlFile(file, Faces.partial(), {
    code: 'config_invalid',
    knownKeys: Object.keys(FACES),
  });
  return { ...FACES, ...Object.fromEntries(Object.entries(named).filter(([, is]) => is !== undefined)) };
}

/** The same of a file that need not be there: without it, the features as this release knows them. */
export function loadFaces(file: string): Faces {
  return existsSync(file) ? readFaces(file) : FACES;
}
