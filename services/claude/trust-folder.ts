import { randomUUID } from 'node:crypto';
import { readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { MissionError } from '../errors/mission-error.ts';

const State = z.looseObject({ projects: z.record(z.string(), z.looseObject({})).default({}) });

async function readState(file: string): Promise<z.infer<typeof State>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    return State.parse(JSON.parse(text));
  } catch (cause) {
    throw new MissionError('config_invalid', `${file} is not readable as Claude Code's state.`, {
      remedy: 'Start `claude` once by hand; it repairs its own file. Nothing was changed.',
      cause,
    });
  }
}

/**
 * Answers Claude Code's trust question for one folder beforehand, in its own state file, for a slot that asked for it
 * (`trustCwd: true`). Everything else in the file stays; it is replaced whole, so that nobody reads half of it.
 * Returns false when the folder was trusted already.
 */
export async function trustFolder(claudeJsonPath: string, cwd: string): Promise<boolean> {
  const folder = await realpath(cwd);
  const state = await readState(claudeJsonPath);
  const project = state.projects[folder] ?? {};
  if (project['hasTrustDialogAccepted'] === true) return false;
  const next = {
    ...state,
    projects: { ...state.projects, [folder]: { ...project, hasTrustDialogAccepted: true } },
  };
  const temporary = `${claudeJsonPath}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, JSON.stringify(next, null, 2), { mode: 0o600 });
    await rename(temporary, claudeJsonPath);
  } finally {
    await rm(temporary, { force: true });
  }
  return true;
}
