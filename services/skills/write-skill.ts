import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { messageOf } from '../errors/message-of.ts';
import { MissionError } from '../errors/mission-error.ts';
import { hasCode } from '../errors/system-error.ts';
import { digestOf, MOST_SKILL_BYTES, readSkillBytes } from './read-skill.ts';
import { realPathWithin, type SkillFolder } from './skill-files.ts';

/** As Claude Code takes names of skills; no way leads anywhere with it. */
export const NEW_TOPIC = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** A file as it was read: what is written takes the place of exactly that. */
export interface SkillBytes {
  /** Null: there is none. */
  readonly bytes: Buffer | null;
  readonly digest: string | null;
}

function changed(file: string): MissionError {
  return new MissionError(
    'skill_changed',
    `${file} has been changed by somebody else; nothing was written.`,
    {
      remedy: 'Look at it anew (mission_skill_render), then say again what should become of it.',
    },
  );
}

function failed(file: string, cause: unknown): MissionError {
  if (cause instanceof MissionError) return cause;
  return new MissionError('skill_refused', `${file} cannot be written: ${messageOf(cause)}.`, {
    remedy: 'Look at the file and its folder.',
    cause,
  });
}

/** @throws Error for what leads out of its folder, is too large, or no file */
export function skillBytesOf(folder: string, file: string): SkillBytes {
  try {
    const bytes = readSkillBytes(folder, file);
    return { bytes, digest: digestOf(bytes) };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { bytes: null, digest: null };
    throw failed(file, error);
  }
}

/**
 * The words of a file, for an edit that leaves every other byte alone.
 * @throws MissionError `skill_refused` for bytes that are no UTF-8: they would not come back as they were
 */
export function wordsOf(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new MissionError('skill_refused', `${file} is no UTF-8 text; missiond leaves it alone.`, {
      remedy: 'Save it as UTF-8.',
      cause,
    });
  }
}

/** Makes the folder of a skill, never through a link that leads out of the repository or the folder of skills. */
function makeFolder({ folder, inside }: SkillFolder, own: string): void {
  const step = (top: string, place: string): void => {
    try {
      mkdirSync(place);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    realPathWithin(top, place);
  };
  if (inside === null) mkdirSync(folder, { recursive: true });
  else {
    let place = inside;
    for (const name of path.relative(inside, folder).split(path.sep)) {
      place = path.join(place, name);
      step(inside, place);
    }
  }
  if (own !== folder) step(folder, own);
}

function written(temporary: string, bytes: Buffer, mode: number | null): void {
  const descriptor = openSync(temporary, 'wx', 0o644);
  try {
    writeFileSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  if (mode !== null) chmodSync(temporary, mode);
}

/**
 * Writes a file of a skill, whole or not at all, in place of what was read of it; with null it is taken away. A link
 * within the folder stays a link.
 * @throws MissionError `skill_changed`, `skill_refused`
 */
export function writeSkill(place: SkillFolder, file: string, before: SkillBytes, bytes: Buffer | null): void {
  if (bytes !== null && bytes.length > MOST_SKILL_BYTES)
    throw new MissionError('skill_refused', `${file} would be larger than ${MOST_SKILL_BYTES / 1024} KB.`, {
      remedy: 'Put the rest into a file of its own beside it.',
    });
  let temporary: string | null = null;
  try {
    if (before.digest === null && bytes !== null) makeFolder(place, path.dirname(file));
    const target =
      before.digest === null
        ? path.join(realpathSync.native(path.dirname(file)), path.basename(file))
        : realPathWithin(place.folder, file);
    if (bytes !== null) {
      const mode = before.digest === null ? null : statSync(target).mode & 0o777;
      temporary = `${target}.${randomUUID()}.tmp`;
      written(temporary, bytes, mode);
    }
    // As late as can be: whoever saves the file in an editor has the last word.
    if (skillBytesOf(place.folder, file).digest !== before.digest) throw changed(file);
    if (temporary === null) {
      unlinkSync(target);
      if (path.dirname(target) !== realpathSync.native(place.folder)) removeWhenEmpty(path.dirname(target));
    } else if (before.digest === null) linkSync(temporary, target);
    else renameSync(temporary, target);
  } catch (error) {
    throw hasCode(error, 'EEXIST') ? changed(file) : failed(file, error);
  } finally {
    if (temporary !== null) rmSync(temporary, { force: true });
  }
}

function removeWhenEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY') && !hasCode(error, 'EEXIST')) throw error;
  }
}
