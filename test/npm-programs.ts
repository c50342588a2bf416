import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../services/claude/install.ts';

const run = promisify(execFile);

/** Node 22, for programs of tests that need more than the Node that runs them; npm's `node` package brings it. */
export const NODE_22 = 'node@22.23.3';

/**
 * Programs of npm that a test needs and that are no dependency of ours, fetched once and kept beside Claude Code.
 * @returns their `node_modules`
 */
export async function npmPrograms(...packages: readonly string[]): Promise<string> {
  const kept = cacheDirectory(process.env);
  const place = path.join(kept, packages.join('+').replaceAll('/', '-'));
  if (existsSync(place)) return path.join(place, 'node_modules');
  mkdirSync(kept, { recursive: true });
  const made = mkdtempSync(path.join(kept, 'fetching-'));
  try {
    // Scripts run: that of `node` puts the program for this machine in its place.
    await run('npm', [
      'install',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      '--prefix',
      made,
      ...packages,
    ]);
    renameSync(made, place);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    // Another test run was quicker.
    if (!existsSync(place)) throw error;
  }
  return path.join(place, 'node_modules');
}
