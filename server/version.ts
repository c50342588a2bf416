import { readFileSync } from 'node:fs';
import { z } from 'zod';

const Package = z.looseObject({ version: z.string() });

/** The version of missiond, from its package.json: one folder up in the sources, two in the build. */
export function readVersion(): string {
  for (const up of ['../package.json', '../../package.json']) {
    try {
      return Package.parse(JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8'))).version;
    } catch {
      // Not there.
    }
  }
  return '0.0.0';
}
