import { randomUUID } from 'node:crypto';
import { readFile, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { MissionError } from '../errors/mission-error.ts';
import { hasCode } from '../errors/system-error.ts';
import { withStateLock } from './state-lock.ts';

const State = z.looseObject({ projects: z.record(z.string(), z.looseObject({})).default({}) });

async function readState(file: string): Promise<z.infer<typeof State>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '{}';
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

/** Where the file really is: people keep their settings elsewhere and link to them. */
async function followLinks(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch {
    // Not there yet; a link may say where it will be.
    const target = await readlink(file).catch(() => null);
    return target === null ? file : path.resolve(path.dirname(file), target);
  }
}

async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Whether a person has said that they trust a folder, or one above it.
 * @throws MissionError `config_invalid`
 */
export async function isTrusted(claudeJsonPath: string, cwd: string): Promise<boolean> {
  const { projects } = await readState(claudeJsonPath);
  let folder = await realpath(cwd);
  for (;;) {
    if (projects[folder]?.['hasTrustDialogAccepted'] === true) return true;
    const above = path.dirname(folder);
    if (above === folder) return false;
    folder = above;
  }
}

/**
 * Answers Claude Code's trust question for one folder beforehand, in its own state file, for a slot that asked for it
 * (`trustCwd: true`). Everything else in the file stays; it is replaced whole, so that nobody reads half of it, where it
 * really is, so that a link to it stays one, and while no other slot and no Claude Code writes it.
 * Returns false when the folder was trusted already.
 * @throws MissionError `config_invalid`; the signal's reason when the file stays locked until it aborts
 */
export async function trustFolder(
  claudeJsonPath: string,
  cwd: string,
  signal: AbortSignal,
): Promise<boolean> {
  const folder = await realpath(cwd);
  const file = await followLinks(claudeJsonPath);
  const add = async (): Promise<boolean> => {
    const state = await readState(file);
    const project = state.projects[folder] ?? {};
    if (project['hasTrustDialogAccepted'] === true) return false;
    const projects = { ...state.projects, [folder]: { ...project, hasTrustDialogAccepted: true } };
    await writeWhole(file, JSON.stringify({ ...state, projects }, null, 2));
    return true;
  };
  // Claude Code locks the name that it was given; who comes by another link meets us at the file itself.
  const addAlone = () => withStateLock(file, signal, add);
  return file === claudeJsonPath ? addAlone() : withStateLock(claudeJsonPath, signal, addAlone);
}
